/**
 * A compiler for static i386 programs on musl: the build machine's gcc with Debian's i386 musl and Linux headers, put
 * together in a script, because no package has them together.
 */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import type { Package } from "./debian.ts";
import type { Workshop } from "./piece.ts";

export interface Toolchain {
  /** To be called as gcc would be. */
  readonly cc: string;
  readonly compiler: string;
  readonly sources: readonly Package[];
}

/** v86 is a Pentium 4 with SSE2; its x87 is slow. */
const MACHINE = "-m32 -march=pentium4 -mfpmath=sse -static -fno-pie -no-pie -fno-stack-protector";

export function createToolchain({ archive, folder, log }: Workshop): Toolchain {
  const root = join(folder, "toolchain");
  const packages = ["musl-dev:i386", "linux-libc-dev"].map((name) => archive.downloadPackage(name));
  for (const each of packages) archive.unpackPackage(each, root);
  const ask = (...args: readonly string[]): string => runCommand("gcc", args, { cwd: folder, log }).trim();
  const gccHeaders = ask("-m32", "-print-file-name=include");
  const runtime = ask("-m32", "-print-libgcc-file-name");
  const cc = join(root, "cc");
  writeFileSync(cc, compilerScript({ folder, root, gccHeaders, runtime }));
  chmodSync(cc, 0o755);
  const sources = packages.map(({ name, version }) => ({ name, version }));
  return { cc, compiler: compilerVersion(folder, log), sources };
}

export function compilerVersion(cwd: string, log: string): string {
  return runCommand("gcc", ["--version"], { cwd, log }).split("\n")[0] ?? "";
}

interface ScriptPlaces {
  readonly folder: string;
  readonly root: string;
  readonly gccHeaders: string;
  readonly runtime: string;
}

/** Compiles with musl's headers; links with its start files and library around what is asked for. */
function compilerScript({ folder, root, gccHeaders, runtime }: ScriptPlaces): string {
  const headers = [
    gccHeaders,
    `${root}/usr/include/i386-linux-musl`,
    `${root}/usr/include`,
    `${root}/usr/lib/linux/uapi/x86`,
  ];
  const lib = `${root}/usr/lib/i386-linux-musl`;
  return `#!/bin/sh
set -- ${MACHINE} -nostdinc ${headers.map((each) => `-isystem ${each}`).join(" ")} -ffile-prefix-map=${folder}=. "$@"
for argument in "$@"; do
  case "$argument" in -c|-S|-E|-M|-MM|-r|-Wl,-r|-nostartfiles) exec gcc "$@";; esac
done
exec gcc -nostdlib -L${lib} -Wl,--build-id=none ${lib}/crt1.o ${lib}/crti.o "$@" \\
  -Wl,--start-group ${lib}/libc.a ${runtime} -Wl,--end-group ${lib}/crtn.o
`;
}
