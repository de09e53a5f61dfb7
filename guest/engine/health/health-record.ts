/** What the probes of a health check say of their container. No clock and no timer here: see health-checks.ts. */
import type { ContainerConfig, Health, HealthcheckResult } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";

const SECOND = 1e9;
const DEFAULT_INTERVAL = 30 * SECOND;
const DEFAULT_TIMEOUT = 30 * SECOND;
const DEFAULT_START_INTERVAL = 5 * SECOND;
const DEFAULT_RETRIES = 3;
const LOG_ENTRIES = 5;
const MIN_DURATION = 1e6;
const SHELL = ["/bin/sh", "-c"];

/** Durations are nanoseconds. */
export interface CheckPlan {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

/** null: nothing is checked. */
export function planCheck({ Healthcheck, Shell }: ContainerConfig): CheckPlan | null {
  const [kind, ...words] = Healthcheck?.Test ?? [];
  if ((kind !== "CMD" && kind !== "CMD-SHELL") || words.length === 0) return null;
  const shell = Shell && Shell.length > 0 ? Shell : SHELL;
  return {
    command: kind === "CMD" ? words : [...shell, ...words],
    interval: Healthcheck?.Interval || DEFAULT_INTERVAL,
    timeout: Healthcheck?.Timeout || DEFAULT_TIMEOUT,
    startPeriod: Healthcheck?.StartPeriod ?? 0,
    startInterval: Healthcheck?.StartInterval || DEFAULT_START_INTERVAL,
    retries: Healthcheck?.Retries || DEFAULT_RETRIES,
  };
}

/** At the start of a run. What the probes of the last one said is still to be read. */
export function atStart(before: Health | null): Health {
  return { Status: "starting", FailingStreak: 0, Log: before?.Log ?? [] };
}

/** Nobody looks any more: Docker calls that unhealthy. */
export function unwatched(health: Health): Health {
  return { ...health, Status: "unhealthy" };
}

/** Nanoseconds until the next probe of a container that started `running` nanoseconds ago. */
export function nextProbe(plan: CheckPlan, { Status }: Health, running: number): number {
  return running < plan.startPeriod && Status === "starting" ? plan.startInterval : plan.interval;
}

/** `running`: how long the container had run when the probe began, in nanoseconds. */
export function withResult(health: Health, plan: CheckPlan, result: HealthcheckResult, running: number): Health {
  const Log = [...health.Log, result].slice(-LOG_ENTRIES);
  if (result.ExitCode === 0) return { Status: "healthy", FailingStreak: 0, Log };
  const forgiven = health.Status === "starting" && running < plan.startPeriod;
  const FailingStreak = health.FailingStreak + (forgiven ? 0 : 1);
  return { Status: FailingStreak >= plan.retries ? "unhealthy" : health.Status, FailingStreak, Log };
}

/** Throws Docker's refusals. */
export function validateHealthcheck({ Healthcheck }: ContainerConfig): void {
  if (!Healthcheck) return;
  for (const field of ["Interval", "Timeout", "StartPeriod", "StartInterval"] as const) {
    const value = Healthcheck[field] ?? 0;
    if (value !== 0 && value < MIN_DURATION) {
      throw new EngineError("invalid", `${field} in Healthcheck cannot be less than 1ms`);
    }
  }
  if ((Healthcheck.Retries ?? 0) < 0) throw new EngineError("invalid", "Retries in Healthcheck cannot be negative");
}
