import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { packTar } from "../../../kernel-image/tar.ts";
import type { TreeEntry } from "../../../kernel-image/tree.ts";

const LONG = `${"folder/".repeat(20)}name`;

const TREE: readonly TreeEntry[] = [
  { kind: "directory", path: "etc", mode: 0o750 },
  { kind: "file", path: "etc/motd", mode: 0o640, content: Buffer.from("x".repeat(700)) },
  { kind: "symlink", path: "etc/link", target: "motd" },
  { kind: "file", path: LONG, mode: 0o644, content: Buffer.from("deep") },
];

function list(archive: Uint8Array): readonly string[] {
  const { stdout, stderr, status } = spawnSync("tar", ["-tvf", "-", "--numeric-owner"], { input: archive });
  expect(stderr.toString()).toBe("");
  expect(status).toBe(0);
  return stdout.toString().trim().split("\n");
}

test("the system's tar reads it: kinds, modes, sizes, owners, link targets, long names", () => {
  const lines = list(packTar(TREE));
  expect(lines[0]).toMatch(/^drwxr-x--- 0\/0 +0 .* etc\/$/);
  expect(lines[1]).toMatch(/^-rw-r----- 0\/0 +700 .* etc\/motd$/);
  expect(lines[2]).toMatch(/^lrwxrwxrwx 0\/0 +0 .* etc\/link -> motd$/);
  expect(lines[3]).toMatch(new RegExp(`^-rw-r--r-- 0/0 +4 .* ${LONG}$`));
});

test("a name that does not fit is an error that shows it", () => {
  const path = "n".repeat(101);
  expect(() => packTar([{ kind: "directory", path, mode: 0o755 }])).toThrow(path);
});

test("the same tree is the same bytes", () => {
  expect(Buffer.compare(packTar(TREE), packTar(TREE))).toBe(0);
});
