import { buildMachine } from "../../kernel-image/build.ts";

/** Once a run, before the first of the tests that need the machine: a build takes longer than a hook of a test may. */
export default async function setup(): Promise<void> {
  await buildMachine();
}
