/**
 * What every Docker container has unless it is told otherwise (moby 26.1, oci/defaults.go): fourteen capabilities, seven
 * mounts, masked and read-only places of /proc and /sys, device rules. The lists are shared objects on purpose: what is
 * worked out for one of them (parsed mount options, BPF programs, JSON) is worked out once in the daemon. Frozen, they say
 * that they can be relied on.
 */
import { CAPABILITIES } from "../sys/constants.ts";
import type { DeviceRule, Mount, ProcessCapabilities } from "./spec.ts";

export const OCI_VERSION = "1.2.0";

export const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

export const ALL_CAPABILITIES: readonly string[] = CAPABILITIES;

export const DEFAULT_MOUNTS: readonly Mount[] = frozen([
  { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
  },
  { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
  { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"] },
  { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
]);

/** Docker's 64 MB; another --shm-size is shmMount(size). */
export const DEFAULT_SHM: Mount = Object.freeze(shmMount(65536 * 1024));

export function shmMount(bytes: number): Mount {
  return {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", `size=${bytes}`],
  };
}

/** --privileged: /sys and the cgroup tree can be written. */
export const PRIVILEGED_MOUNTS: readonly Mount[] = frozen(
  DEFAULT_MOUNTS.map((mount) =>
    mount.options?.includes("ro") ? { ...mount, options: mount.options.filter((option) => option !== "ro") } : mount,
  ),
);

export const MASKED_PATHS: readonly string[] = Object.freeze([
  "/proc/asound",
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
]);

export const READONLY_PATHS: readonly string[] = Object.freeze([
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
]);

export const DEFAULT_DEVICE_RULES: readonly DeviceRule[] = frozen([
  { allow: false, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 5, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 9, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 8, access: "rwm" },
  { allow: true, type: "c", major: 5, minor: 0, access: "rwm" },
  { allow: true, type: "c", major: 5, minor: 1, access: "rwm" },
  { allow: false, type: "c", major: 10, minor: 229, access: "rwm" },
]);

export const PRIVILEGED_DEVICE_RULES: readonly DeviceRule[] = frozen([{ allow: true, access: "rwm" }]);

/** By list and kind of user, so that all default containers share one object and one plan. */
const capabilitySets = new WeakMap<
  readonly string[],
  { readonly root: ProcessCapabilities; readonly other: ProcessCapabilities }
>();

/** Root gets the list as it is; anybody else only the bound: what execve would do to them anyway. */
export function processCapabilities(list: readonly string[], uid: number): ProcessCapabilities {
  let sets = capabilitySets.get(list);
  if (sets === undefined) {
    const root = Object.freeze({ bounding: list, effective: list, permitted: list });
    sets = { root, other: Object.freeze({ bounding: list }) };
    capabilitySets.set(list, sets);
  }
  return uid === 0 ? sets.root : sets.other;
}

function frozen<T extends object>(list: readonly T[]): readonly T[] {
  for (const item of list) Object.freeze(item);
  return Object.freeze(list);
}
