/**
 * The guest's bundle as QuickJS bytecode. The compiler is an i386 program, and nothing of that kind runs on the host:
 * a machine is booted for it, with a root that holds no more than the compiler needs.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { V86Machine } from "../web/machine/v86-machine.ts";
import { packCpio } from "./cpio.ts";
import { GUEST_BUNDLE } from "./guest-bundle.ts";
import { putIntoGuest } from "./headless/put.ts";
import { runInGuest } from "./headless/run.ts";
import { readBootImages } from "./machine-inputs.ts";
import { ROOT } from "./paths.ts";
import { PREBUILT } from "./prebuilt.ts";
import type { Stage, StageReport } from "./stage.ts";
import { completeTree, type TreeEntry } from "./tree.ts";

export const BYTECODE = "build/guest/main.qbc";

const OPTIONS = { memoryMegabytes: 128, network: false } as const;
const SOURCE = "/main.js";
const RESULT = "/main.qbc";
const TIMEOUT = 300_000;

/** The first process: only what the pipe needs. */
const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
exec drydock-pipe /dev/hvc0
`;

export const bytecodeStage: Stage = {
  name: "bytecode",
  title: "compiling the guest inside the machine",
  inputs: [
    "kernel-image/bytecode.ts",
    GUEST_BUNDLE,
    PREBUILT.kernel,
    PREBUILT.host,
    PREBUILT.tools,
    PREBUILT.busybox,
    PREBUILT.bios,
    PREBUILT.vgaBios,
  ],
  async run(report) {
    await writeFile(join(ROOT, BYTECODE), await compile(await readFile(join(ROOT, GUEST_BUNDLE)), report));
    return [BYTECODE];
  },
};

async function compile(bundle: Uint8Array, report: StageReport): Promise<Uint8Array> {
  const machine = new V86Machine();
  machine.onProgress(({ message, fraction }) => report(`booting a machine for the compiler: ${message}`, fraction / 2));
  await machine.start(await readBootImages(packCpio(await compilerRoot())), OPTIONS);
  try {
    report("compiling", 0.5);
    await putIntoGuest(machine, bundle, SOURCE);
    await runOrThrow(machine, ["/bin/drydock", "--compile", SOURCE, RESULT]);
    report("fetching the bytecode", 0.9);
    return await runOrThrow(machine, ["/bin/busybox", "cat", RESULT]);
  } finally {
    await machine.stop();
  }
}

async function runOrThrow(machine: V86Machine, argv: readonly string[]): Promise<Uint8Array> {
  const { status, stdout, stderr } = await runInGuest(machine, argv, { timeout: TIMEOUT });
  if (status === 0) return stdout;
  throw new Error(`${argv.join(" ")} ended with status ${status}:\n${new TextDecoder().decode(stderr).trim()}`);
}

async function compilerRoot(): Promise<readonly TreeEntry[]> {
  const host = await readFile(join(ROOT, PREBUILT.host));
  const tools = await readFile(join(ROOT, PREBUILT.tools));
  const busybox = await readFile(join(ROOT, PREBUILT.busybox));
  return completeTree([
    { kind: "file", path: "init", mode: 0o755, content: Buffer.from(INIT) },
    { kind: "file", path: "bin/busybox", mode: 0o755, content: busybox },
    { kind: "file", path: "bin/drydock", mode: 0o755, content: host },
    { kind: "file", path: "bin/drydock-pipe", mode: 0o755, content: tools },
    { kind: "device", path: "dev/console", mode: 0o600, major: 5, minor: 1 },
  ]);
}
