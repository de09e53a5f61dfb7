import { withBuildLock } from "../../kernel-image/build.ts";
import { textReporter } from "../../kernel-image/build-reporter.ts";
import { runStages } from "../../kernel-image/run-stages.ts";
import { STAGES } from "../../kernel-image/stages.ts";
import { pageStage } from "./page-stage.ts";

/**
 * The machine, then the page. What is unchanged is passed over; progress goes to standard error. One lock for both: the
 * page's stage empties dist/ and copies the machine's files, which must not change meanwhile.
 */
export async function buildAll(): Promise<void> {
  await withBuildLock(() => runStages([...STAGES, pageStage], textReporter()));
}
