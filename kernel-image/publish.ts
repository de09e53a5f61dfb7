/** Puts together build/machine: manifest.json and the files it names, each with its digest in the name. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { MachineFile, MachineManifest } from "../web/machine/machine-files.ts";
import { sha256 } from "./digest.ts";
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
      wasm: await publish(V86_WASM, "v86", "gzip"),
      bios: await publish(PREBUILT.bios, "bios", "gzip"),
      vgaBios: await publish(PREBUILT.vgaBios, "vgabios", "gzip"),
      kernel: await publish(PREBUILT.kernel, "kernel", "as it is"),
      initrd: await publish(INITRD, "initrd", "gzip"),
      state: await publish(STATE, "state", "as it is"),
    };
    await writeFile(join(ROOT, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    const files = publishedFiles(manifest);
    await removeOthers(files);
    return [MANIFEST, ...files.map((file) => `${FOLDER}/${file}`)];
  },
};

/**
 * Many static servers do not pack what they send, so what gets much smaller is packed here. What goes as it is has no
 * ending in its name: a server that takes .zst for an encoding would have the browser unpack the saved machine, or refuse.
 */
async function publish(source: string, name: string, packing: "gzip" | "as it is"): Promise<MachineFile> {
  const content = await readFile(join(ROOT, source));
  const digest = sha256(content);
  const packed = packing === "gzip" ? gzipSync(content, { level: 9 }) : content;
  const ending = packing === "gzip" ? `${extname(source)}.gz` : "";
  const file = `${name}-${digest.slice(0, DIGEST_CHARACTERS)}${ending}`;
  await writeFile(join(ROOT, FOLDER, file), packed);
  return { file, transfer: packed.length, bytes: content.length, sha256: digest };
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
