import type { Sys, Timer } from "../../sys/sys.ts";
import { toEngineError } from "../errors.ts";
import type { Container, StateRecord } from "./container.ts";
import { type PastRun, wantsRestart } from "./restart-policy.ts";

export interface RestartsContext {
  readonly sys: Sys;
  /** Starts it once more; throws EngineError, and then it stays down. */
  start(container: Container): void;
  log(text: string): void;
}

const BUSY_DELAY = 100;

/** The containers that wait for their next start: a timer each. */
export class Restarts {
  readonly #context: RestartsContext;
  readonly #timers = new Map<Container, Timer>();

  constructor(context: RestartsContext) {
    this.#context = context;
  }

  /** `delay` in milliseconds. */
  schedule(container: Container, delay: number): void {
    const { sys, start, log } = this.#context;
    const timer = sys.setTimer(delay, () => {
      this.#timers.delete(container);
      // `docker cp` looks at its files: they are its own until that is over.
      if (container.files.busy !== null) return this.schedule(container, BUSY_DELAY);
      try {
        start(container);
      } catch (error) {
        log(`cannot restart container ${container.id}: ${toEngineError(error).message}`);
      }
    });
    this.#timers.set(container, timer);
  }

  cancel(container: Container): void {
    const timer = this.#timers.get(container);
    if (timer === undefined) return;
    this.#timers.delete(container);
    this.#context.sys.clearTimer(timer);
  }
}

/** How the run went that `state` tells the end of. */
export function pastRun({ ExitCode, ManuallyStopped, RestartCount, StartedAt, FinishedAt }: StateRecord): PastRun {
  return {
    exitCode: ExitCode,
    // Asked for by whoever has a policy to follow, and by an event; both are the engine's own words (RFC 3339).
    get milliseconds() {
      return Date.parse(FinishedAt) - Date.parse(StartedAt);
    },
    manuallyStopped: ManuallyStopped,
    restartCount: RestartCount,
  };
}

/** Whether a new engine is to start it: as Docker's does, which asks the policy and not whether it ran just now. */
export function isDueAtBoot(container: Container): boolean {
  if (container.active || container.removing || !container.startedBefore) return false;
  return wantsRestart(container.hostConfig.RestartPolicy ?? {}, pastRun(container.state));
}
