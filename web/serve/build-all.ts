import { buildMachine } from "../../kernel-image/build.ts";
import { textReporter } from "../../kernel-image/build-reporter.ts";
import { runStages } from "../../kernel-image/run-stages.ts";
import { pageStage } from "./page-stage.ts";

/** The machine, then the page. What is unchanged is passed over; progress goes to standard error. */
export async function buildAll(): Promise<void> {
  const reporter = textReporter();
  await buildMachine({ reporter });
  await runStages([pageStage], reporter);
}
