import type { HealthcheckResult } from "../../api/contract/container.ts";
import type { ExecConfig } from "../../api/contract/exec.ts";
import type { Sys, Timer } from "../../sys/sys.ts";
import type { Container } from "../containers/container.ts";
import { toEngineError } from "../errors.ts";
import type { EventLog } from "../events.ts";
import { containerPaths } from "../layout.ts";
import { writeJson } from "../store.ts";
import { formatDuration, formatTime, parseDate } from "../time.ts";
import { atStart, type CheckPlan, nextProbe, planCheck, unwatched, withResult } from "./health-record.ts";

/** A probe that runs. */
export interface Probe {
  /** Its end is told all the same. */
  kill(): void;
}

export interface ProbeEnd {
  readonly exitCode: number;
  /** What it printed, cut to what is kept. */
  readonly output: string;
}

/** Runs a program in the container. Throws EngineError when it cannot be started. */
export type RunProbe = (container: Container, config: ExecConfig, ended: (end: ProbeEnd) => void) => Probe;

export interface HealthChecksOptions {
  readonly sys: Sys;
  readonly events: EventLog;
  readonly run: RunProbe;
  readonly log: (text: string) => void;
}

interface Watch {
  readonly container: Container;
  readonly plan: CheckPlan;
  /** Until the next probe, or until the one that runs has taken too long. */
  timer: Timer | null;
  probe: Probe | null;
}

/** The health checks of the containers that run: a timer each, and nothing for those without one. */
export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #watches = new Map<Container, Watch>();

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  /** A run begins. */
  start(container: Container): void {
    if (planCheck(container.config) === null) return;
    container.state = { ...container.state, Health: atStart(container.state.Health) };
    this.resume(container);
  }

  /** It runs (again): after a pause, or for a new engine. */
  resume(container: Container): void {
    const plan = planCheck(container.config);
    if (plan === null) return;
    this.#drop(container);
    container.state = { ...container.state, Health: container.state.Health ?? atStart(null) };
    const watch: Watch = { container, plan, timer: null, probe: null };
    this.#watches.set(container, watch);
    this.#schedule(watch);
  }

  /** It has ended, or stands still. */
  stop(container: Container): void {
    const { Health } = container.state;
    if (!this.#drop(container) || Health === null) return;
    container.state = { ...container.state, Health: unwatched(Health) };
  }

  #drop(container: Container): boolean {
    const watch = this.#watches.get(container);
    if (watch === undefined) return false;
    this.#watches.delete(container);
    this.#clearTimer(watch);
    watch.probe?.kill();
    return true;
  }

  #clearTimer(watch: Watch): void {
    if (watch.timer !== null) this.#options.sys.clearTimer(watch.timer);
    watch.timer = null;
  }

  #schedule(watch: Watch): void {
    const { sys } = this.#options;
    const { container, plan } = watch;
    const delay = nextProbe(plan, container.state.Health ?? atStart(null), runningFor(container, sys.now()));
    watch.timer = sys.setTimer(delay / 1e6, () => this.#probe(watch));
  }

  #probe(watch: Watch): void {
    const { sys, run } = this.#options;
    const { container, plan } = watch;
    const start = sys.now();
    let late = false;
    const ended = ({ exitCode, output }: ProbeEnd): void => {
      this.#clearTimer(watch);
      watch.probe = null;
      // What came out of a container that is stopped or frozen meanwhile says nothing.
      if (this.#watches.get(container) !== watch) return;
      this.#note(watch, start, late ? { exitCode: -1, output: lateText(plan, output) } : { exitCode, output });
      this.#schedule(watch);
    };
    try {
      watch.probe = run(container, { Cmd: plan.command, AttachStdout: true, AttachStderr: true }, ended);
    } catch (error) {
      ended({ exitCode: -1, output: toEngineError(error).message });
      return;
    }
    watch.timer = sys.setTimer(plan.timeout / 1e6, () => {
      watch.timer = null;
      late = true;
      watch.probe?.kill();
    });
  }

  #note({ container, plan }: Watch, start: bigint, { exitCode, output }: ProbeEnd): void {
    const { sys, events } = this.#options;
    const result: HealthcheckResult = {
      Start: formatTime(start),
      End: formatTime(sys.now()),
      ExitCode: exitCode,
      Output: output,
    };
    const before = container.state.Health ?? atStart(null);
    const Health = withResult(before, plan, result, runningFor(container, start));
    container.state = { ...container.state, Health };
    if (Health.Status === before.Status) return;
    this.#record(container);
    const { Labels, Image = "" } = container.config;
    const attributes = { ...Labels, image: Image, name: container.name };
    events.publish("container", `health_status: ${Health.Status}`, container.id, attributes);
  }

  /** Not with every probe: a new engine needs to know no more than the status. */
  #record({ id, state }: Container): void {
    try {
      writeJson(this.#options.sys, containerPaths(id).state, state);
    } catch (error) {
      this.#options.log(`container ${id}: ${toEngineError(error).message}`);
    }
  }
}

/** Nanoseconds at `now`. */
function runningFor({ state }: Container, now: bigint): number {
  return Number(now - (parseDate(state.StartedAt) ?? now));
}

function lateText({ timeout }: CheckPlan, output: string): string {
  const text = `Health check exceeded timeout (${formatDuration(timeout)})`;
  return output === "" ? text : `${text}: ${output}`;
}
