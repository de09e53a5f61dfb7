import { expect, test } from "vitest";
import { absolutePath, baseName, splitPath } from "../../../../../guest/engine/containers/path-names.ts";
import { goFileMode } from "../../../../../guest/engine/containers/path-stat.ts";

test.each([
  ["a directory", 0o040755, 0x800001ed],
  ["a link", 0o120777, 0x080001ff],
  ["a sticky directory", 0o041777, 0x801001ff],
  ["a character device", 0o020666, 0x042001b6],
  ["a block device", 0o060660, 0x040001b0],
  ["a pipe", 0o010644, 0x020001a4],
  ["a socket", 0o140755, 0x010001ed],
  ["a file with set-user-ID and set-group-ID", 0o106755, 0x00c001ed],
])("%s has Go's mode", (_, mode, go) => expect(goFileMode(mode)).toBe(go));

test.each([
  ["etc", "/etc", "etc"],
  ["/etc/", "/etc/", "etc"],
  ["/etc/../a/.", "/a/.", "."],
  ["/", "/", "/"],
  [".", "/.", "."],
])("%j is %j, called %j", (given, path, name) => {
  expect(absolutePath(given)).toBe(path);
  expect(baseName(path)).toBe(name);
});

test("a file lies in its folder", () => expect(splitPath("/a/b")).toEqual({ folder: "/a/", name: "b" }));
