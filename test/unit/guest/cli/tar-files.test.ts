import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { readTar, writeTar } from "../../../../guest/cli/tar-files.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const FILES = [
  { name: "meta.json", content: bytes('{"Name":"x"}'), mode: 0o644 },
  { name: "tls", content: null, mode: 0o700 },
  { name: "tls/docker/ca.pem", content: bytes("x".repeat(513)), mode: 0o600 },
];

test("what is written is read again, and by tar(1)", () => {
  const archive = writeTar(FILES);
  expect(archive.length % 512).toBe(0);
  expect(readTar(archive).map(({ name, content }) => [name, content.length])).toEqual([
    ["meta.json", 12],
    ["tls/docker/ca.pem", 513],
  ]);
  expect(execFileSync("tar", ["t"], { input: archive, encoding: "utf8" })).toBe("meta.json\ntls\ntls/docker/ca.pem\n");
  expect(execFileSync("tar", ["xO", "meta.json"], { input: archive, encoding: "utf8" })).toBe('{"Name":"x"}');
});

test("an archive without its end is whole as long as its files are", () => {
  const [file] = readTar(writeTar(FILES).slice(0, 1024));
  expect(file?.name).toBe("meta.json");
});

test.each([
  ["half a header", writeTar(FILES).slice(0, 100), "unexpected EOF"],
  ["half a file", writeTar(FILES).slice(0, 520), "unexpected EOF"],
  ["no header", new Uint8Array(512).fill(0x61), "archive/tar: invalid tar header"],
  ["a size below nothing", damaged(124, "-0000000001"), "archive/tar: invalid tar header"],
])("%s is refused", (_what, archive, message) => {
  expect(() => readTar(archive)).toThrow(message);
});

function damaged(at: number, text: string): Uint8Array {
  const archive = writeTar(FILES);
  archive.set(bytes(text), at);
  return archive;
}
