import { expect, test } from "vitest";
import { packCpio } from "../../../kernel-image/cpio.ts";
import { completeTree, type TreeEntry } from "../../../kernel-image/tree.ts";

interface Record {
  readonly name: string;
  readonly mode: number;
  readonly content: string;
  readonly rdev: readonly [number, number];
}

/** Reads newc as the kernel does (init/initramfs.c): 13 fields of 8 hex digits, name and content padded to four bytes. */
function readCpio(archive: Uint8Array): readonly Record[] {
  const bytes = Buffer.from(archive);
  const records: Record[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes.toString("latin1", at, at + 6)).toBe("070701");
    const field = (index: number): number =>
      Number.parseInt(bytes.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
    const [size, nameSize] = [field(6), field(11)];
    const nameStart = at + 110;
    const start = align(nameStart + nameSize);
    expect(bytes[nameStart + nameSize - 1]).toBe(0);
    records.push({
      name: bytes.toString("utf8", nameStart, nameStart + nameSize - 1),
      mode: field(1),
      content: bytes.toString("utf8", start, start + size),
      rdev: [field(9), field(10)],
    });
    at = align(start + size);
  }
  return records;
}

function align(offset: number): number {
  return (offset + 3) & ~3;
}

const TREE: readonly TreeEntry[] = [
  { kind: "file", path: "usr/bin/héllo", mode: 0o755, content: Buffer.from("#!/bin/sh\n") },
  { kind: "symlink", path: "bin/sh", target: "busybox" },
  { kind: "device", path: "dev/console", mode: 0o600, major: 5, minor: 1 },
  { kind: "directory", path: "tmp", mode: 0o1777 },
];

test("every kind of entry is written with its type, mode and content", () => {
  expect(readCpio(packCpio(TREE))).toEqual([
    { name: "usr/bin/héllo", mode: 0o100755, content: "#!/bin/sh\n", rdev: [0, 0] },
    { name: "bin/sh", mode: 0o120777, content: "busybox", rdev: [0, 0] },
    { name: "dev/console", mode: 0o020600, content: "", rdev: [5, 1] },
    { name: "tmp", mode: 0o041777, content: "", rdev: [0, 0] },
    { name: "TRAILER!!!", mode: 0, content: "", rdev: [0, 0] },
  ]);
});

test("the same tree in another order is the same bytes once it is completed", () => {
  const one = packCpio(completeTree(TREE));
  const other = packCpio(completeTree([...TREE].reverse()));
  expect(Buffer.compare(one, other)).toBe(0);
});

test("an archive can be put behind another: each starts at a multiple of four", () => {
  const both = Buffer.concat([packCpio(TREE.slice(0, 1)), packCpio(TREE.slice(1))]);
  expect(readCpio(both).filter(({ name }) => name === "TRAILER!!!")).toHaveLength(2);
});

test("parents come before what lies in them, also when nobody named them", () => {
  expect(completeTree(TREE).map(({ path }) => path)).toEqual([
    "bin",
    "bin/sh",
    "dev",
    "dev/console",
    "tmp",
    "usr",
    "usr/bin",
    "usr/bin/héllo",
  ]);
});

test("two entries for one path are an error, except folders", () => {
  const file: TreeEntry = { kind: "file", path: "a", mode: 0o644, content: new Uint8Array(0) };
  expect(() => completeTree([file, { kind: "symlink", path: "a", target: "b" }])).toThrow("two entries want to be a");
  const folder: TreeEntry = { kind: "directory", path: "a", mode: 0o755 };
  expect(completeTree([folder, { ...folder, mode: 0o700 }])).toEqual([{ ...folder, mode: 0o700 }]);
});
