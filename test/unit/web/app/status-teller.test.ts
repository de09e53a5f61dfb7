import { beforeEach, describe, expect, test } from "vitest";
import type { BootStatus } from "../../../../web/app/boot-status.ts";
import { StatusTeller } from "../../../../web/app/status-teller.ts";

describe("what the page says of a starting machine", () => {
  let told: BootStatus[];
  let teller: StatusTeller;

  beforeEach(() => {
    told = [];
    teller = new StatusTeller((status) => told.push(status));
  });

  test("fetching counts bytes, the machine's own work follows, and the bar never goes back", () => {
    teller.loading(0.5, 4_600_000);
    teller.loading(1, 9_100_000);
    teller.progress({ phase: "restoring", fraction: 0, message: "unpacking the saved machine" });
    teller.progress({ phase: "restoring", fraction: 0.9, message: "setting clock and random pool" });
    expect(told.map((status) => status.message)).toEqual([
      "Fetching the machine: 4.6 MB (50 %)",
      "Fetching the machine: 9.1 MB (100 %)",
      "Restoring the machine: unpacking the saved machine",
      "Restoring the machine: setting clock and random pool",
    ]);
    const fractions = told.map((status) => (status.kind === "starting" ? status.fraction : 1));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  test("a restore that fails is not the end: the boot after it is told", () => {
    teller.progress({ phase: "failed", fraction: 1, message: "the state is of another version" });
    teller.progress({ phase: "booting", fraction: 0.2, message: "memory is set up" });
    expect(told.map(({ kind }) => kind)).toEqual(["starting"]);
  });

  test("progress that comes late does not hide that the machine is ready", () => {
    teller.ready("Restored in 0.5 s");
    teller.progress({ phase: "restoring", fraction: 0.9, message: "setting clock and random pool" });
    teller.progress({ phase: "ready", fraction: 1, message: "the machine is ready" });
    expect(told).toEqual([{ kind: "ready", message: "Restored in 0.5 s" }]);
  });

  test("a machine that dies later is told", () => {
    teller.ready("Restored in 0.5 s");
    teller.progress({ phase: "failed", fraction: 1, message: "the guest's kernel gave up" });
    expect(told.at(-1)).toEqual({ kind: "failed", message: "the guest's kernel gave up" });
  });
});
