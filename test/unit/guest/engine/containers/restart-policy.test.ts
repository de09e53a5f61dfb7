import { describe, expect, test } from "vitest";
import type { RestartPolicy } from "../../../../../guest/api/contract/container.ts";
import { Backoff, type PastRun, wantsRestart } from "../../../../../guest/engine/containers/restart-policy.ts";

const ALWAYS: RestartPolicy = { Name: "always" };
const SHORT: PastRun = { exitCode: 1, milliseconds: 5, manuallyStopped: false, restartCount: 0 };

describe("a restart policy", () => {
  test.each<[RestartPolicy, Partial<PastRun>, boolean]>([
    [{}, {}, false],
    [{ Name: "" }, {}, false],
    [{ Name: "no" }, {}, false],
    [ALWAYS, { exitCode: 0 }, true],
    [ALWAYS, { manuallyStopped: true }, true],
    [{ Name: "unless-stopped" }, { exitCode: 0 }, true],
    [{ Name: "unless-stopped" }, { manuallyStopped: true }, false],
    [{ Name: "on-failure" }, { exitCode: 0 }, false],
    [{ Name: "on-failure" }, { exitCode: 137, restartCount: 1000 }, true],
    [{ Name: "on-failure", MaximumRetryCount: 3 }, { restartCount: 2 }, true],
    [{ Name: "on-failure", MaximumRetryCount: 3 }, { restartCount: 3 }, false],
  ])("%j after %j: %s", (policy, run, wanted) => {
    expect(wantsRestart(policy, { ...SHORT, ...run })).toBe(wanted);
  });
});

describe("the back-off", () => {
  test("begins with 100 ms and doubles up to a minute", () => {
    const backoff = new Backoff();
    const delays = Array.from({ length: 12 }, () => backoff.next(ALWAYS, SHORT));
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
  });

  test("begins again after a run of ten seconds", () => {
    const backoff = new Backoff();
    const delayAfter = (milliseconds: number): number | null => backoff.next(ALWAYS, { ...SHORT, milliseconds });
    expect([delayAfter(0), delayAfter(9_999), delayAfter(10_000), delayAfter(0)]).toEqual([100, 200, 100, 200]);
  });

  test("is over when somebody stopped the container, for every policy", () => {
    const backoff = new Backoff();
    backoff.cancel();
    expect([backoff.next(ALWAYS, SHORT), backoff.next({ Name: "on-failure" }, SHORT)]).toEqual([null, null]);
  });
});
