/**
 * A device is a name for a driver: type, major and minor number. mknod(2). A container gets half a dozen harmless ones
 * in a /dev of its own; which ones may be opened at all is the cgroup's business (cgroups/devices.ts).
 */
import { MS_BIND, O_DIRECTORY, O_PATH, S_IFBLK, S_IFCHR, S_IFIFO } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { fdPath, makeInRoot, openInRoot } from "./in-root.ts";
import { isBind } from "./mount-plan.ts";
import type { Device, Mount } from "./spec.ts";

const NODE_TYPE: Readonly<Record<Device["type"], number>> = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO };

/** Config-linux.md, "Default Devices": there in every container, listed or not. */
export const DEFAULT_DEVICES: readonly Device[] = [
  { type: "c", path: "/dev/null", major: 1, minor: 3, fileMode: 0o666 },
  { type: "c", path: "/dev/zero", major: 1, minor: 5, fileMode: 0o666 },
  { type: "c", path: "/dev/full", major: 1, minor: 7, fileMode: 0o666 },
  { type: "c", path: "/dev/random", major: 1, minor: 8, fileMode: 0o666 },
  { type: "c", path: "/dev/urandom", major: 1, minor: 9, fileMode: 0o666 },
  { type: "c", path: "/dev/tty", major: 5, minor: 0, fileMode: 0o666 },
];

/** Paths in /dev. */
const LINKS: readonly { readonly target: string; readonly path: string }[] = [
  { target: "/proc/self/fd", path: "/fd" },
  { target: "/proc/self/fd/0", path: "/stdin" },
  { target: "/proc/self/fd/1", path: "/stdout" },
  { target: "/proc/self/fd/2", path: "/stderr" },
  { target: "pts/ptmx", path: "/ptmx" },
];

/** What `populateDev` goes by. */
export interface DevPlan {
  readonly mounts: readonly Mount[];
  readonly devices: readonly Device[];
  /** A descriptor of /dev, when it is open already. */
  readonly dev: number | undefined;
}

/**
 * A /dev that is bound from outside has its nodes already. The caller's umask must be 0. Gives whether all of the default
 * devices are of our making, and not what somebody else has put there.
 */
export function populateDev(sys: Sys, root: number, { mounts, devices, dev: known }: DevPlan): boolean {
  if (mounts.some((mount) => mount.destination === "/dev" && isBind(mount))) return false;
  const dev = fdPath(known ?? openInRoot(sys, root, "/dev", O_PATH | O_DIRECTORY).fd);
  let ours = true;
  for (const device of DEFAULT_DEVICES) {
    if (!makeNode(sys, dev + device.path.slice("/dev".length), device)) ours = false;
  }
  for (const { target, path } of LINKS) makeLink(sys, target, dev + path);
  for (const device of devices) makeListed(sys, root, device);
  return ours;
}

/** A device of the specification may stand anywhere, in directories that do not exist yet. */
function makeListed(sys: Sys, root: number, device: Device): void {
  const slash = device.path.lastIndexOf("/");
  const directory = makeInRoot(sys, root, device.path.slice(0, slash + 1), "directory").fd;
  makeNode(sys, `${fdPath(directory)}/${device.path.slice(slash + 1)}`, device);
}

/** False: something stands there. */
function makeNode(sys: Sys, path: string, device: Device): boolean {
  const mode = NODE_TYPE[device.type] | (device.fileMode ?? 0o666);
  try {
    sys.mknod(path, mode, device.major ?? 0, device.minor ?? 0);
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== "EEXIST") throw error;
    return false;
  }
  if ((device.uid ?? 0) !== 0 || (device.gid ?? 0) !== 0) sys.lchown(path, device.uid ?? 0, device.gid ?? 0);
  return true;
}

function makeLink(sys: Sys, target: string, path: string): void {
  try {
    sys.symlink(target, path);
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== "EEXIST") throw error;
  }
}

/** The container's terminal under the name that programs expect: console(4). */
export function bindConsole(sys: Sys, root: number, slave: string): void {
  const target = makeInRoot(sys, root, "/dev/console", "file", true);
  sys.mount(slave, fdPath(target.fd), "bind", MS_BIND);
}
