/**
 * What the build leaves for the page and for node in one folder: manifest.json and the files it names. A saved state
 * restores only with the very files and settings it was made with, so they are listed together and checked by digest.
 */
import type { MachineImages } from "./machine.ts";

export interface MachineFile {
  /** Name beside manifest.json; it holds the digest, so it can be cached for ever. May be packed with gzip. */
  readonly file: string;
  /** Bytes that travel. */
  readonly transfer: number;
  /** Bytes of the content, unpacked. */
  readonly bytes: number;
  /** Hex, of the content. */
  readonly sha256: string;
}

export interface MachineManifest {
  readonly format: 1;
  readonly memoryMegabytes: number;
  readonly network: boolean;
  readonly wasm: MachineFile;
  readonly bios: MachineFile;
  readonly vgaBios: MachineFile;
  readonly kernel: MachineFile;
  readonly initrd: MachineFile;
  /** Restores with `memoryMegabytes` and `network` as above, and with nothing else. */
  readonly state: MachineFile;
}

export type Loaded = (bytes: number) => void;

/** Where the files are: a web server, or a folder. */
export interface MachineSource {
  manifest(): Promise<MachineManifest>;
  /** `loaded` is told how many bytes have come. */
  read(file: string, loaded: Loaded): Promise<ArrayBuffer>;
}

const ALWAYS = ["wasm", "bios", "vgaBios"] as const;
const TO_RESTORE = [...ALWAYS, "state"] as const;
const TO_BOOT = [...ALWAYS, "kernel", "initrd"] as const;

/** Everything for one kind of start; `progress` is told the share of bytes that have come. */
export async function readImages(
  source: MachineSource,
  manifest: MachineManifest,
  start: "restore" | "boot",
  progress: (fraction: number) => void = () => undefined,
): Promise<MachineImages> {
  const names = start === "restore" ? TO_RESTORE : TO_BOOT;
  const total = names.reduce((sum, name) => sum + manifest[name].transfer, 0);
  const loaded = new Map<string, number>();
  const read = async (name: (typeof names)[number]): Promise<[string, ArrayBuffer]> => {
    const { file, transfer } = manifest[name];
    const packed = await source.read(file, (count) => {
      // A file that the browser unpacks comes as more bytes than travel.
      loaded.set(name, Math.min(count, transfer));
      progress([...loaded.values()].reduce((sum, part) => sum + part, 0) / total);
    });
    const content = await unpack(packed);
    await verify(manifest[name], content);
    return [name, content];
  };
  return Object.fromEntries(await Promise.all(names.map(read))) as unknown as MachineImages;
}

/** Told by the bytes, not by the name: some servers declare a .gz file as an encoding, and the browser unpacks it. */
async function unpack(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (first !== 0x1f || second !== 0x8b) return bytes;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function verify({ file, bytes, sha256 }: MachineFile, content: ArrayBuffer): Promise<void> {
  if (content.byteLength !== bytes) throw new Error(`${file} has ${content.byteLength} bytes instead of ${bytes}`);
  // Browsers offer digests only on https and localhost; elsewhere the length has to do.
  if (globalThis.crypto.subtle === undefined) return;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== sha256)
    throw new Error(`${file} is damaged (its sha256 is ${hex.slice(0, 12)}…, not ${sha256.slice(0, 12)}…)`);
}
