/** busybox from Debian's source package, static on musl: its defconfig, with the changes of `config` and our patches. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { assertNothingLost } from "../kernel/build-kernel.ts";
import { ROOT } from "../paths.ts";
import { type Piece, REPRODUCIBLE } from "../piece.ts";
import { createToolchain } from "../toolchain.ts";

const CONFIG = "kernel-image/busybox/config";
/** In this order. What each is for stands on top of it. */
const PATCHES = ["kernel-image/busybox/completers.patch", "kernel-image/busybox/open-quotes.patch"];

export const busybox: Piece = {
  name: "busybox",
  inputs: [
    CONFIG,
    ...PATCHES,
    "kernel-image/busybox/build-busybox.ts",
    "kernel-image/kernel/build-kernel.ts",
    "kernel-image/toolchain.ts",
  ],
  tools: { gcc: "gcc", make: "make", ld: "binutils", bzip2: "bzip2", patch: "patch" },
  build(workshop) {
    const { archive, folder, log, jobs } = workshop;
    const toolchain = createToolchain(workshop);
    const source = archive.downloadSource("busybox");
    const tree = join(folder, "busybox");
    archive.unpackSource(source, tree);
    for (const patch of PATCHES) {
      runCommand("patch", ["-p1", "--fuzz=0", "-i", join(ROOT, patch)], { cwd: tree, log });
    }
    const make = (...args: readonly string[]): string =>
      runCommand("make", [`CC=${toolchain.cc}`, "LD=ld -m elf_i386", "HOSTCC=gcc", ...args], {
        cwd: tree,
        log,
        env: REPRODUCIBLE,
        // An empty answer to each question of oldconfig: what it proposes.
        input: "\n".repeat(2000),
      });
    const changes = readFileSync(join(ROOT, CONFIG), "utf8");
    make("defconfig");
    const configured = join(tree, ".config");
    writeFileSync(configured, applyChanges(readFileSync(configured, "utf8"), changes));
    make("oldconfig");
    assertNothingLost(changes, readFileSync(configured, "utf8"), CONFIG);
    make(`-j${jobs}`, "busybox");
    make("busybox.links");
    return {
      sources: [{ name: source.name, version: source.version }, ...toolchain.sources],
      files: { busybox: join(tree, "busybox"), "busybox.links": join(tree, "busybox.links") },
      compiler: toolchain.compiler,
      config: changes,
    };
  },
};

/** Puts each line of `changes` in the place of the line about the same option. */
export function applyChanges(config: string, changes: string): string {
  const option = (line: string): string | undefined => /^(?:# )?(CONFIG_\w+)(?:=| is not set)/.exec(line)?.[1];
  const changed = new Map(changes.split("\n").map((line) => [option(line), line]));
  const lines = config.split("\n").map((line) => {
    const name = option(line);
    return (name === undefined ? undefined : changed.get(name)) ?? line;
  });
  return lines.join("\n");
}
