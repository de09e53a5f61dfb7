/**
 * What every Docker container has unless it is told otherwise (moby 26.1, oci/defaults.go): fourteen capabilities, seven
 * mounts, masked and read-only places of /proc and /sys, device rules. The lists are shared objects on purpose: what is
 * worked out for one of them (parsed mount options, BPF programs) is worked out once in the daemon.
 */
import { CAPABILITIES } from "../sys/constants.ts";
import { NETWORK_SYSCTLS } from "./network-namespace.ts";
import { defaultSeccomp } from "./seccomp-default.ts";
import type {
  DeviceRule,
  Linux,
  Mount,
  Namespace,
  Process,
  ProcessCapabilities,
  Resources,
  Root,
  Spec,
} from "./spec.ts";

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

export const DEFAULT_MOUNTS: readonly Mount[] = [
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
];

/** Docker's 64 MB; another --shm-size is shmMount(size). */
export const DEFAULT_SHM: Mount = shmMount(65536 * 1024);

export function shmMount(bytes: number): Mount {
  return {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", `size=${bytes}`],
  };
}

/** --privileged: /sys and the cgroup tree can be written. */
export const PRIVILEGED_MOUNTS: readonly Mount[] = DEFAULT_MOUNTS.map((mount) =>
  mount.options?.includes("ro") ? { ...mount, options: mount.options.filter((option) => option !== "ro") } : mount,
);

export const MASKED_PATHS: readonly string[] = [
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
];

export const READONLY_PATHS: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

export const DEFAULT_DEVICE_RULES: readonly DeviceRule[] = [
  { allow: false, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 5, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 9, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 8, access: "rwm" },
  { allow: true, type: "c", major: 5, minor: 0, access: "rwm" },
  { allow: true, type: "c", major: 5, minor: 1, access: "rwm" },
  { allow: false, type: "c", major: 10, minor: 229, access: "rwm" },
];

export const PRIVILEGED_DEVICE_RULES: readonly DeviceRule[] = [{ allow: true, access: "rwm" }];

export const DEFAULT_RESOURCES: Resources = { devices: DEFAULT_DEVICE_RULES };

/** All five new, and the network's given by a path (null: the machine's own). */
export function defaultNamespaces(network: string | null): readonly Namespace[] {
  const own: Namespace[] = [{ type: "mount" }, { type: "uts" }, { type: "pid" }, { type: "ipc" }, { type: "cgroup" }];
  return network === null ? own : [...own, { type: "network", path: network }];
}

/** By list and kind of user, so that all default containers share one object and one plan. */
const capabilitySets = new WeakMap<
  readonly string[],
  { readonly root: ProcessCapabilities; readonly other: ProcessCapabilities }
>();

/** Root gets the list as it is; anybody else only the bound: what execve would do to them anyway. */
export function processCapabilities(list: readonly string[], uid: number): ProcessCapabilities {
  let sets = capabilitySets.get(list);
  if (sets === undefined) {
    sets = { root: { bounding: list, effective: list, permitted: list }, other: { bounding: list } };
    capabilitySets.set(list, sets);
  }
  return uid === 0 ? sets.root : sets.other;
}

/** What a caller must say about a container; the rest is Docker's default. */
export interface SpecRequest {
  readonly root: Root;
  readonly hostname: string;
  readonly domainname?: string;
  readonly process: Process;
  /** Behind the default mounts: volumes, /etc/hosts … */
  readonly mounts: readonly Mount[];
  /** null: the machine's network. */
  readonly network: string | null;
  readonly cgroup: string;
  readonly resources?: Resources;
  readonly privileged?: boolean;
}

/** Takes nothing apart and copies nothing deep: the parts are the shared objects above. */
export function defaultSpec(request: SpecRequest): Spec {
  const privileged = request.privileged === true;
  return {
    ociVersion: OCI_VERSION,
    hostname: request.hostname,
    ...(request.domainname === undefined ? {} : { domainname: request.domainname }),
    root: request.root,
    process: request.process,
    mounts: [...(privileged ? PRIVILEGED_MOUNTS : DEFAULT_MOUNTS), DEFAULT_SHM, ...request.mounts],
    linux: { ...defaultLinux(request), ...(privileged ? {} : confinement(request)) },
  };
}

function defaultLinux(request: SpecRequest): Linux {
  const rules = request.privileged === true ? PRIVILEGED_DEVICE_RULES : DEFAULT_DEVICE_RULES;
  return {
    namespaces: defaultNamespaces(request.network),
    cgroupsPath: `/${request.cgroup}`,
    resources: { devices: rules, ...request.resources },
    ...(request.network === null ? {} : { sysctl: NETWORK_SYSCTLS }),
  };
}

function confinement({ process }: SpecRequest): Partial<Linux> {
  return {
    seccomp: defaultSeccomp(process.capabilities?.bounding ?? []),
    maskedPaths: MASKED_PATHS,
    readonlyPaths: READONLY_PATHS,
  };
}
