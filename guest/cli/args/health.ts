/** `--health-*`: how the engine finds out whether the container is well. */
import type { HealthConfig } from "../../api/contract/container.ts";
import { ExitError } from "../command.ts";
import { parseDuration } from "./duration.ts";
import type { Options } from "./parse.ts";

const FLAGS = [
  "health-cmd",
  "health-interval",
  "health-retries",
  "health-start-interval",
  "health-start-period",
  "health-timeout",
];

export function readHealth(options: Options): HealthConfig | null {
  const given = FLAGS.some((flag) => options.changed(flag));
  if (options.on("no-healthcheck")) {
    if (given) throw new ExitError(125, "--no-healthcheck conflicts with --health-* options");
    return { Test: ["NONE"] };
  }
  if (!given) return null;
  const retries = options.int("health-retries");
  const interval = readNanoseconds(options, "health-interval");
  const timeout = readNanoseconds(options, "health-timeout");
  if (retries < 0) throw new ExitError(125, "--health-retries cannot be negative");
  const period = readNanoseconds(options, "health-start-period");
  const startInterval = readNanoseconds(options, "health-start-interval");
  const command = options.text("health-cmd");
  return {
    ...(command === "" ? {} : { Test: ["CMD-SHELL", command] }),
    Interval: interval,
    Timeout: timeout,
    StartPeriod: period,
    StartInterval: startInterval,
    Retries: retries,
  };
}

function readNanoseconds(options: Options, flag: string): number {
  const value = parseDuration(options.text(flag, "0")) ?? 0;
  if (value < 0) throw new ExitError(125, `--${flag} cannot be negative`);
  return value;
}
