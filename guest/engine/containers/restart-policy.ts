/** `--restart`: whether a container that has ended is started again, and after how long. No clock and no timer here. */
import type { RestartPolicy } from "../../api/contract/container.ts";

/** Milliseconds. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 60_000;
/** Who ran this long has not failed at once: the next delay is the first one again. */
const LONG_RUN = 10_000;

/** A run that is over. */
export interface PastRun {
  readonly exitCode: number;
  readonly milliseconds: number;
  /** Somebody stopped or killed it since its last start by hand. */
  readonly manuallyStopped: boolean;
  /** How often the policy has started it since then. */
  readonly restartCount: number;
}

export function hasPolicy({ Name = "" }: RestartPolicy): boolean {
  return Name !== "" && Name !== "no";
}

/** What the policy says, however it ended. */
export function wantsRestart({ Name, MaximumRetryCount = 0 }: RestartPolicy, run: PastRun): boolean {
  if (Name === "always") return true;
  if (Name === "unless-stopped") return !run.manuallyStopped;
  if (Name !== "on-failure" || run.exitCode === 0) return false;
  return MaximumRetryCount === 0 || run.restartCount < MaximumRetryCount;
}

/** The restarts of one container since its last start by hand: moby's restartmanager. */
export class Backoff {
  #delay = 0;
  #cancelled = false;

  /** Whoever stops it does not want it back, whatever the policy says: until the next start by hand. */
  cancel(): void {
    this.#cancelled = true;
  }

  /** Milliseconds until the next start; null: it stays down. */
  next(policy: RestartPolicy, run: PastRun): number | null {
    if (this.#cancelled || !hasPolicy(policy)) return null;
    if (run.milliseconds >= LONG_RUN) this.#delay = 0;
    this.#delay = this.#delay === 0 ? FIRST_DELAY : Math.min(LONGEST_DELAY, this.#delay * 2);
    return wantsRestart(policy, run) ? this.#delay : null;
  }
}
