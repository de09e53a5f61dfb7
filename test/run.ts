/**
 * `npm test [-- unit|vm|e2e …] [file filters]`: runs the suites, for which the machine is built when its inputs changed, and
 * closes with one line that counts: `N passed, N failed`.
 */
import { startVitest } from "vitest/node";

const SUITES = ["unit", "vm", "e2e"];

const words = process.argv.slice(2);
const suites = words.filter((word) => SUITES.includes(word));
const filters = words.filter((word) => !SUITES.includes(word));
const option = words.find((word) => word.startsWith("-"));
if (option !== undefined) {
  console.error(`test: unknown option "${option}"; it takes ${SUITES.join(", ")} and words of file names`);
  process.exit(2);
}

const vitest = await startVitest("test", filters, {
  config: new URL("vitest.config.ts", import.meta.url).pathname,
  watch: false,
  project: suites,
  reporters: ["default"],
});
const files = vitest.state.getFiles();
const count = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  const tests = vitest.state.getReportedEntity(file);
  if (tests === undefined || tests.type !== "module") throw new Error(`no report for ${file.filepath}`);
  if (tests.state() === "failed" && tests.errors().length > 0) count.failed += 1;
  for (const test of tests.children.allTests()) {
    const state = test.result().state;
    count[state === "pending" ? "failed" : state] += 1;
  }
}
const unhandled = vitest.state.getUnhandledErrors().length;
count.failed += unhandled;
await vitest.close();
console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ""}`);
process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);
