/** What a PC finds in its ROM: SeaBIOS, as Debian builds it. v86 starts with it and needs its VGA part, too. */
import { join } from "node:path";
import type { Piece } from "../piece.ts";

export const firmware: Piece = {
  name: "firmware",
  inputs: ["kernel-image/firmware/unpack-firmware.ts"],
  tools: { "dpkg-deb": "dpkg" },
  build({ archive, folder }) {
    const seabios = archive.downloadPackage("seabios");
    archive.unpackPackage(seabios, folder);
    const file = (name: string): string => join(folder, "usr/share/seabios", name);
    return {
      sources: [{ name: seabios.name, version: seabios.version }],
      files: { "bios.bin": file("bios.bin"), "vgabios.bin": file("vgabios-stdvga.bin") },
      compiler: null,
    };
  },
};
