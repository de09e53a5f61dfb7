import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { ExitError } from "../command.ts";
import { baseOf, cleanPath, endsWithSlash, folderOf, followedTo, joinPath, keepEnding, splitEntry } from "./paths.ts";
import type { CopySource, CopyTarget } from "./plan.ts";

/** More than anybody makes on purpose. */
const MOST_LINKS = 10;

/** Absolute, its ending kept. */
export function absolute(sys: Sys, path: string): string {
  return keepEnding(path.startsWith("/") ? cleanPath(path) : joinPath(sys.getcwd(), path), path);
}

/** What is to be copied; links on the way to it are resolved, and it itself with `follow`. */
export function findSource(sys: Sys, path: string, follow: boolean): CopySource {
  const { path: resolved, rename } = follow ? followedTo(path, evaluate(sys, path)) : withFolderResolved(sys, path);
  return { path: resolved, isDirectory: kindOf(sys, resolved) === S_IFDIR, rename };
}

function withFolderResolved(sys: Sys, path: string): { readonly path: string; readonly rename: string } {
  const slash = path.lastIndexOf("/");
  const resolved = `${evaluate(sys, path.slice(0, slash + 1))}/${path.slice(slash + 1)}`;
  const renamed = endsWithSlash(path) && baseOf(path) !== baseOf(resolved);
  return { path: resolved, rename: renamed ? baseOf(path) : "" };
}

/** filepath.EvalSymlinks: of a path that is not there it names as much as is needed to see why. */
function evaluate(sys: Sys, path: string): string {
  if (sys.exists(path)) return explained("lstat", path, () => sys.realpath(path));
  const names = cleanPath(path).split("/");
  const missing = names.findIndex((_, at) => at > 0 && !sys.exists(names.slice(0, at + 1).join("/")));
  throw new ExitError(1, `lstat ${names.slice(0, missing + 1).join("/")}: ${TEXTS["ENOENT"]}`);
}

/** lstat(2) with the words of Go. */
function kindOf(sys: Sys, path: string): number {
  return explained("lstat", path, () => sys.lstat(path).mode & S_IFMT);
}

/** Where the copy of something goes. A link is followed, also to where nothing is yet. */
export function findTarget(sys: Sys, given: string): CopyTarget {
  let path = given;
  for (let links = 0; ; links++) {
    const mode = modeOrNull(sys, path);
    if (mode === null) return missing(sys, path);
    if ((mode & S_IFMT) !== S_IFLNK) return { path, kind: (mode & S_IFMT) === S_IFDIR ? "directory" : "file" };
    if (links > MOST_LINKS) throw new ExitError(1, `too many symlinks in ${given}`);
    const target = sys.readlink(path);
    path = target.startsWith("/") ? target : joinPath(splitEntry(path).folder, target);
  }
}

function missing(sys: Sys, path: string): CopyTarget {
  const { folder } = splitEntry(path);
  const parent = explained("stat", folder, () => sys.stat(folder).mode & S_IFMT);
  if (parent !== S_IFDIR) throw new ExitError(1, "not a directory");
  return { path, kind: "missing" };
}

function modeOrNull(sys: Sys, path: string): number | null {
  try {
    return sys.lstat(path).mode;
  } catch (error) {
    if (error instanceof SysError && error.code === "ENOENT") return null;
    throw error;
  }
}

const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EACCES: "permission denied",
  ELOOP: "too many levels of symbolic links",
};

/** As Go's os package words it. */
function explained<T>(call: string, path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new ExitError(1, `${call} ${cleanPath(path)}: ${TEXTS[error.code] ?? error.code}`);
  }
}

/** docker/cli's ValidateOutputPath, without what it is about in front. */
export function checkOutputPath(sys: Sys, path: string): void {
  const folder = folderOf(cleanPath(path));
  if (!sys.exists(folder)) {
    throw new ExitError(1, `invalid output path: directory ${JSON.stringify(folder)} does not exist`);
  }
  const mode = statOrNull(sys, path);
  if (mode === null || !isDevice(mode)) return;
  throw new ExitError(
    1,
    `invalid output path: ${JSON.stringify(path)} must be a directory or a regular file: got a device`,
  );
}

function statOrNull(sys: Sys, path: string): number | null {
  try {
    return sys.stat(path).mode;
  } catch (error) {
    if (error instanceof SysError && error.code === "ENOENT") return null;
    throw error;
  }
}

function isDevice(mode: number): boolean {
  return (mode & S_IFMT) === S_IFCHR || (mode & S_IFMT) === S_IFBLK;
}
