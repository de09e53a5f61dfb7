import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MachineManifest, MachineSource } from "../../web/machine/machine-files.ts";

/** The files of the machine in a folder of this computer. */
export function folderSource(folder: string): MachineSource {
  return {
    async manifest() {
      return JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as MachineManifest;
    },
    async read(file, loaded) {
      const bytes = await readFile(join(folder, file));
      loaded(bytes.length);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}
