/** Puts together build/machine: manifest.json and the files it names, each with its digest in the name. */
import { copyFile, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { MachineFile, MachineManifest } from "../web/machine/machine-files.ts";
import { digestFile } from "./digest.ts";
import { V86_WASM } from "./machine-inputs.ts";
import { ROOT } from "./paths.ts";
import { PREBUILT } from "./prebuilt.ts";
import { INITRD } from "./rootfs.ts";
import { SNAPSHOT_OPTIONS, STATE } from "./snapshot.ts";
import type { Stage } from "./stage.ts";

const FOLDER = "build/machine";
const MANIFEST = `${FOLDER}/manifest.json`;
const DIGEST_CHARACTERS = 16;

export const publishStage: Stage = {
  name: "publish",
  title: "putting the machine's files together",
  inputs: ["kernel-image/publish.ts", V86_WASM, PREBUILT.bios, PREBUILT.vgaBios, PREBUILT.kernel, INITRD, STATE],
  settings: JSON.stringify(SNAPSHOT_OPTIONS),
  async run() {
    await mkdir(join(ROOT, FOLDER), { recursive: true });
    const manifest: MachineManifest = {
      format: 1,
      ...SNAPSHOT_OPTIONS,
      wasm: await publish(V86_WASM, "v86"),
      bios: await publish(PREBUILT.bios, "bios"),
      vgaBios: await publish(PREBUILT.vgaBios, "vgabios"),
      kernel: await publish(PREBUILT.kernel, "kernel"),
      initrd: await publish(INITRD, "initrd"),
      state: await publish(STATE, "state"),
    };
    await writeFile(join(ROOT, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    const files = publishedFiles(manifest);
    await removeOthers(files);
    return [MANIFEST, ...files.map((file) => `${FOLDER}/${file}`)];
  },
};

async function publish(source: string, name: string): Promise<MachineFile> {
  const path = join(ROOT, source);
  const sha256 = await digestFile(path);
  if (sha256 === null) throw new Error(`${source} is missing`);
  const file = `${name}-${sha256.slice(0, DIGEST_CHARACTERS)}${extname(source)}`;
  await copyFile(path, join(ROOT, FOLDER, file));
  return { file, bytes: (await stat(path)).size, sha256 };
}

function publishedFiles(manifest: MachineManifest): readonly string[] {
  const { wasm, bios, vgaBios, kernel, initrd, state } = manifest;
  return [wasm, bios, vgaBios, kernel, initrd, state].map(({ file }) => file);
}

/** Files of earlier builds would be served, and copied into the page, for ever. */
async function removeOthers(files: readonly string[]): Promise<void> {
  const keep = new Set([...files, "manifest.json"]);
  const others = (await readdir(join(ROOT, FOLDER))).filter((name) => !keep.has(name));
  await Promise.all(others.map((name) => rm(join(ROOT, FOLDER, name), { recursive: true })));
}
