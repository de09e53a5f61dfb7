import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildReporter } from "./build-reporter.ts";
import { digestFile, digestInputs } from "./digest.ts";
import { ROOT } from "./paths.ts";
import type { Stage } from "./stage.ts";

/** What is remembered of a stage's last run. */
interface StageRecord {
  readonly inputs: string;
  /** File → sha256. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs the stages in order. One whose inputs are as they were, and whose results are whole, is passed over. */
export async function runStages(stages: readonly Stage[], reporter: BuildReporter, root = ROOT): Promise<void> {
  for (const stage of stages) {
    const inputs = await digestInputs(stage, root);
    if (await isUpToDate(stage, inputs, root)) continue;
    await runStage(stage, inputs, reporter, root);
  }
}

async function runStage(stage: Stage, inputs: string, reporter: BuildReporter, root: string): Promise<void> {
  const file = recordFile(stage, root);
  // Without its record an interrupted run is not taken for a finished one.
  await rm(file, { force: true });
  const running = reporter.start(stage);
  try {
    const outputs = await digestOutputs(stage, await stage.run(running.report), root);
    const record: StageRecord = { inputs, outputs };
    await mkdir(join(root, "build/stages"), { recursive: true });
    await writeFile(file, `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    running.failed();
    throw error;
  }
  running.done();
}

async function isUpToDate(stage: Stage, inputs: string, root: string): Promise<boolean> {
  const record = await readRecord(stage, root);
  if (record === null || record.inputs !== inputs) return false;
  const checks = Object.entries(record.outputs).map(
    async ([path, digest]) => (await digestFile(join(root, path))) === digest,
  );
  return (await Promise.all(checks)).every((same) => same);
}

async function readRecord(stage: Stage, root: string): Promise<StageRecord | null> {
  try {
    return JSON.parse(await readFile(recordFile(stage, root), "utf8")) as StageRecord;
  } catch {
    // Missing or half written: the stage runs.
    return null;
  }
}

async function digestOutputs(stage: Stage, paths: readonly string[], root: string): Promise<Record<string, string>> {
  const digests = paths.map(async (path): Promise<[string, string]> => {
    const digest = await digestFile(join(root, path));
    if (digest === null) throw new Error(`${stage.name} did not write ${path}`);
    return [path, digest];
  });
  return Object.fromEntries(await Promise.all(digests));
}

function recordFile(stage: Stage, root: string): string {
  return join(root, `build/stages/${stage.name}.json`);
}
