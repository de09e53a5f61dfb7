import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "vite";
import { ROOT } from "../../kernel-image/paths.ts";
import type { Stage } from "../../kernel-image/stage.ts";

/** The last stage: the page, bundled into dist/ with the machine's files beside it. */
export const pageStage: Stage = {
  name: "page",
  title: "bundling the page",
  inputs: [
    "package-lock.json",
    "vite.config.ts",
    { folder: "web" },
    { folder: "lessons" },
    { folder: "guest/api" },
    { folder: "build/machine" },
  ],
  async run() {
    // Under a test runner NODE_ENV says so, and the libraries' slow, talkative halves would be bundled.
    process.env["NODE_ENV"] = "production";
    await build({ configFile: `${ROOT}vite.config.ts`, logLevel: "warn" });
    const entries = await readdir(`${ROOT}dist`, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => relative(join(parentPath, name)));
  },
};

function relative(path: string): string {
  return path.slice(ROOT.length).replaceAll("\\", "/");
}
