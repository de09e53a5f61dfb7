import { spawnSync } from "node:child_process";

/** Names the Debian package when gcc's own library of 32-bit arithmetic is missing: gcc then names the other one, which cannot be linked. */
export function requireLibrary32(): void {
  const gcc = (...args: readonly string[]): string => spawnSync("gcc", args, { encoding: "utf8" }).stdout.trim();
  const name = "-print-libgcc-file-name";
  if (!gcc("-dumpmachine").startsWith("x86_64") || gcc("-m32", name) !== gcc(name)) return;
  throw new Error(`missing gcc's 32-bit library: apt-get install lib32gcc-${gcc("-dumpversion").split(".")[0]}-dev`);
}
