/**
 * A path of an image must never be followed by the host's eyes: "/etc" may be a link to "/../../etc", and another
 * container that shares a volume may swap a directory for a link between our look and our step (CVE-2018-15664,
 * CVE-2021-30465). openat2(2) with RESOLVE_IN_ROOT lets the kernel walk it as if the root were "/", and what comes
 * back is a descriptor: from then on nothing is looked up again, /proc/self/fd/N is the very file that was found.
 */
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_WRONLY,
  PROC_SUPER_MAGIC,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";

const INSIDE = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

export interface InRoot {
  /** O_PATH descriptor of what stands at the path. */
  readonly fd: number;
  /** A link was followed on the way: the path's own text says nothing about where it ended. */
  readonly followed: boolean;
}

export type FileKind = "directory" | "file";

/** How a process names an open descriptor in calls that want a path. */
export function fdPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** Throws ENOENT when nothing is there. */
export function openInRoot(sys: Sys, root: number, path: string, flags: number = O_PATH): InRoot {
  const relative = withoutSlash(path);
  try {
    return { fd: sys.openat2(root, relative, { flags, resolve: INSIDE | RESOLVE_NO_SYMLINKS }), followed: false };
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== "ELOOP") throw error;
    return { fd: sys.openat2(root, relative, { flags, resolve: INSIDE }), followed: true };
  }
}

/**
 * As openInRoot, but what is missing is made: directories on the way, and at the end a directory or an empty file.
 * For a process that is about to execve: its descriptors are closed by that, not here. `missing` is only a guess that
 * spares an exception; both ways end in a look inside the root.
 */
export function makeInRoot(sys: Sys, root: number, path: string, kind: FileKind, missing = false): InRoot {
  return missing ? makeOrOpen(sys, root, path, kind) : openOrMake(sys, root, path, kind);
}

function openOrMake(sys: Sys, root: number, path: string, kind: FileKind): InRoot {
  try {
    return openInRoot(sys, root, path);
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== "ENOENT") throw error;
    return makeOrOpen(sys, root, path, kind);
  }
}

function makeOrOpen(sys: Sys, root: number, path: string, kind: FileKind): InRoot {
  const end = path.endsWith("/") ? path.length - 1 : path.length;
  const slash = path.lastIndexOf("/", end - 1);
  const name = path.slice(slash + 1, end);
  const parent = slash <= 0 ? { fd: root, followed: false } : makeInRoot(sys, root, path.slice(0, slash), "directory");
  try {
    const fd = kind === "file" ? makeFile(sys, parent.fd, name) : makeDirectory(sys, parent.fd, name);
    return { fd, followed: parent.followed };
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== "EEXIST") throw error;
    return openOrMakeBehindLink(sys, root, path, kind);
  }
}

/**
 * Something stands there. When it is a link to nothing, what it means is made, inside the root, as runc does. What is found
 * by reading links is only a name: on the way to it the kernel resolves everything once more, and a link that somebody has
 * put there meanwhile is but another one to read.
 */
function openOrMakeBehindLink(sys: Sys, root: number, path: string, kind: FileKind): InRoot {
  try {
    return openInRoot(sys, root, path);
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== "ENOENT") throw error;
    const meant = resolveInRoot(sys, root, path);
    if (meant === path) throw error;
    return { fd: makeInRoot(sys, root, meant, kind).fd, followed: true };
  }
}

/** True when the descriptor is a file of procfs: a mount there would replace what the kernel says about itself. */
export function isInProc(sys: Sys, fd: number): boolean {
  return sys.statfs(fdPath(fd)).type === PROC_SUPER_MAGIC;
}

function makeDirectory(sys: Sys, parent: number, name: string): number {
  sys.mkdir(`${fdPath(parent)}/${name}`, 0o755);
  return sys.openat(parent, name, O_PATH | O_NOFOLLOW | O_DIRECTORY);
}

function makeFile(sys: Sys, parent: number, name: string): number {
  sys.openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o755);
  return sys.openat(parent, name, O_PATH | O_NOFOLLOW);
}

function withoutSlash(path: string): string {
  let start = 0;
  while (path[start] === "/") start += 1;
  return start === path.length ? "." : path.slice(start);
}

/** As a process's own path resolution: 40 links, then ELOOP (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * `path` without links, as the root's own processes name it. What is missing, and all that would lie below, stays as it is
 * written. Only a name: whoever opens it must resolve it once more.
 */
export function resolveInRoot(sys: Sys, root: number, path: string): string {
  const left = path.split("/").reverse();
  let done: string[] = [];
  for (let links = 0; left.length > 0; ) {
    const name = left.pop() ?? "";
    if (name === "..") done.pop();
    if (name === "" || name === "." || name === "..") continue;
    const target = readLink(sys, root, [...done, name].join("/"));
    if (target === null) {
      done.push(name);
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) throw new SysError({ syscall: "readlink", code: "ELOOP", errno: 40, path });
    if (target.startsWith("/")) done = [];
    left.push(...target.split("/").reverse());
  }
  return `/${done.join("/")}`;
}

/** null: no link, or nothing at all. */
function readLink(sys: Sys, root: number, path: string): string | null {
  const slash = path.lastIndexOf("/");
  let parent: InRoot;
  try {
    parent = openInRoot(sys, root, path.slice(0, Math.max(slash, 0)));
  } catch (error) {
    if (error instanceof SysError) return null;
    throw error;
  }
  try {
    return sys.readlink(`${fdPath(parent.fd)}/${path.slice(slash + 1)}`);
  } catch (error) {
    if (error instanceof SysError) return null;
    throw error;
  } finally {
    sys.close(parent.fd);
  }
}
