/** `npm run check`: the one gate an editor can run on save: types, lint and format, walls. Runs all three at once. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
  readonly milliseconds: number;
}

function run(name: string, command: string, args: readonly string[]): Promise<Outcome> {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(join(root, "node_modules/.bin", command), args, { cwd: root });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("close", (code) => resolve({ name, ok: code === 0, output, milliseconds: Date.now() - started }));
  });
}

/** Every room has a tsconfig with its own `lib`: the first wall. */
function rooms(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !["node_modules", "dist", "build", "prebuilt"].includes(entry.name))
    .filter((entry) => !entry.name.startsWith("."))
    .flatMap((entry) => rooms(join(folder, entry.name)))
    .concat(readdirSync(join(root, folder)).includes("tsconfig.json") ? [folder] : []);
}

const outcomes = await Promise.all([
  run("lint and format", "biome", ["check", "--error-on-warnings", "."]),
  run("walls", "vitest", ["run", "--config", "test/vitest.config.ts", "--project", "unit", "test/unit/house"]),
  ...rooms(".").map((room) => run(`types ${room}`, "tsc", ["-p", join(room, "tsconfig.json"), "--noEmit"])),
]);
for (const { name, ok, output, milliseconds } of outcomes) {
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${(milliseconds / 1000).toFixed(1)} s)`);
  if (!ok) console.log(output);
}
process.exit(outcomes.every(({ ok }) => ok) ? 0 : 1);
