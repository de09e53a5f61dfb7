/**
 * What a container changed, read off its writable layer: Documentation/filesystems/overlayfs.rst. A name that was removed
 * is a character device 0:0 there; a directory that was removed and made again has trusted.overlay.opaque=y, and what lies
 * below it in the layers does not count. A learner finds both with ls -l and getfattr in /var/lib/docker/overlay2/ID/diff.
 *
 * The container may run meanwhile and put a link where a directory was, so its layer is walked by descriptors, never by a
 * path of more than one name.
 */
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, S_IFCHR, S_IFDIR, S_IFMT } from "../sys/constants.ts";
import { type Stat, type Sys, SysError } from "../sys/sys.ts";
import { fdPath } from "./in-root.ts";

export interface Change {
  readonly kind: "changed" | "added" | "deleted";
  readonly path: string;
}

const DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
const OPAQUE = "trusted.overlay.opaque";

/**
 * `upper` is the writable layer, `lower` a directory that shows all below it as one. By name, a directory before what is in
 * it; a directory in which something changed has changed too, the root is not told. Throws SysError.
 */
export function readChanges(sys: Sys, upper: string, lower: string): readonly Change[] {
  const changes: Change[] = [];
  const fd = sys.open(upper, DIRECTORY);
  try {
    readDirectory({ sys, changes }, { fd, path: "", lower });
  } finally {
    sys.close(fd);
  }
  return changes;
}

interface Walk {
  readonly sys: Sys;
  readonly changes: Change[];
}

interface Directory {
  /** In the writable layer. */
  readonly fd: number;
  /** As the container names it; "" is its root. */
  readonly path: string;
  /** The same directory below; null: there is none. */
  readonly lower: string | null;
}

function readDirectory(walk: Walk, directory: Directory): void {
  const { sys } = walk;
  const names = sys.readdir(fdPath(directory.fd));
  for (const name of withHidden(sys, directory, names)) readEntry(walk, directory, name);
}

/** An opaque directory hides all names below it, without a whiteout for each. */
function withHidden(sys: Sys, { fd, lower }: Directory, names: readonly string[]): readonly string[] {
  if (lower === null || !isOpaque(sys, fd)) return names;
  return [...new Set([...names, ...sys.readdir(lower)])].sort();
}

function readEntry(walk: Walk, directory: Directory, name: string): void {
  const { sys, changes } = walk;
  const path = `${directory.path}/${name}`;
  const lower = directory.lower === null ? null : `${directory.lower}/${name}`;
  const before = lower === null ? null : statOrNull(sys, lower);
  const after = statOrNull(sys, `${fdPath(directory.fd)}/${name}`);
  if (after === null || isWhiteout(after)) {
    if (before !== null) changes.push({ kind: "deleted", path });
    return;
  }
  const at = changes.length;
  if (isDirectory(after)) {
    readBelow(walk, directory.fd, { name, path, lower: before !== null && isDirectory(before) ? lower : null });
  }
  if (before === null) changes.splice(at, 0, { kind: "added", path });
  else if (changes.length > at || differs(before, after)) changes.splice(at, 0, { kind: "changed", path });
}

function readBelow(walk: Walk, parent: number, entry: Omit<Directory, "fd"> & { readonly name: string }): void {
  const { sys } = walk;
  let fd: number;
  try {
    fd = sys.openat(parent, entry.name, DIRECTORY);
  } catch (error) {
    // No directory any more.
    if (error instanceof SysError && ["ENOENT", "ENOTDIR", "ELOOP"].includes(error.code)) return;
    throw error;
  }
  try {
    readDirectory(walk, { fd, path: entry.path, lower: entry.lower });
  } finally {
    sys.close(fd);
  }
}

/** As moby compares: of a directory neither size nor time say anything. A file that was only opened was copied, not changed. */
function differs(before: Stat, after: Stat): boolean {
  if (before.mode !== after.mode || before.uid !== after.uid || before.gid !== after.gid) return true;
  if (before.rdev !== after.rdev) return true;
  return !isDirectory(after) && (before.mtime !== after.mtime || before.size !== after.size);
}

function isDirectory({ mode }: Stat): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

function isWhiteout({ mode, rdev }: Stat): boolean {
  return (mode & S_IFMT) === S_IFCHR && rdev === 0;
}

function isOpaque(sys: Sys, fd: number): boolean {
  try {
    return sys.utf8Decode(sys.getxattr(fdPath(fd), OPAQUE)) === "y";
  } catch (error) {
    if (error instanceof SysError && error.code === "ENODATA") return false;
    throw error;
  }
}

function statOrNull(sys: Sys, path: string): Stat | null {
  try {
    return sys.lstat(path);
  } catch (error) {
    if (error instanceof SysError && (error.code === "ENOENT" || error.code === "ENOTDIR")) return null;
    throw error;
  }
}
