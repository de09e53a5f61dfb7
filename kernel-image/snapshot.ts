/**
 * The saved machine: booted, warmed up by use, emptied of what nobody needs, frozen in the moment before its first
 * visitor. It restores in a fraction of the time a boot takes.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compress, init as initZstd } from "@bokuweb/zstd-wasm";
import type { Machine } from "../web/machine/machine.ts";
import { V86Machine } from "../web/machine/v86-machine.ts";
import { settingsFingerprint } from "../web/machine/v86-settings.ts";
import { type GuestRunResult, runInGuest } from "./headless/run.ts";
import { readBootImages, V86_SCRIPT, V86_WASM } from "./machine-inputs.ts";
import { ROOT } from "./paths.ts";
import { PREBUILT } from "./prebuilt.ts";
import { INITRD } from "./rootfs.ts";
import type { Stage, StageReport } from "./stage.ts";

export const STATE = "build/snapshot/state.bin.zst";

/** Safari's limit for one page is not far above; lessons fit. */
export const SNAPSHOT_OPTIONS = { memoryMegabytes: 128, network: true } as const;

const FOLDER = "kernel-image/snapshot";
/** Higher levels need a wider window, and the emulator keeps the memory for that for good. */
const ZSTD_LEVEL = 19;
const SCRIPT_TIMEOUT = 240_000;
/** The guest's pipe trusts a HELLO that stands alone after a silence: the frozen moment has to be one. Milliseconds. */
const SILENCE = 300;

export const snapshotStage: Stage = {
  name: "snapshot",
  title: "booting the machine and saving it",
  inputs: [
    "kernel-image/snapshot.ts",
    { folder: FOLDER },
    "web/machine/v86-settings.ts",
    PREBUILT.kernel,
    PREBUILT.bios,
    PREBUILT.vgaBios,
    V86_WASM,
    V86_SCRIPT,
    INITRD,
  ],
  settings: settingsFingerprint(SNAPSHOT_OPTIONS),
  async run(report) {
    const state = await makeState(await readFile(join(ROOT, INITRD)), report);
    report(`packing ${(state.byteLength / 1e6).toFixed(1)} MB`, 0.9);
    await initZstd();
    const packed = compress(new Uint8Array(state), ZSTD_LEVEL);
    await mkdir(dirname(join(ROOT, STATE)), { recursive: true });
    await writeFile(join(ROOT, STATE), packed);
    return [STATE];
  },
};

async function makeState(initrd: Uint8Array, report: StageReport): Promise<ArrayBuffer> {
  const machine = new V86Machine();
  machine.onProgress(({ message, fraction }) => report(`booting: ${message}`, fraction * 0.4));
  await machine.start(await readBootImages(initrd), SNAPSHOT_OPTIONS);
  try {
    await prepare(machine, report);
    await new Promise((resolve) => setTimeout(resolve, SILENCE));
    return await machine.save();
  } finally {
    await machine.stop();
  }
}

/** What fails here would fail in front of the first visitor: nothing is saved then. */
export async function prepare(machine: Pick<Machine, "open">, report: StageReport): Promise<void> {
  report("waiting for the engine", 0.4);
  await runScript(machine, "wait-for-engine.sh");
  report("warming up", 0.5);
  await runScript(machine, "warm-up.sh");
  report("giving back unused memory", 0.8);
  await runScript(machine, "settle.sh");
}

async function runScript(machine: Pick<Machine, "open">, name: string): Promise<void> {
  const stdin = await readFile(join(ROOT, FOLDER, name));
  const running = runInGuest(machine, ["/bin/sh", "-s"], { stdin, timeout: SCRIPT_TIMEOUT });
  const failure = await running.then(describeFailure, (error: Error) => error.message);
  if (failure !== null) throw new Error(`the machine is not saved, for ${FOLDER}/${name} fails in it: ${failure}`);
}

/** The scripts print each command before they run it (set -x): what failed stands at the end. */
function describeFailure({ status, stdout, stderr }: GuestRunResult): string | null {
  if (status === 0) return null;
  return `status ${status}, it printed:\n${Buffer.concat([stdout, stderr]).toString().trim()}`;
}
