import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Machine } from "../../web/machine/machine.ts";
import { packTar } from "../tar.ts";
import type { TreeEntry } from "../tree.ts";
import { runInGuest } from "./run.ts";

export interface PutOptions {
  /** Permission bits of a file made from bytes; 0o644 unless told. Files of the host keep theirs. */
  readonly mode?: number;
}

/** Puts a file or a folder of the host, or bytes, into the guest under the name `guestPath`; parents are made. */
export async function putIntoGuest(
  machine: Machine,
  source: string | Uint8Array,
  guestPath: string,
  options: PutOptions = {},
): Promise<void> {
  if (!guestPath.startsWith("/")) throw new Error(`a path in the guest starts with /: ${guestPath}`);
  const path = posix.normalize(guestPath).replace(/^\/+|\/+$/g, "");
  const entries =
    typeof source === "string"
      ? await readTree(source, path)
      : [{ kind: "file", path, mode: options.mode ?? 0o644, content: source } as const];
  const unpacked = await runInGuest(machine, ["tar", "-x", "-o", "-f", "-", "-C", "/"], { stdin: packTar(entries) });
  if (unpacked.status !== 0) {
    throw new Error(`cannot put ${guestPath} into the guest: ${new TextDecoder().decode(unpacked.stderr).trim()}`);
  }
}

/** What lies at `hostPath`, renamed to `path`. */
async function readTree(hostPath: string, path: string): Promise<readonly TreeEntry[]> {
  const stat = await lstat(hostPath);
  const mode = stat.mode & 0o7777;
  if (stat.isSymbolicLink()) return [{ kind: "symlink", path, target: await readlink(hostPath) }];
  if (stat.isFile()) return [{ kind: "file", path, mode, content: await readFile(hostPath) }];
  if (!stat.isDirectory()) throw new Error(`${hostPath} is neither a file nor a folder`);
  const names = (await readdir(hostPath)).sort();
  const children = await Promise.all(names.map((name) => readTree(join(hostPath, name), `${path}/${name}`)));
  return [{ kind: "directory", path, mode }, ...children.flat()];
}
