/** Linux from Debian's source package, with the options of `config` over allnoconfig. About ten minutes on two cores. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { ROOT } from "../paths.ts";
import { type Piece, REPRODUCIBLE } from "../piece.ts";
import { compilerVersion } from "../toolchain.ts";

const SOURCE = "linux-source-6.12";
const CONFIG = "kernel-image/kernel/config";

export const kernel: Piece = {
  name: "kernel",
  inputs: [CONFIG, "kernel-image/kernel/build-kernel.ts"],
  tools: { gcc: "gcc", make: "make", flex: "flex", bison: "bison", bc: "bc", lz4: "lz4", xz: "xz-utils" },
  build({ archive, folder, log, jobs }) {
    const source = archive.downloadPackage(`${SOURCE}:amd64`);
    archive.unpackPackage(source, join(folder, "package"));
    const tree = join(folder, "linux");
    archive.unpackSource({ archive: join(folder, `package/usr/src/${SOURCE}.tar.xz`) }, tree);
    const config = join(ROOT, CONFIG);
    const make = (...args: readonly string[]): string =>
      runCommand("make", ["ARCH=i386", ...args], {
        cwd: tree,
        log,
        env: { ...REPRODUCIBLE, KCONFIG_ALLCONFIG: config },
      });
    make("allnoconfig");
    assertNothingLost(readFileSync(config, "utf8"), readFileSync(join(tree, ".config"), "utf8"), CONFIG);
    make(`-j${jobs}`, "bzImage");
    return {
      sources: [{ name: source.name, version: source.version }],
      files: { bzImage: join(tree, "arch/x86/boot/bzImage") },
      compiler: compilerVersion(tree, log),
      config: readFileSync(config, "utf8"),
    };
  },
};

/** Kconfig drops without a word what depends on something that is off. */
export function assertNothingLost(wanted: string, got: string, name: string): void {
  const settings = new Set(got.split("\n"));
  const lost = wanted.split("\n").filter((line) => isLost(line.trim(), settings));
  if (lost.length > 0) throw new Error(`${name}: these did not survive their dependencies:\n${lost.join("\n")}`);
}

function isLost(line: string, settings: ReadonlySet<string>): boolean {
  const off = /^# (CONFIG_\w+) is not set$/.exec(line)?.[1];
  // An option that cannot be chosen at all is off, too.
  if (off !== undefined) return settings.has(`${off}=y`);
  return line.startsWith("CONFIG_") && !settings.has(line);
}
