import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TreeEntry } from "./tree.ts";

/** The text files below `folder`. Their mode is told by their first bytes, for not every checkout keeps mode bits. */
export async function readFolder(folder: string, path = ""): Promise<readonly TreeEntry[]> {
  const entries = await readdir(join(folder, path), { withFileTypes: true });
  const lists = entries.map(async (entry): Promise<readonly TreeEntry[]> => {
    const inside = path === "" ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) return readFolder(folder, inside);
    const content = await readFile(join(folder, inside));
    return [{ kind: "file", path: inside, mode: content.subarray(0, 2).toString() === "#!" ? 0o755 : 0o644, content }];
  });
  return (await Promise.all(lists)).flat();
}
