import { describe, expect, test } from "vitest";
import type { ContainerConfig, Health, HealthcheckResult } from "../../../../../guest/api/contract/container.ts";
import {
  atStart,
  type CheckPlan,
  nextProbe,
  planCheck,
  validateHealthcheck,
  withResult,
} from "../../../../../guest/engine/health/health-record.ts";

const SECOND = 1e9;

describe("what is to be checked", () => {
  test("is a program, or a line for the shell of the image", () => {
    expect(planCheck({ Healthcheck: { Test: ["CMD", "ls", "/x"] } })?.command).toEqual(["ls", "/x"]);
    expect(planCheck({ Healthcheck: { Test: ["CMD-SHELL", "a b"] } })?.command).toEqual(["/bin/sh", "-c", "a b"]);
    const Shell = ["/bin/ash", "-ec"];
    expect(planCheck({ Shell, Healthcheck: { Test: ["CMD-SHELL", "a"] } })?.command).toEqual([...Shell, "a"]);
  });

  test.each<ContainerConfig>([
    {},
    { Healthcheck: null },
    { Healthcheck: { Interval: 1e9 } },
    { Healthcheck: { Test: [] } },
    { Healthcheck: { Test: ["NONE"] } },
    { Healthcheck: { Test: ["CMD"] } },
    { Healthcheck: { Test: ["HTTP", "x"] } },
  ])("is nothing: %j", (config) => {
    expect(planCheck(config)).toBeNull();
  });

  test("has Docker's times where none are given", () => {
    expect(planCheck({ Healthcheck: { Test: ["CMD", "x"], Interval: 0 } })).toEqual({
      command: ["x"],
      interval: 30 * SECOND,
      timeout: 30 * SECOND,
      startPeriod: 0,
      startInterval: 5 * SECOND,
      retries: 3,
    });
  });
});

const PLAN: CheckPlan = {
  command: ["x"],
  interval: 30 * SECOND,
  timeout: SECOND,
  startPeriod: 20 * SECOND,
  startInterval: 2 * SECOND,
  retries: 2,
};

function result(ExitCode: number): HealthcheckResult {
  return { Start: "", End: "", ExitCode, Output: String(ExitCode) };
}

/** After probes with these codes, each that long after the start. */
function healthAfter(...probes: readonly (readonly [code: number, seconds: number])[]): Health {
  return probes.reduce(
    (health, [code, seconds]) => withResult(health, PLAN, result(code), seconds * SECOND),
    atStart(null),
  );
}

describe("the status", () => {
  test("is healthy after one good probe, whatever came before", () => {
    expect(healthAfter([1, 30], [1, 60], [0, 90])).toMatchObject({ Status: "healthy", FailingStreak: 0 });
  });

  test("is unhealthy after as many failures in a row as are allowed", () => {
    expect(healthAfter([0, 30], [1, 60])).toMatchObject({ Status: "healthy", FailingStreak: 1 });
    expect(healthAfter([0, 30], [1, 60], [-1, 90])).toMatchObject({ Status: "unhealthy", FailingStreak: 2 });
    expect(healthAfter([1, 30], [0, 60], [1, 90])).toMatchObject({ Status: "healthy", FailingStreak: 1 });
  });

  test("forgives failures while the container starts, until it has been healthy once", () => {
    expect(healthAfter([1, 1], [1, 2], [1, 3])).toMatchObject({ Status: "starting", FailingStreak: 0 });
    expect(healthAfter([0, 1], [1, 2], [1, 3])).toMatchObject({ Status: "unhealthy", FailingStreak: 2 });
    expect(healthAfter([1, 19], [1, 20], [1, 50])).toMatchObject({ Status: "unhealthy", FailingStreak: 2 });
  });

  test("comes with the last five results", () => {
    const log = healthAfter([1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [6, 6]).Log.map(({ ExitCode }) => ExitCode);
    expect(log).toEqual([2, 3, 4, 5, 6]);
  });

  test("begins anew with each start; the results of the last run stay", () => {
    expect(atStart(healthAfter([1, 30], [1, 60]))).toMatchObject({
      Status: "starting",
      FailingStreak: 0,
      Log: [result(1), result(1)],
    });
  });
});

test("a container that starts is probed more often, until its time is over or it is healthy", () => {
  expect(nextProbe(PLAN, healthAfter(), 0)).toBe(2 * SECOND);
  expect(nextProbe(PLAN, healthAfter([0, 1]), SECOND)).toBe(30 * SECOND);
  expect(nextProbe(PLAN, healthAfter(), 20 * SECOND)).toBe(30 * SECOND);
});

test.each([
  [{ Interval: 500_000 }, "Interval in Healthcheck cannot be less than 1ms"],
  [{ Timeout: -1 }, "Timeout in Healthcheck cannot be less than 1ms"],
  [{ StartPeriod: 1 }, "StartPeriod in Healthcheck cannot be less than 1ms"],
  [{ StartInterval: 1 }, "StartInterval in Healthcheck cannot be less than 1ms"],
  [{ Retries: -1 }, "Retries in Healthcheck cannot be negative"],
])("%j is refused", (Healthcheck, message) => {
  expect(() => validateHealthcheck({ Healthcheck })).toThrow(message);
  expect(() => validateHealthcheck({ Healthcheck: { Interval: 1e6, Retries: 0 } })).not.toThrow();
});
