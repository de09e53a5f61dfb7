import { posix } from "node:path";
import type { TreeEntry } from "./tree.ts";

/** A symlink for each applet. `links` is busybox.links: one absolute path a line; `binary` is where busybox lies. */
export function busyboxLinks(links: string, binary: string): readonly TreeEntry[] {
  return links
    .split("\n")
    .map((line) => line.trim().replace(/^\//, ""))
    .filter((path) => path !== "" && path !== binary)
    .map((path) => ({ kind: "symlink", path, target: posix.relative(posix.dirname(path), binary) }));
}
