/** The archive the kernel unpacks as its first root: "newc" cpio (Documentation/driver-api/early-userspace/buffer-format). */
import type { TreeEntry } from "./tree.ts";

const TYPE = { directory: 0o040000, file: 0o100000, symlink: 0o120000, device: 0o020000 } as const;
const MAGIC = "070701";
const ALIGNMENT = 4;

/** Deterministic: owner root, time 0, inode numbers in order. Archives can be put behind one another. */
export function packCpio(entries: readonly TreeEntry[]): Uint8Array {
  const parts = entries.flatMap((entry, index) => record(entry, index + 1));
  return Buffer.concat([...parts, ...trailer()]);
}

function record(entry: TreeEntry, inode: number): readonly Uint8Array[] {
  const content = contentOf(entry);
  const { major, minor } = entry.kind === "device" ? entry : { major: 0, minor: 0 };
  const permissions = entry.kind === "symlink" ? 0o777 : entry.mode;
  return rawRecord(entry.path, content, { inode, mode: TYPE[entry.kind] | permissions, major, minor });
}

function contentOf(entry: TreeEntry): Uint8Array {
  switch (entry.kind) {
    case "file":
      return entry.content;
    case "symlink":
      return Buffer.from(entry.target);
    case "directory":
    case "device":
      return new Uint8Array(0);
  }
}

function trailer(): readonly Uint8Array[] {
  return rawRecord("TRAILER!!!", new Uint8Array(0), { inode: 0, mode: 0, major: 0, minor: 0 });
}

interface Head {
  readonly inode: number;
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
}

function rawRecord(name: string, content: Uint8Array, head: Head): readonly Uint8Array[] {
  const nameBytes = Buffer.from(`${name}\0`);
  const fields = [head.inode, head.mode, 0, 0, 1, 0, content.length, 0, 0, head.major, head.minor, nameBytes.length, 0];
  const header = Buffer.from(MAGIC + fields.map((field) => field.toString(16).padStart(8, "0")).join(""));
  return [header, nameBytes, gap(header.length + nameBytes.length), content, gap(content.length)];
}

function gap(length: number): Uint8Array {
  return new Uint8Array((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
}
