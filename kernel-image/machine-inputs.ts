import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MachineImages } from "../web/machine/machine.ts";
import { ROOT } from "./paths.ts";
import { PREBUILT } from "./prebuilt.ts";

const EMULATOR = "node_modules/v86";
/** The emulator's processor and memory. */
export const V86_WASM = `${EMULATOR}/build/v86.wasm`;
/** Its devices: they decide what a saved state means as much as the wasm does. */
export const V86_SCRIPT = `${EMULATOR}/build/libv86.mjs`;

/** What a cold boot of `initrd` takes. */
export async function readBootImages(initrd: Uint8Array): Promise<MachineImages> {
  const [wasm, bios, vgaBios, kernel] = await Promise.all(
    [V86_WASM, PREBUILT.bios, PREBUILT.vgaBios, PREBUILT.kernel].map((path) => readFile(join(ROOT, path))),
  );
  if (!wasm || !bios || !vgaBios || !kernel) throw new Error("four files were asked for");
  return {
    wasm: toArrayBuffer(wasm),
    bios: toArrayBuffer(bios),
    vgaBios: toArrayBuffer(vgaBios),
    kernel: toArrayBuffer(kernel),
    initrd: toArrayBuffer(initrd),
  };
}

/** The bytes alone: node's buffers are often windows into larger ones. */
export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
