/** Makes build/machine: what the page and headless machines load. `npx tsx kernel-image/build.ts` builds and says so. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { withLock } from "./build-lock.ts";
import { type BuildReporter, textReporter } from "./build-reporter.ts";
import { ROOT } from "./paths.ts";
import { runStages } from "./run-stages.ts";
import { STATE } from "./snapshot.ts";
import { STAGES } from "./stages.ts";

export interface BuildOptions {
  /** Standard error unless told. */
  readonly reporter?: BuildReporter;
  /**
   * False passes the snapshot over when there is an older one: it takes longer than a boot, and while the guest changes it is
   * soon out of date.
   */
  readonly snapshot?: boolean;
}

/** Brings build/machine up to date; what is unchanged is passed over. */
export async function buildMachine(options: BuildOptions = {}): Promise<void> {
  const { reporter = textReporter(), snapshot = true } = options;
  const stages = snapshot || !existsSync(join(ROOT, STATE)) ? STAGES : STAGES.filter(({ name }) => name !== "snapshot");
  await withBuildLock(() => runStages(stages, reporter));
}

/** Runs `work` while no other process writes to build/ or dist/. A second build waits, and finds its work done. */
export function withBuildLock<T>(work: () => Promise<T>): Promise<T> {
  return withLock(`${ROOT}build/lock`, work, (pid) => {
    process.stderr.write(`• waiting for the build that process ${pid} runs …\n`);
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await buildMachine();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`• the build failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
