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
import { type Sys, SysError } from "../sys/sys.ts";
import { errnoText } from "./errno-text.ts";
import { type FileKind, fdPath, type InRoot, isInProc, makeInRoot, openInRoot } from "./in-root.ts";
import type { MountOptions } from "./mount-options.ts";
import { type MountPlan, planMount } from "./mount-plan.ts";
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
 * mounts that were there. Gives what it knows of each tmpfs that it mounted.
 */
export function mountAll(
  sys: Sys,
  root: number,
  mounts: readonly Mount[],
  propagation: Linux["rootfsPropagation"] = "private",
): readonly FreshRoot[] {
  const place: Place = { sys, root, fresh: [], allPrivate: propagation === "private" };
  let current: Mount | undefined;
  during(
    "mounts",
    () => {
      for (current of mounts) mountOne(place, planMount(current));
    },
    (error) => mountSentence(current, error),
  );
  return place.fresh;
}

function mountSentence(mount: Mount | undefined, { syscall, code }: SysError): string {
  const { source, type = "", destination = "" } = mount ?? {};
  const where = `error mounting "${source ?? type}" to rootfs at "${destination}"`;
  return `${where}: ${syscall} ${source ?? ""}:${destination}: ${errnoText(code)}`;
}

/** A tmpfs that was mounted here and that nobody else has seen: what is mounted directly below has no directory there yet. */
export interface FreshRoot {
  readonly destination: string;
  /** Its root, when that has been opened. */
  root: InRoot | null;
}

interface Place {
  readonly sys: Sys;
  readonly root: number;
  fresh: FreshRoot[];
  /** No mount of the machine hears of another any more, nor does what is bound from it. */
  readonly allPrivate: boolean;
}

function mountOne(place: Place, plan: MountPlan): void {
  const target = plan.bind ? mountBind(place, plan) : mountFilesystem(place, plan);
  if (place.fresh.length > 0) hide(place, plan, target);
  if (plan.type === "tmpfs" && !plan.bind && plan.plain && !target.followed) {
    place.fresh.push({ destination: plan.mount.destination, root: null });
  }
}

/** What has been mounted hides what stood there and below. Where links have led to, only the kernel knows. */
function hide(place: Place, { mount, plain }: MountPlan, target: InRoot): void {
  if (target.followed || !plain) place.fresh = [];
  const { fresh } = place;
  for (let at = 0; at < fresh.length; at += 1) {
    if (fresh[at]?.destination.startsWith(mount.destination) !== true) continue;
    place.fresh = fresh.filter((each) => !`${each.destination}/`.startsWith(`${mount.destination}/`));
    return;
  }
}

function findFresh({ fresh }: Place, { parent, plain }: MountPlan): FreshRoot | null {
  if (!plain) return null;
  for (let at = 0; at < fresh.length; at += 1) {
    const each = fresh[at];
    if (each?.destination === parent) return each;
  }
  return null;
}

function makeTarget(place: Place, plan: MountPlan, kind: FileKind): InRoot {
  const { sys, root } = place;
  const fresh = findFresh(place, plan);
  if (fresh === null) return makeInRoot(sys, root, plan.mount.destination, kind);
  fresh.root ??= openInRoot(sys, root, plan.parent);
  return makeInRoot(sys, fresh.root.fd, plan.name, kind, true);
}

function mountFilesystem(place: Place, plan: MountPlan): InRoot {
  const { sys, root } = place;
  const { mount, type, options } = plan;
  const target = makeTarget(place, plan, "directory");
  if (type === "proc" || type === "sysfs") refuseLink(mount, target);
  else refuseProc(sys, mount, target);
  const mode = plan.takesMode ? sys.fstat(target.fd).mode & 0o7777 : null;
  sys.mount(plan.source, fdPath(target.fd), type, options.flags, options.data);
  if (mode !== null || options.propagation !== 0) finishFilesystem(sys, root, mount, { mode, options });
  return target;
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

function mountBind(place: Place, plan: MountPlan): InRoot {
  const { sys, allPrivate } = place;
  const { mount, options } = plan;
  const source = mount.source ?? "";
  const target = openTarget(place, plan) ?? makeTarget(place, plan, kindOf(sys, source));
  if (!REPLACEABLE_IN_PROC.has(mount.destination)) refuseProc(sys, mount, target);
  if (!allPrivate || needsAttributes(options)) bindTree(sys, source, target, options);
  else sys.mount(source, fdPath(target.fd), "bind", MS_BIND | (options.flags & MS_REC));
  return target;
}

/** null: it is not there yet. An image usually has it, and then what the source is need not be asked. */
function openTarget(place: Place, plan: MountPlan): InRoot | null {
  if (findFresh(place, plan) !== null) return null;
  try {
    return openInRoot(place.sys, place.root, plan.mount.destination);
  } catch (error) {
    if (error instanceof SysError && error.code === "ENOENT") return null;
    throw error;
  }
}

function kindOf(sys: Sys, source: string): FileKind {
  return (sys.stat(source).mode & S_IFMT) === S_IFDIR ? "directory" : "file";
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
