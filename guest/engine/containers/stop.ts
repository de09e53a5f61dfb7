import { SIGKILL, SIGTERM } from "../../sys/constants.ts";
import type { Sys, Timer } from "../../sys/sys.ts";
import type { CrashAt } from "../crash.ts";
import { toEngineError } from "../errors.ts";
import type { EventLog } from "../events.ts";
import type { Container } from "./container.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { publishContainer } from "./publish.ts";
import { parseSignal } from "./signals.ts";

/** Empty and null are the container's own. A negative timeout never ends in SIGKILL. */
export interface StopOptions {
  readonly signal: string;
  /** Seconds. */
  readonly timeout: number | null;
}

export interface StopContext {
  readonly sys: Sys;
  readonly events: EventLog;
  readonly crash: CrashAt;
  readonly lifecycle: Lifecycle;
  readonly log: (text: string) => void;
}

const DEFAULT_STOP_TIMEOUT = 10;

/** Stops one that runs, and settles when it has stopped. */
export async function stopContainer(
  context: StopContext,
  container: Container,
  { signal, timeout }: StopOptions,
): Promise<void> {
  const number = signal === "" ? stopSignal(container) : parseSignal(signal);
  const seconds = timeout ?? container.config.StopTimeout ?? DEFAULT_STOP_TIMEOUT;
  await endContainer(context, container, number, seconds);
  publishContainer(context.events, container, "stop");
}

/** Sends the signal, after `seconds` SIGKILL to all of it, and settles at the end. */
export function endContainer(
  { sys, crash, lifecycle, log }: StopContext,
  container: Container,
  signal: number,
  seconds: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: Timer | null = null;
    let over = false;
    container.wait("next-exit", () => {
      over = true;
      if (timer !== null) sys.clearTimer(timer);
      resolve();
    });
    const killAll = (): void => {
      timer = null;
      try {
        lifecycle.signals.killAll(container);
      } catch (error) {
        log(`cannot kill container ${container.id}: ${toEngineError(error).message}`);
      }
    };
    try {
      lifecycle.signals.signal(container, signal);
    } catch (error) {
      reject(toEngineError(error));
      return;
    }
    crash("stop:signalled");
    // What waits for its next start is over at once.
    if (!over && seconds >= 0 && signal !== SIGKILL) timer = sys.setTimer(seconds * 1000, killAll);
  });
}

function stopSignal(container: Container): number {
  return container.config.StopSignal ? parseSignal(container.config.StopSignal) : SIGTERM;
}
