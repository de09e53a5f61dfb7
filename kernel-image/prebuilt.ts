/**
 * What was compiled beforehand (prebuilt/, made by prebuild.ts on a Debian machine) and comes with the clone. Its
 * manifest says what each file is; a file that is not what the manifest says would fail in strange ways later.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestFile } from "./digest.ts";
import { ROOT } from "./paths.ts";
import type { Stage } from "./stage.ts";

const FOLDER = "kernel-image/prebuilt";

export const PREBUILT = {
  manifest: `${FOLDER}/manifest.json`,
  kernel: `${FOLDER}/bzImage`,
  /** QuickJS with the native module, a static i386 program. */
  host: `${FOLDER}/drydock`,
  /** The programs that are plain C, another. */
  tools: `${FOLDER}/drydock-tools`,
  busybox: `${FOLDER}/busybox`,
  /** A line for each applet: where it is linked. */
  busyboxLinks: `${FOLDER}/busybox.links`,
  bios: `${FOLDER}/bios.bin`,
  vgaBios: `${FOLDER}/vgabios.bin`,
} as const;

interface PrebuiltManifest {
  readonly files: Readonly<Record<string, { readonly sha256: string }>>;
}

export const prebuiltStage: Stage = {
  name: "prebuilt",
  title: "checking kernel, host and firmware",
  inputs: Object.values(PREBUILT),
  async run() {
    const manifest = JSON.parse(await readFile(join(ROOT, PREBUILT.manifest), "utf8")) as PrebuiltManifest;
    for (const [name, { sha256 }] of Object.entries(manifest.files)) {
      const digest = await digestFile(join(ROOT, FOLDER, name));
      if (digest === sha256) continue;
      throw new Error(
        `${FOLDER}/${name} is not what its manifest says; restore it (git checkout ${FOLDER}) or run npm run build:kernel`,
      );
    }
    return [];
  },
};
