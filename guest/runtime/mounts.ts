/**
 * Everything that is mounted into the new root before it becomes "/": proc, dev, sysfs, volumes. mount(2), open_tree(2),
 * mount_setattr(2). A learner sees one line of /proc/self/mountinfo for each. Targets are descriptors that were resolved
 * inside the root (in-root.ts), so no link of the image can point a mount at the host.
 */
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  MS_BIND,
  MS_PRIVATE,
  MS_REC,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  S_IFDIR,
  S_IFMT,
} from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { errnoText } from "./errno-text.ts";
import { type FileKind, fdPath, type InRoot, isInProc, makeInRoot, openInRoot } from "./in-root.ts";
import { type MountOptions, parseMountOptions } from "./mount-options.ts";
import { during, RuntimeError } from "./runtime-error.ts";
import type { Linux, Mount } from "./spec.ts";

/** Files of /proc that lxcfs and its like may replace; runc allows the same ones. */
const REPLACEABLE_IN_PROC = new Set([
  "/proc/cpuinfo",
  "/proc/diskstats",
  "/proc/meminfo",
  "/proc/stat",
  "/proc/swaps",
  "/proc/uptime",
  "/proc/loadavg",
  "/proc/slabinfo",
  "/proc/net/dev",
  "/proc/sys/kernel/ns_last_pid",
]);

/**
 * In the order of the list: a later mount may stand in an earlier one. `root` is an O_PATH descriptor of the new root.
 * For a process that is about to execve: what is opened here is closed by that. `propagation` is what openRoot made of all
 * mounts that were there.
 */
export function mountAll(
  sys: Sys,
  root: number,
  mounts: readonly Mount[],
  propagation: Linux["rootfsPropagation"] = "private",
): void {
  const place: Place = { sys, root, empty: new Set(), allPrivate: propagation === "private" };
  for (const mount of mounts) {
    during(
      "mounts",
      () => mountOne(place, mount),
      (error) =>
        `error mounting "${mount.source ?? mount.type ?? ""}" to rootfs at "${mount.destination}": ` +
        `${error.syscall} ${mount.source ?? ""}:${mount.destination}: ${errnoText(error.code)}`,
    );
  }
}

export function isBind(mount: Mount): boolean {
  return mount.type === "bind" || (parseMountOptions(mount.options).flags & MS_BIND) !== 0;
}

interface Place {
  readonly sys: Sys;
  readonly root: number;
  /** Where a tmpfs has been mounted: what is mounted directly below has no directory there yet. */
  readonly empty: Set<string>;
  /** No mount of the machine hears of another any more, nor does what is bound from it. */
  readonly allPrivate: boolean;
}

function mountOne(place: Place, mount: Mount): void {
  const options = parseMountOptions(mount.options);
  if (isBind(mount)) mountBind(place, mount, options);
  else mountFilesystem(place, mount, options);
}

function makeTarget({ sys, root, empty }: Place, { destination }: Mount, kind: FileKind): InRoot {
  const parent = destination.slice(0, destination.lastIndexOf("/"));
  return makeInRoot(sys, root, destination, kind, empty.has(parent));
}

function mountFilesystem(place: Place, mount: Mount, options: MountOptions): void {
  const { sys, root } = place;
  const type = filesystemOf(mount);
  const target = makeTarget(place, mount, "directory");
  if (type === "proc" || type === "sysfs") refuseLink(mount, target);
  else refuseProc(sys, mount, target);
  // As runc: a tmpfs takes over the mode of the directory that it hides, unless a mode is asked for.
  const mode = type === "tmpfs" && !options.data?.includes("mode=") ? sys.fstat(target.fd).mode & 0o7777 : null;
  sys.mount(mount.source ?? type, fdPath(target.fd), type, options.flags, options.data);
  if (type === "tmpfs") place.empty.add(mount.destination);
  if (mode !== null || options.propagation !== 0) finishFilesystem(sys, root, mount, { mode, options });
}

/** The target's descriptor still means the directory underneath: what was mounted must be looked up once more. */
function finishFilesystem(
  sys: Sys,
  root: number,
  mount: Mount,
  { mode, options }: { readonly mode: number | null; readonly options: MountOptions },
): void {
  const mounted = openInRoot(sys, root, mount.destination);
  if (mode !== null) sys.chmod(fdPath(mounted.fd), mode);
  if (options.propagation !== 0) sys.mount(null, fdPath(mounted.fd), null, options.propagation);
}

function mountBind(place: Place, mount: Mount, options: MountOptions): void {
  const { sys, allPrivate } = place;
  const source = mount.source ?? "";
  const kind = (sys.stat(source).mode & S_IFMT) === S_IFDIR ? "directory" : "file";
  const target = makeTarget(place, mount, kind);
  if (!REPLACEABLE_IN_PROC.has(mount.destination)) refuseProc(sys, mount, target);
  if (!allPrivate || needsAttributes(options)) bindTree(sys, source, target, options);
  else sys.mount(source, fdPath(target.fd), "bind", MS_BIND | (options.flags & MS_REC));
}

/** Where everything is private already, a plain bind has nothing more to ask for. */
function needsAttributes({ set, clear, propagation }: MountOptions): boolean {
  return (set | clear) !== 0 || (propagation & ~(MS_PRIVATE | MS_REC)) !== 0;
}

/** The copy is made read-only (or nosuid …) while it hangs nowhere yet: there is no moment at which it can be written. */
function bindTree(sys: Sys, source: string, target: InRoot, options: MountOptions): void {
  const recursive = (options.flags & MS_REC) !== 0 ? AT_RECURSIVE : 0;
  const tree = sys.openTree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
  if ((options.set | options.clear) !== 0) {
    sys.mountSetattr(tree, "", AT_EMPTY_PATH | (options.recursive ? AT_RECURSIVE : 0), options.set, options.clear, 0);
  }
  if (options.propagation !== 0) {
    const all = (options.propagation & MS_REC) !== 0 ? AT_RECURSIVE : 0;
    sys.mountSetattr(tree, "", AT_EMPTY_PATH | all, 0, 0, options.propagation & ~MS_REC);
  }
  sys.moveMount(tree, target.fd, "");
}

/** "cgroup" of a specification written for both versions is cgroup2 here. */
function filesystemOf(mount: Mount): string {
  const type = mount.type ?? "";
  return type === "cgroup" ? "cgroup2" : type;
}

/** CVE-2019-19921, CVE-2023-27561: an image whose /proc is a link would put procfs where its masks do not apply. */
function refuseLink(mount: Mount, target: InRoot): void {
  if (!target.followed) return;
  throw refusal(mount, `filesystem "${mount.type ?? ""}" must be mounted on ordinary directory`);
}

/** CVE-2019-16884: a mount on a file of procfs fools whatever is later asked of it. */
function refuseProc(sys: Sys, mount: Mount, target: InRoot): void {
  if (mount.destination === "/proc" && !target.followed) return;
  const suspicious = target.followed || mount.destination.startsWith("/proc/") || mount.destination.includes("..");
  if (suspicious && isInProc(sys, target.fd)) {
    throw refusal(mount, `"${mount.destination}" cannot be mounted because it is inside /proc`);
  }
}

function refusal(mount: Mount, why: string): RuntimeError {
  return new RuntimeError({
    stage: "mounts",
    syscall: "mount",
    code: "EPERM",
    path: mount.destination,
    reason: `error mounting "${mount.source ?? mount.type ?? ""}" to rootfs at "${mount.destination}": ${why}`,
  });
}
