import { mkdir, mkdtemp, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentReporter, textReporter } from "../../../kernel-image/build-reporter.ts";
import { runStages } from "../../../kernel-image/run-stages.ts";
import type { Stage } from "../../../kernel-image/stage.ts";

let root: string;
let runs: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "stages-"));
  runs = [];
  await mkdir(join(root, "source/deep"), { recursive: true });
  await mkdir(join(root, "build"));
  await writeFile(join(root, "source/deep/a.ts"), "a");
  await writeFile(join(root, "source/notes.txt"), "notes");
  await writeFile(join(root, "recipe"), "recipe");
});

afterEach(() => rm(root, { recursive: true }));

function stage(changes: Partial<Stage> & { readonly fails?: boolean } = {}): Stage {
  return {
    name: "first",
    title: "making it",
    inputs: ["recipe", { folder: "source", suffix: ".ts" }],
    async run() {
      runs.push(changes.name ?? "first");
      await writeFile(join(root, "build/result"), "result");
      if (changes.fails === true) throw new Error("no luck");
      return ["build/result"];
    },
    ...changes,
  };
}

async function build(...stages: readonly Stage[]): Promise<readonly string[]> {
  runs = [];
  await runStages(stages.length === 0 ? [stage()] : stages, silentReporter, root);
  return runs;
}

test("a stage whose inputs are unchanged is passed over", async () => {
  expect(await build()).toEqual(["first"]);
  expect(await build()).toEqual([]);
});

test("hashes decide, not dates", async () => {
  await build();
  await utimes(join(root, "recipe"), new Date(), new Date());
  expect(await build()).toEqual([]);
});

test.each([
  ["a file", () => writeFile(join(root, "recipe"), "other")],
  ["a file deep in a folder", () => writeFile(join(root, "source/deep/a.ts"), "other")],
  ["a new file in a folder", () => writeFile(join(root, "source/b.ts"), "b")],
  ["a file gone from a folder", () => rm(join(root, "source/deep/a.ts"))],
])("%s that changed runs it again", async (_what, change) => {
  await build();
  await change();
  expect(await build()).toEqual(["first"]);
  expect(await build()).toEqual([]);
});

test("files of a folder without the wanted ending do not count", async () => {
  await build();
  await writeFile(join(root, "source/notes.txt"), "other");
  expect(await build()).toEqual([]);
});

test("other settings run it again", async () => {
  await build(stage({ settings: "128" }));
  expect(await build(stage({ settings: "256" }))).toEqual(["first"]);
});

test("a damaged result is made again", async () => {
  await build();
  await writeFile(join(root, "build/result"), "resulT");
  expect(await build()).toEqual(["first"]);
});

test("a result that is gone is made again", async () => {
  await build();
  await rm(join(root, "build/result"));
  expect(await build()).toEqual(["first"]);
  expect((await stat(join(root, "build/result"))).size).toBe(6);
});

test("a damaged record is no reason to stop", async () => {
  await build();
  await writeFile(join(root, "build/stages/first.json"), "{");
  expect(await build()).toEqual(["first"]);
});

test("a stage that failed runs again, though it had left a result", async () => {
  await expect(build(stage({ fails: true }))).rejects.toThrow("no luck");
  expect(await build()).toEqual(["first"]);
});

test("a stage runs again when an earlier one made something else for it", async () => {
  let content = "one";
  const first = stage({
    async run() {
      await writeFile(join(root, "build/result"), content);
      return ["build/result"];
    },
  });
  const second = stage({ name: "second", inputs: ["build/result"] });
  await build(first, second);
  content = "two";
  await writeFile(join(root, "recipe"), "other");
  expect(await build(first, second)).toContain("second");
});

test("a missing input is an error that names stage and file", async () => {
  await expect(build(stage({ inputs: ["absent"] }))).rejects.toThrow("first needs absent, which is missing");
});

test("a stage that does not write what it said is an error", async () => {
  await expect(build(stage({ run: async () => ["build/absent"] }))).rejects.toThrow("first did not write build/absent");
});

test("a log sees the start and the end with its time, and a slow stage now and then", async () => {
  const written: string[] = [];
  let time = 0;
  const reporter = textReporter({ write: (text: string) => written.push(text) }, () => time);
  const running = reporter.start({ name: "first", title: "making it" });
  running.report("half of it", 0.5);
  time = 6000;
  running.report("most of it", 0.8);
  time = 7100;
  running.done();
  expect(written).toEqual([
    "• first: making it …\n",
    "• first: most of it 80 %, 6.0 s\n",
    "• first: making it, 7.1 s\n",
  ]);
});
