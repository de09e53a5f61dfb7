/**
 * The host: QuickJS, our native module of guest/sys and zlib's inflate in one static i386 program, and the programs of
 * guest/sys that are plain C in another. Half a minute. The interpreter is laid out by a profile of it at work (profile-host.ts): what runs stands together.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { runCommand } from "../command.ts";
import { ROOT } from "../paths.ts";
import type { Piece, PieceResult, Workshop } from "../piece.ts";
import { createToolchain } from "../toolchain.ts";

const NATIVE = "guest/sys";
const QUICKJS = ["quickjs", "libregexp", "libunicode", "cutils", "dtoa"];
/** What each is for stands on top of it. The order counts: json changes what strings and templates have changed. */
const PATCHES = [
  "dispatch",
  "pool",
  "shapes",
  "short-ways",
  "strings",
  "templates",
  "json",
  "loops",
  "arrays",
  "promises",
  "variables",
  "decode",
].map((name) => `kernel-image/host/${name}.patch`);
const ZLIB = ["inflate", "inffast", "inftrees", "adler32", "crc32", "zutil"];
/** What the programs that are plain C consist of. They share nothing with QuickJS's. */
const TOOLS = new Set([
  "tools",
  "buffer",
  "json-line",
  "json-log",
  "launch",
  "log-files",
  "logs",
  "pipe",
  "pipe-channel",
  "pipe-link",
  "pipe-spawn",
  "reaper",
  "shim",
  "shim-client",
  "shim-connection",
  "time",
]);
/** Loops over bytes. The rest is smaller, and in the emulator faster, with -Os. */
const HOT = new Set([
  "pool",
  "sha256",
  "bulk",
  "tree",
  "http-body",
  "tar-source",
  "tar-reader",
  "untar",
  "pack",
  "stream",
  "buffer",
  "json-rows",
  "json-line",
  "columns",
]);

/** Calls between files take their arguments in registers, which i386 does only when it sees both ends. */
const WHOLE_PROGRAM = ["-flto", "-flto-partition=none"];
const COMMON = [
  "-fwrapv",
  ...WHOLE_PROGRAM,
  "-fno-fat-lto-objects",
  "-fomit-frame-pointer",
  "-fno-asynchronous-unwind-tables",
  "-ffunction-sections",
  "-fdata-sections",
];
const LINK = ["-Wl,--gc-sections", "-s", ...WHOLE_PROGRAM];

/** Counts of QuickJS's branches, of exactly the source that is compiled here. */
export const PROFILE = "kernel-image/host/quickjs.gcda";
/** What would make it larger for hardly any speed. */
const SPARING = [
  "ipa-cp-clone",
  "unroll-loops",
  "peel-loops",
  "tracer",
  "tree-loop-vectorize",
  "tree-slp-vectorize",
  "profile-values",
].map((pass) => `-fno-${pass}`);
/** A fifth fewer instructions than -Os, and a third less time in the emulator. */
const PROFILED = ["-O2", "-fprofile-use", ...SPARING, "-Wno-missing-profile", "-Werror=coverage-mismatch"];

export const host: Piece = {
  name: "host",
  inputs: [
    { folder: NATIVE, suffix: ".c" },
    { folder: NATIVE, suffix: ".h" },
    "kernel-image/host/build-host.ts",
    PROFILE,
    ...PATCHES,
    "kernel-image/toolchain.ts",
  ],
  tools: { gcc: "gcc", ld: "binutils", "dpkg-deb": "dpkg", patch: "patch" },
  build(workshop) {
    // gcc looks for an object's profile beside it, under its name.
    return buildHost(workshop, { interpreter: PROFILED, link: [] }, (object) =>
      copyFileSync(join(ROOT, PROFILE), object.replace(/\.o$/, ".gcda")),
    );
  },
};

export interface HostFlags {
  /** For quickjs.c. */
  readonly interpreter: readonly string[];
  readonly link: readonly string[];
}

/** `prepare` is told the path of the interpreter's object before that is compiled. */
export function buildHost(workshop: Workshop, flags: HostFlags, prepare: (object: string) => void): PieceResult {
  const { archive, folder, log } = workshop;
  const toolchain = createToolchain(workshop);
  const quickjs = archive.downloadSource("quickjs");
  const zlib = archive.downloadSource("zlib");
  archive.unpackSource(quickjs, join(folder, "quickjs"));
  archive.unpackSource(zlib, join(folder, "zlib"));
  for (const patch of PATCHES) {
    runCommand("patch", ["-p1", "--fuzz=0", "-i", join(ROOT, patch)], { cwd: join(folder, "quickjs"), log });
  }
  const version = readFileSync(join(folder, "quickjs/VERSION"), "utf8").trim();
  const define = `-DCONFIG_VERSION="${version}"`;
  const objects: string[] = [];
  const compile = (source: string, ...more: readonly string[]): void => {
    const object = join(folder, "objects", `${objects.length}-${basename(source, ".c")}.o`);
    const prefix = `-ffile-prefix-map=${ROOT}=.`;
    if (basename(source) === "quickjs.c") prepare(object);
    runCommand(toolchain.cc, [...COMMON, prefix, ...more, "-c", source, "-o", object], { cwd: folder, log });
    objects.push(object);
  };
  mkdirSync(join(folder, "objects"));
  for (const name of QUICKJS) {
    const level = name === "quickjs" ? flags.interpreter : ["-Os"];
    // Paths are part of what the profile is checked by: from here, they are the same everywhere.
    compile(
      `quickjs/${name}.c`,
      ...level,
      "-D_GNU_SOURCE",
      define,
      `-I${relative(folder, join(ROOT, NATIVE))}`,
      "-Iquickjs",
    );
  }
  for (const name of ZLIB) compile(join(folder, `zlib/${name}.c`), "-O2");
  const includes = [`-I${join(folder, "quickjs")}`, `-I${join(folder, "zlib")}`];
  for (const name of nativeSources())
    compile(join(ROOT, NATIVE, `${name}.c`), HOT.has(name) ? "-O2" : "-Os", "-Wall", define, ...includes);
  const link = (name: string, parts: readonly string[], more: readonly string[] = []): string => {
    const program = join(folder, name);
    runCommand(toolchain.cc, [...LINK, "-o", program, ...parts, ...more], { cwd: folder, log });
    return program;
  };
  const isTool = (object: string): boolean => TOOLS.has(basename(object, ".o").replace(/^\d+-/, ""));
  const drydock = link(
    "drydock",
    objects.filter((object) => !isTool(object)),
    flags.link,
  );
  const tools = link("drydock-tools", objects.filter(isTool));
  const sources = [quickjs, zlib].map(({ name, version: packageVersion }) => ({ name, version: packageVersion }));
  return {
    sources: [...sources, ...toolchain.sources],
    files: { drydock, "drydock-tools": tools },
    compiler: toolchain.compiler,
  };
}

function nativeSources(): readonly string[] {
  const files = readdirSync(join(ROOT, NATIVE)).filter((file) => file.endsWith(".c"));
  return files.map((file) => basename(file, ".c")).sort();
}
