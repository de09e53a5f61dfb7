/** The pieces of prebuilt/, in the order in which they are built. */
import { busybox } from "./busybox/build-busybox.ts";
import { digestInputs } from "./digest.ts";
import { firmware } from "./firmware/unpack-firmware.ts";
import { host } from "./host/build-host.ts";
import { kernel } from "./kernel/build-kernel.ts";
import type { Piece } from "./piece.ts";

export const PIECES: readonly Piece[] = [firmware, host, busybox, kernel];

/** What every piece is made with. */
const SHARED_INPUTS = ["kernel-image/debian.ts", "kernel-image/command.ts", "kernel-image/piece.ts"];

export function recipeDigest({ name, inputs }: Piece): Promise<string> {
  return digestInputs({ name, inputs: [...inputs, ...SHARED_INPUTS] });
}
