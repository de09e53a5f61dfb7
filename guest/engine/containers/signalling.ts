import { killContainer, pauseContainer, resumeContainer } from "../../runtime/container.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import { SIGKILL } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import { toEngineError, translatedAs } from "../errors.ts";
import type { EventLog } from "../events.ts";
import type { HealthChecks } from "../health/health-checks.ts";
import { containerPaths } from "../layout.ts";
import type { Container } from "./container.ts";
import { publishContainer } from "./publish.ts";
import { hasPolicy } from "./restart-policy.ts";
import type { Restarts } from "./restarts.ts";
import { isMeantToEnd } from "./signals.ts";

export interface SignalsContext {
  readonly sys: Sys;
  readonly events: EventLog;
  readonly health: HealthChecks;
  readonly restarts: Restarts;
  /** Writes the container's state; that it cannot is only noted. */
  readonly persist: (container: Container) => void;
}

/** What is said to the processes of a container: signals, and to stand still. */
export class Signals {
  readonly #context: SignalsContext;

  constructor(context: SignalsContext) {
    this.#context = context;
  }

  /** Signals the first process; one that is over already is no error. */
  signal(container: Container, signal: number): void {
    const { sys } = this.#context;
    const { Pid: pid, ProcessStart: startTime } = container.state;
    const cgroup = containerPaths(container.id).cgroup;
    // The machine's pid namespace does not end with the first process: then all of the cgroup is meant.
    const all = signal === SIGKILL && container.hostConfig.PidMode === "host";
    const toEnd = isMeantToEnd(container, signal);
    const waiting = container.restarting;
    this.#noteStop(container, toEnd);
    if (waiting) return;
    try {
      killContainer(sys, { pid, startTime, signal, all, cgroup });
    } catch (error) {
      if (!(error instanceof RuntimeError && error.code === "ESRCH")) throw toEngineError(error);
    }
    publishContainer(this.#context.events, container, "kill", { signal: String(signal) });
    if (container.paused && toEnd) this.unpause(container);
  }

  /** Recorded before the signal: an engine that is killed in between must not start it again. */
  #noteStop(container: Container, toEnd: boolean): void {
    if (toEnd) container.backoff.cancel();
    container.state = { ...container.state, ManuallyStopped: true };
    if (container.restarting && toEnd) this.#stayDown(container);
    else if (hasPolicy(container.hostConfig.RestartPolicy ?? {})) this.#context.persist(container);
  }

  /** One that waits for its next start does not get it. */
  #stayDown(container: Container): void {
    this.#context.restarts.cancel(container);
    container.state = { ...container.state, Status: "exited" };
    this.#context.persist(container);
    container.settle("exit");
  }

  /** No process of it runs any more when this returns. */
  pause(container: Container): void {
    const { cgroup } = containerPaths(container.id);
    translatedAs(`cannot pause container ${container.id}`, () => pauseContainer(this.#context.sys, cgroup));
    container.paused = true;
    this.#context.health.stop(container);
    publishContainer(this.#context.events, container, "pause");
  }

  unpause(container: Container): void {
    const { cgroup } = containerPaths(container.id);
    translatedAs(`Cannot unpause container ${container.id}`, () => resumeContainer(this.#context.sys, cgroup));
    container.paused = false;
    this.#context.health.resume(container);
    publishContainer(this.#context.events, container, "unpause");
  }

  /** SIGKILL for everything in it. Its end is told like any other. */
  killAll(container: Container): void {
    this.#noteStop(container, true);
    if (container.running) this.end(container);
  }

  /** The same, and nothing is noted: it is not the user who wants it. */
  end(container: Container): void {
    const { sys } = this.#context;
    const { Pid: pid, ProcessStart: startTime } = container.state;
    killContainer(sys, { pid, startTime, signal: SIGKILL, all: true, cgroup: containerPaths(container.id).cgroup });
  }
}
