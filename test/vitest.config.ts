import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** A machine takes a core while it works, and half a gigabyte. */
const MOST_MACHINES = 4;

const MACHINE_SETUP = "test/support/machine-setup.ts";

/**
 * Three kinds of test, one after the other: unit (milliseconds), vm (the real machine under node), e2e (the page in
 * Chromium, which has both cores of a small computer to itself).
 */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "vm",
          include: ["test/vm/**/*.test.ts"],
          globalSetup: [MACHINE_SETUP],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: Math.min(MOST_MACHINES, availableParallelism()),
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: [MACHINE_SETUP],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
