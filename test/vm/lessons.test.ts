import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CheckedMachine, runCheck, type Verdict } from "../../lessons/checks.ts";
import { parseLesson } from "../../lessons/parse.ts";
import { runInGuest } from "../../web/app/guest-command.ts";
import type { TestTerminal } from "../support/test-terminal.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const room = join(import.meta.dirname, "../../lessons");
const lessons = readdirSync(room, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => parseLesson(name, readFileSync(join(room, name, "lesson.md"), "utf8")));

describe.each(lessons)("lesson $slug", ({ steps }) => {
  let vm: Vm;
  let terminal: TestTerminal;
  let machine: CheckedMachine;

  beforeAll(async () => {
    vm = await bootVm();
    terminal = await vm.terminal();
    machine = { engine: vm.engine, run: (argv) => runInGuest(vm.machine, argv) };
  });

  afterAll(() => vm.stop());

  const verdictKinds = async (checks: (typeof steps)[number]["checks"]): Promise<Verdict["kind"][]> =>
    (await Promise.all(checks.map((check) => runCheck(check, machine)))).map(({ kind }) => kind);

  test.each(steps)("$title: red, then the solution is typed, then green", async ({ checks, solution }) => {
    expect(await verdictKinds(checks)).toContain("failed");
    for (const line of solution) {
      terminal.clear();
      // Put together by the shell, so that the echo of what was typed is not taken for the end of it.
      await terminal.type(`${line}; echo "typed"-"over"\r`);
      await terminal.waitFor("typed-over");
    }
    expect(await verdictKinds(checks)).toEqual(checks.map(() => "passed"));
  });
});
