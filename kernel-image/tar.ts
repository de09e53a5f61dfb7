/** Deterministic ustar archives (POSIX.1-1988): no owners, no times, so that equal trees have equal digests. */
import type { TreeEntry } from "./tree.ts";

const BLOCK = 512;
const TYPE = { file: "0", symlink: "2", device: "3", directory: "5" } as const;

export function packTar(entries: readonly TreeEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const content = entry.kind === "file" ? entry.content : new Uint8Array(0);
    parts.push(header(entry, content.length), content, new Uint8Array(padding(content.length)));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return Buffer.concat(parts);
}

function padding(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK;
}

function header(entry: TreeEntry, size: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const path = entry.kind === "directory" ? `${entry.path}/` : entry.path;
  const { prefix, name } = splitPath(path);
  block.write(name, 0);
  writeOctal(block, 100, 8, entry.kind === "symlink" ? 0o777 : entry.mode);
  writeOctal(block, 108, 8, 0);
  writeOctal(block, 116, 8, 0);
  writeOctal(block, 124, 12, size);
  writeOctal(block, 136, 12, 0);
  block.fill(" ", 148, 156);
  block.write(TYPE[entry.kind], 156);
  if (entry.kind === "symlink") block.write(limited(entry.target, 100, "link target"), 157);
  block.write("ustar\0" + "00", 257);
  if (entry.kind === "device") {
    writeOctal(block, 329, 8, entry.major);
    writeOctal(block, 337, 8, entry.minor);
  }
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function writeOctal(block: Buffer, at: number, width: number, value: number): void {
  block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at);
}

/** ustar keeps 155 + 100 bytes, cut at a slash. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: "", name: path };
  for (let at = path.indexOf("/"); at >= 0 && at < path.length - 1; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= 100) return { prefix: limited(prefix, 155, "path"), name };
  }
  throw new Error(`the path is too long for a tar archive: ${path}`);
}

function limited(text: string, limit: number, what: string): string {
  if (Buffer.byteLength(text) > limit) throw new Error(`the ${what} is too long for a tar archive: ${text}`);
  return text;
}
