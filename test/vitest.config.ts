import { defineConfig } from "vitest/config";

/** Three kinds of test: unit (milliseconds), vm (the real machine under node), e2e (the page in Chromium). */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    projects: [
      {
        test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 20_000 },
      },
      {
        // One machine at a time: each takes a core, and timing is part of what some of them prove.
        test: {
          name: "vm",
          include: ["test/vm/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
