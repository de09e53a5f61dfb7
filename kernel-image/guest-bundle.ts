/** All TypeScript of the guest in one file, with the lines that it came from for the trace. */
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ROOT } from "./paths.ts";
import { packSourceLines, type SourceMap } from "./source-lines.ts";
import type { Stage } from "./stage.ts";

export const GUEST_BUNDLE = "build/guest/main.js";
export const SOURCE_LINES = "build/guest/main.lines";
const MAP = `${GUEST_BUNDLE}.map`;
/** Modules of the host binary itself. Node's target is asked for because Bun would put a stand-in for "os" otherwise. */
const EXTERNAL = ["drydock:*", "os", "std"];

export const guestBundleStage: Stage = {
  name: "guest",
  title: "bundling the guest's TypeScript",
  inputs: [
    { folder: "guest", suffix: ".ts" },
    "kernel-image/guest-bundle.ts",
    "kernel-image/source-lines.ts",
    "node_modules/bun/package.json",
  ],
  async run() {
    const args = ["build", "guest/main.ts", "--outdir", "build/guest", "--format=esm", "--target=node"];
    await runBun([...args, "--sourcemap=external", ...EXTERNAL.map((name) => `--external=${name}`)]);
    await writeFile(join(ROOT, SOURCE_LINES), await readSourceLines());
    return [GUEST_BUNDLE, MAP, SOURCE_LINES];
  },
};

async function readSourceLines(): Promise<Uint8Array> {
  const map = JSON.parse(await readFile(join(ROOT, MAP), "utf8")) as SourceMap;
  const folder = dirname(join(ROOT, MAP));
  const bundle = await readFile(join(ROOT, GUEST_BUNDLE), "utf8");
  return packSourceLines(bundle, map, (source) => relative(ROOT, join(folder, source)));
}

export async function runBun(args: readonly string[]): Promise<void> {
  const bun = await findBun();
  const { status, output } = await new Promise<{ status: number | null; output: string }>((resolve, reject) => {
    const child = spawn(bun, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => void parts.push(part));
    child.stderr.on("data", (part: Buffer) => void parts.push(part));
    child.on("error", reject);
    child.on("close", (code) => resolve({ status: code, output: Buffer.concat(parts).toString() }));
  });
  if (status !== 0) throw new Error(`bun ${args.slice(0, 2).join(" ")} failed:\n${output.trim()}`);
}

/** A text that says the install script did not run lies in the binary's place until it did. Bytes. */
const LEAST_BINARY = 1_000_000;

/** bun's install script moves the binary out of the platform's package; where npm did not run it, it still lies there. */
async function findBun(): Promise<string> {
  const folder = join(ROOT, "node_modules/@oven");
  const packages = existsSync(folder) ? (await readdir(folder)).sort() : [];
  const candidates = [
    join(ROOT, "node_modules/bun/bin/bun.exe"),
    ...packages.flatMap((name) => [join(folder, name, "bin/bun"), join(folder, name, "bin/bun.exe")]),
  ];
  const found = candidates.find((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LEAST_BINARY);
  if (found === undefined) throw new Error("bun is not installed for this platform; npm ci installs it");
  return found;
}
