/**
 * The new root: nothing of it shows outside, and afterwards nothing of the outside shows in it. mount_namespaces(7),
 * pivot_root(2). A learner sees /proc/1/mountinfo with the container's own mounts and no other.
 */
import {
  AT_FDCWD,
  AT_RECURSIVE,
  F_OK,
  MNT_DETACH,
  MOUNT_ATTR_RDONLY,
  MS_BIND,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
  O_DIRECTORY,
  O_PATH,
  S_IFCHR,
  S_IFDIR,
  S_IFMT,
} from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { MASKED_PATHS } from "./default-spec.ts";
import { RuntimeError } from "./runtime-error.ts";
import type { Linux } from "./spec.ts";

const PROPAGATION: Readonly<Record<NonNullable<Linux["rootfsPropagation"]>, number>> = {
  private: MS_PRIVATE | MS_REC,
  slave: MS_SLAVE | MS_REC,
  shared: MS_SHARED | MS_REC,
  unbindable: MS_UNBINDABLE | MS_REC,
};

/** Gives an O_PATH descriptor of the new root, which is a mount of its own from here on. */
export function openRoot(sys: Sys, rootfs: string, propagation: Linux["rootfsPropagation"] = "private"): number {
  sys.mount(null, "/", null, PROPAGATION[propagation]);
  if (propagation !== "private") makeParentPrivate(sys, rootfs);
  // pivot_root wants a mount point whose parent is not shared; a bind on itself is one, whatever rootfs was.
  sys.mount(rootfs, rootfs, "bind", MS_BIND | MS_REC);
  return sys.open(rootfs, O_PATH | O_DIRECTORY);
}

/** Of the mount that `path` lies in, so that what is mounted there is seen nowhere else. */
function makeParentPrivate(sys: Sys, path: string): void {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf("/")) || "/") {
    try {
      sys.mount(null, at, null, MS_PRIVATE);
      return;
    } catch (error) {
      // No mount point: the mount is further up, at "/" at the latest.
      if (!(error instanceof SysError) || error.code !== "EINVAL" || at === "/") throw error;
    }
  }
}

/** pivot_root(".", "."): the old root lands on top of the new one, and is taken away as a whole; see NOTES there. */
export function pivotInto(sys: Sys, root: number, propagation: Linux["rootfsPropagation"] = "private"): void {
  const old = propagation === "private" ? null : sys.open("/", O_PATH | O_DIRECTORY);
  sys.fchdir(root);
  sys.pivotRoot(".", ".");
  if (old !== null) {
    // Private first, so that taking it away is not heard by the machine's own mounts. For mount(2) "." would be the new root.
    sys.fchdir(old);
    sys.mount(null, ".", null, MS_PRIVATE | MS_REC);
  }
  sys.umount(".", MNT_DETACH);
  sys.chdir("/");
}

export function makeRootReadonly(sys: Sys): void {
  sys.mountSetattr(AT_FDCWD, "/", 0, MOUNT_ATTR_RDONLY, 0, 0);
}

/** /proc/sys stays readable: a bind of the directory on itself, then read-only. What the kernel lacks is skipped. */
export function makeReadonly(sys: Sys, paths: readonly string[]): void {
  for (const path of paths) {
    if (!bindOnItself(sys, path)) continue;
    // Adds the one attribute; a remount by mount(2) would have to repeat nosuid and the others.
    sys.mountSetattr(AT_FDCWD, path, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0);
  }
}

function bindOnItself(sys: Sys, path: string): boolean {
  try {
    sys.mount(path, path, null, MS_BIND | MS_REC);
    return true;
  } catch (error) {
    if (error instanceof SysError && error.code === "ENOENT") return false;
    throw error;
  }
}

export interface Mask {
  readonly path: string;
  /** null: only the container knows. */
  readonly kind: "file" | "directory" | null;
}

const defaultMasks = new WeakMap<Sys, readonly Mask[]>();

/**
 * The default masks are files of the kernel itself, which are there or not, in every container as in the machine: one look
 * serves all. Others are looked at in the container.
 */
export function planMasks(sys: Sys, paths: readonly string[]): readonly Mask[] {
  if (paths !== MASKED_PATHS) return paths.map((path) => ({ path, kind: null }));
  const masks = defaultMasks.get(sys) ?? look(sys, paths);
  defaultMasks.set(sys, masks);
  return masks;
}

function look(sys: Sys, paths: readonly string[]): readonly Mask[] {
  return paths
    .filter((path) => sys.access(path, F_OK))
    .map((path) => ({ path, kind: isDirectory(sys, path) ? "directory" : "file" }));
}

/** A masked file reads as empty, a masked directory is empty. Unless we made it, /dev/null is looked at first. */
export function maskPaths(sys: Sys, masks: readonly Mask[], nullIsOurs: boolean): void {
  let nullChecked = nullIsOurs;
  for (const { path, kind } of masks) {
    if (kind === null && !sys.access(path, F_OK)) continue;
    if (kind === "directory" || (kind === null && isDirectory(sys, path))) {
      sys.mount("tmpfs", path, "tmpfs", MS_RDONLY, "nr_blocks=1,nr_inodes=1");
      continue;
    }
    if (!nullChecked) checkNull(sys);
    nullChecked = true;
    sys.mount("/dev/null", path, null, MS_BIND);
  }
}

function isDirectory(sys: Sys, path: string): boolean {
  return (sys.stat(path).mode & S_IFMT) === S_IFDIR;
}

/** CVE-2025-31133: an image that swaps /dev/null for a link would have us mount anything it likes, writable. */
function checkNull(sys: Sys): void {
  const stat = sys.lstat("/dev/null");
  if ((stat.mode & S_IFMT) === S_IFCHR && stat.rdev === 0x103) return;
  throw new RuntimeError({
    stage: "paths",
    syscall: "mount",
    code: "EPERM",
    path: "/dev/null",
    reason: "can't mask paths: /dev/null is not the null device",
  });
}
