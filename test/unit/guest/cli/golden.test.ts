import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { play } from "./fake-engine.ts";
import { formatTranscript } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

test("every scenario has a golden file of its own", () => {
  expect(new Set(SCENARIOS.map((scenario) => scenario.name)).size).toBe(SCENARIOS.length);
});

describe("the command line prints, asks and exits as the real docker client does", () => {
  for (const scenario of SCENARIOS) {
    test(`docker ${scenario.argv.join(" ")} (${scenario.name})`, async () => {
      const golden = readFileSync(new URL(`golden/${scenario.name}.txt`, import.meta.url), "utf8");
      const actual = formatTranscript(scenario, await play(scenario));
      expect(actual).toBe(golden);
    });
  }
});
