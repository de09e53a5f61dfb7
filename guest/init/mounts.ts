/**
 * The mounts of the machine, as any distribution's first process makes them (hier(7), cgroups(7), devpts in pts(4)).
 * The root itself is a tmpfs already: kernel-image/initramfs/init has moved there. `mount` in the guest shows the result.
 */
import { MS_NODEV, MS_NOEXEC, MS_NOSUID } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";

interface SystemMount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags: number;
  readonly data?: string;
}

const SECURE = MS_NOSUID | MS_NODEV | MS_NOEXEC;

/** In the order in which they are mounted; a parent stands before what lies in it. */
const SYSTEM_MOUNTS: readonly SystemMount[] = [
  { source: "proc", target: "/proc", type: "proc", flags: SECURE },
  { source: "sysfs", target: "/sys", type: "sysfs", flags: SECURE },
  { source: "cgroup2", target: "/sys/fs/cgroup", type: "cgroup2", flags: SECURE },
  { source: "devtmpfs", target: "/dev", type: "devtmpfs", flags: MS_NOSUID, data: "mode=0755" },
  {
    source: "devpts",
    target: "/dev/pts",
    type: "devpts",
    flags: MS_NOSUID | MS_NOEXEC,
    data: "gid=5,mode=0620,ptmxmode=0666",
  },
  { source: "tmpfs", target: "/dev/shm", type: "tmpfs", flags: MS_NOSUID | MS_NODEV, data: "mode=1777" },
  { source: "mqueue", target: "/dev/mqueue", type: "mqueue", flags: SECURE },
  { source: "tmpfs", target: "/run", type: "tmpfs", flags: MS_NOSUID | MS_NODEV, data: "mode=0755" },
  { source: "tmpfs", target: "/tmp", type: "tmpfs", flags: MS_NOSUID | MS_NODEV, data: "mode=1777" },
];

export function mountSystem(sys: Sys): void {
  for (const { source, target, type, flags, data } of SYSTEM_MOUNTS) {
    sys.mkdirAll(target);
    sys.mount(source, target, type, flags, data ?? null);
  }
  for (const [name, target] of DEVICE_LINKS) {
    if (!sys.exists(`/dev/${name}`)) sys.symlink(target, `/dev/${name}`);
  }
  enableControllers(sys);
}

const DEVICE_LINKS: readonly (readonly [string, string])[] = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
];

/** cgroup v2 hands a controller to children only when the parent says so (cgroups(7), "subtree_control"). */
function enableControllers(sys: Sys): void {
  const controllers = sys.readFile("/sys/fs/cgroup/cgroup.controllers").trim().split(" ");
  sys.writeKernelFile("/sys/fs/cgroup/cgroup.subtree_control", controllers.map((name) => `+${name}`).join(" "));
}
