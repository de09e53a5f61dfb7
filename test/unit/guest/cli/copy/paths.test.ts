import { expect, test } from "vitest";
import {
  baseOf,
  cleanPath,
  folderOf,
  followedTo,
  joinPath,
  keepEnding,
  splitEntry,
} from "../../../../../guest/cli/copy/paths.ts";
import { planCopy, splitArgument } from "../../../../../guest/cli/copy/plan.ts";

test.each([
  ["", "."],
  ["/", "/"],
  ["/..", "/"],
  ["a/../..", ".."],
  ["../a//b/./c/..", "../a/b"],
  ["/a/b/../../../c/", "/c"],
])("Go cleans %j to %j", (path, clean) => expect(cleanPath(path)).toBe(clean));

test("folder and name are Go's Dir and Base", () => {
  expect([folderOf("/a/b"), folderOf("/a"), folderOf("a"), folderOf("a/b/")]).toEqual(["/a", "/", ".", "a/b"]);
  expect([baseOf("/a/b/"), baseOf("/"), baseOf(""), baseOf("a/.")]).toEqual(["b", "/", ".", "."]);
  expect([joinPath("/a", "../b"), joinPath("", "b")]).toEqual(["/b", "b"]);
});

test.each([
  ["/a", "./a/", "/a/"],
  ["/a", "a/.", "/a/."],
  ["/", "/.", "/."],
  ["/a", "a", "/a"],
])("%j keeps the ending of %j", (clean, path, kept) => expect(keepEnding(clean, path)).toBe(kept));

test.each([
  ["/a/b", "/a", "b"],
  ["/a/b/", "/a", "b"],
  ["/a/b/.", "/a/b", "."],
  ["/", "/", "/"],
])("%j lies in %j as %j", (path, folder, name) => expect(splitEntry(path)).toEqual({ folder, name }));

test("what a link leads to is copied under the link's name", () => {
  expect(followedTo("/x/link", "/y/file")).toEqual({ path: "/y/file", rename: "link" });
  expect(followedTo("/x/link/", "/y/dir")).toEqual({ path: "/y/dir/", rename: "link" });
  expect(followedTo("/x/same", "/y/same")).toEqual({ path: "/y/same", rename: "" });
});

test.each([
  ["web:/etc", { container: "web", path: "/etc" }],
  ["web:", { container: "web", path: "" }],
  ["/a:b", { container: "", path: "/a:b" }],
  ["./a:b", { container: "", path: "./a:b" }],
  ["-", { container: "", path: "-" }],
])("%j names %j", (text, argument) => expect(splitArgument(text)).toEqual(argument));

test.each([
  ["file", "directory", "/t", { folder: "/t", name: null }],
  ["directory", "directory", "/t/", { folder: "/t/", name: null }],
  ["file", "file", "/t/f", { folder: "/t", name: "f" }],
  ["directory", "missing", "/t/new", { folder: "/t", name: "new" }],
  ["file", "missing", "/t/new", { folder: "/t", name: "new" }],
] as const)("a %s to a %s %s", (source, kind, path, plan) => {
  expect(planCopy({ path: "/s", isDirectory: source === "directory", rename: "" }, { path, kind })).toEqual(plan);
});

test("a directory does not become a file, nor a file a directory that is not there", () => {
  const file = { path: "/s", isDirectory: false, rename: "" };
  expect(() => planCopy({ ...file, isDirectory: true }, { path: "/t", kind: "file" })).toThrow("cannot copy directory");
  for (const path of ["/t/", "/t/."]) {
    expect(() => planCopy(file, { path, kind: "missing" })).toThrow("no such directory");
  }
});
