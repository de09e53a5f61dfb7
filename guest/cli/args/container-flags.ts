/** The flags that `docker run` and `docker create` share: one line each, in the order of `--help`. */

import {
  checkAddress,
  checkAttach,
  checkDomain,
  checkEnvironment,
  checkExtraHost,
  checkLabel,
  checkSysctl,
} from "./checks.ts";
import { checkDuration } from "./duration.ts";
import type { Flag } from "./flag.ts";
import { checkMount } from "./mount.ts";
import { checkNetwork } from "./network.ts";
import { checkDeviceRule, checkGpus, checkRateBytes, checkRateCount, checkUlimit, checkWeight } from "./resources.ts";
import { checkCpus, checkSize, checkSwapSize } from "./size.ts";

/** The kernel took this limit away in 5.4; the engine would not know what to do with it. */
function refuseKernelMemory(): string {
  return "kernel memory limits are not supported by this kernel";
}

/** `docker run` says "before running", `docker create` says this. */
const PULL_CREATE: Flag = {
  name: "pull",
  kind: "string",
  usage: 'Pull image before creating ("always", "|missing", "never")',
  shown: '"missing"',
};
const PULL_RUN: Flag = { ...PULL_CREATE, usage: 'Pull image before running ("always", "missing", "never")' };

const SHARED_FLAGS: readonly Flag[] = [
  { name: "add-host", kind: "list", usage: "Add a custom host-to-IP mapping (host:ip)", check: checkExtraHost },
  {
    name: "annotation",
    kind: "map",
    usage: "Add an annotation to the container (passed through to the OCI runtime)",
    shown: "map[]",
  },
  { name: "attach", short: "a", kind: "list", usage: "Attach to STDIN, STDOUT or STDERR", check: checkAttach },
  {
    name: "blkio-weight",
    kind: "uint16",
    usage: "Block IO (relative weight), between 10 and 1000, or 0 to disable",
    shown: "0",
  },
  {
    name: "blkio-weight-device",
    kind: "list",
    usage: "Block IO weight (relative device weight)",
    shown: "[]",
    check: checkWeight,
  },
  { name: "cap-add", kind: "list", usage: "Add Linux capabilities" },
  { name: "cap-drop", kind: "list", usage: "Drop Linux capabilities" },
  { name: "cgroup-parent", kind: "string", usage: "Optional parent cgroup for the container" },
  {
    name: "cgroupns",
    kind: "string",
    usage:
      "Cgroup namespace to use (host|private)\n'host':    Run the container in the Docker host's cgroup namespace\n'private': Run the container in its own private cgroup namespace\n'':        Use the cgroup namespace as configured by the\n           default-cgroupns-mode option on the daemon (default)",
  },
  { name: "cidfile", kind: "string", usage: "Write the container ID to the file" },
  { name: "cpu-count", kind: "int", usage: "CPU count (Windows only)", hidden: true },
  { name: "cpu-percent", kind: "int", usage: "CPU percent (Windows only)", hidden: true },
  { name: "cpu-period", kind: "int", usage: "Limit CPU CFS (Completely Fair Scheduler) period" },
  { name: "cpu-quota", kind: "int", usage: "Limit CPU CFS (Completely Fair Scheduler) quota" },
  { name: "cpu-rt-period", kind: "int", usage: "Limit CPU real-time period in microseconds" },
  { name: "cpu-rt-runtime", kind: "int", usage: "Limit CPU real-time runtime in microseconds" },
  { name: "cpu-shares", short: "c", kind: "int", usage: "CPU shares (relative weight)" },
  { name: "cpus", kind: "decimal", usage: "Number of CPUs", check: checkCpus },
  { name: "cpuset-cpus", kind: "string", usage: "CPUs in which to allow execution (0-3, 0,1)" },
  { name: "cpuset-mems", kind: "string", usage: "MEMs in which to allow execution (0-3, 0,1)" },
  { name: "device", kind: "list", usage: "Add a host device to the container" },
  {
    name: "device-cgroup-rule",
    kind: "list",
    usage: "Add a rule to the cgroup allowed devices list",
    check: checkDeviceRule,
  },
  {
    name: "device-read-bps",
    kind: "list",
    usage: "Limit read rate (bytes per second) from a device",
    shown: "[]",
    check: checkRateBytes,
  },
  {
    name: "device-read-iops",
    kind: "list",
    usage: "Limit read rate (IO per second) from a device",
    shown: "[]",
    check: checkRateCount,
  },
  {
    name: "device-write-bps",
    kind: "list",
    usage: "Limit write rate (bytes per second) to a device",
    shown: "[]",
    check: checkRateBytes,
  },
  {
    name: "device-write-iops",
    kind: "list",
    usage: "Limit write rate (IO per second) to a device",
    shown: "[]",
    check: checkRateCount,
  },
  { name: "disable-content-trust", kind: "bool", usage: "Skip image verification", shown: "true" },
  { name: "dns", kind: "list", usage: "Set custom DNS servers", check: checkAddress },
  { name: "dns-option", kind: "list", usage: "Set DNS options" },
  { name: "dns-search", kind: "list", usage: "Set custom DNS search domains", check: checkDomain },
  { name: "domainname", kind: "string", usage: "Container NIS domain name" },
  { name: "entrypoint", kind: "string", usage: "Overwrite the default ENTRYPOINT of the image" },
  { name: "env", short: "e", kind: "list", usage: "Set environment variables", check: checkEnvironment },
  { name: "env-file", kind: "list", usage: "Read in a file of environment variables" },
  { name: "expose", kind: "list", usage: "Expose a port or a range of ports" },
  {
    name: "gpus",
    kind: "gpu-request",
    usage: "GPU devices to add to the container ('all' to pass all GPUs)",
    check: checkGpus,
  },
  { name: "group-add", kind: "list", usage: "Add additional groups to join" },
  { name: "health-cmd", kind: "string", usage: "Command to run to check health" },
  {
    name: "health-interval",
    kind: "duration",
    usage: "Time between running the check (ms|s|m|h)",
    shown: "0s",
    check: checkDuration,
  },
  { name: "health-retries", kind: "int", usage: "Consecutive failures needed to report unhealthy" },
  {
    name: "health-start-interval",
    kind: "duration",
    usage: "Time between running the check during the start period (ms|s|m|h)",
    shown: "0s",
    check: checkDuration,
  },
  {
    name: "health-start-period",
    kind: "duration",
    usage: "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)",
    shown: "0s",
    check: checkDuration,
  },
  {
    name: "health-timeout",
    kind: "duration",
    usage: "Maximum time to allow one check to run (ms|s|m|h)",
    shown: "0s",
    check: checkDuration,
  },
  { name: "hostname", short: "h", kind: "string", usage: "Container host name" },
  { name: "init", kind: "bool", usage: "Run an init inside the container that forwards signals and reaps processes" },
  { name: "interactive", short: "i", kind: "bool", usage: "Keep STDIN open even if not attached" },
  {
    name: "io-maxbandwidth",
    kind: "bytes",
    usage: "Maximum IO bandwidth limit for the system drive (Windows only)",
    hidden: true,
    check: checkSize,
  },
  { name: "io-maxiops", kind: "uint", usage: "Maximum IOps limit for the system drive (Windows only)", hidden: true },
  { name: "ip", kind: "string", usage: "IPv4 address (e.g., 172.30.100.104)" },
  { name: "ip6", kind: "string", usage: "IPv6 address (e.g., 2001:db8::33)" },
  { name: "ipc", kind: "string", usage: "IPC mode to use" },
  { name: "isolation", kind: "string", usage: "Container isolation technology" },
  { name: "kernel-memory", kind: "bytes", usage: "Kernel memory limit", check: refuseKernelMemory },
  { name: "label", short: "l", kind: "list", usage: "Set meta data on a container", check: checkLabel },
  { name: "label-file", kind: "list", usage: "Read in a line delimited file of labels" },
  { name: "link", kind: "list", usage: "Add link to another container" },
  { name: "link-local-ip", kind: "list", usage: "Container IPv4/IPv6 link-local addresses" },
  { name: "log-driver", kind: "string", usage: "Logging driver for the container" },
  { name: "log-opt", kind: "list", usage: "Log driver options" },
  { name: "mac-address", kind: "string", usage: "Container MAC address (e.g., 92:d0:c6:0a:29:33)" },
  { name: "memory", short: "m", kind: "bytes", usage: "Memory limit", check: checkSize },
  { name: "memory-reservation", kind: "bytes", usage: "Memory soft limit", check: checkSize },
  {
    name: "memory-swap",
    kind: "bytes",
    usage: "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
    check: checkSwapSize,
  },
  { name: "memory-swappiness", kind: "int", usage: "Tune container memory swappiness (0 to 100)", shown: "-1" },
  { name: "mount", kind: "mount", usage: "Attach a filesystem mount to the container", check: checkMount },
  { name: "name", kind: "string", usage: "Assign a name to the container" },
  { name: "network", kind: "network", usage: "Connect a container to a network", check: checkNetwork },
  { name: "network-alias", kind: "list", usage: "Add network-scoped alias for the container" },
  { name: "no-healthcheck", kind: "bool", usage: "Disable any container-specified HEALTHCHECK" },
  { name: "oom-kill-disable", kind: "bool", usage: "Disable OOM Killer" },
  { name: "oom-score-adj", kind: "int", usage: "Tune host's OOM preferences (-1000 to 1000)" },
  { name: "pid", kind: "string", usage: "PID namespace to use" },
  { name: "pids-limit", kind: "int", usage: "Tune container pids limit (set -1 for unlimited)" },
  { name: "platform", kind: "string", usage: "Set platform if server is multi-platform capable" },
  { name: "privileged", kind: "bool", usage: "Give extended privileges to this container" },
  { name: "publish", short: "p", kind: "list", usage: "Publish a container's port(s) to the host" },
  { name: "publish-all", short: "P", kind: "bool", usage: "Publish all exposed ports to random ports" },
  { name: "quiet", short: "q", kind: "bool", usage: "Suppress the pull output" },
  { name: "read-only", kind: "bool", usage: "Mount the container's root filesystem as read only" },
  { name: "restart", kind: "string", usage: "Restart policy to apply when a container exits", shown: '"no"' },
  { name: "rm", kind: "bool", usage: "Automatically remove the container when it exits" },
  { name: "runtime", kind: "string", usage: "Runtime to use for this container" },
  { name: "security-opt", kind: "list", usage: "Security Options" },
  { name: "shm-size", kind: "bytes", usage: "Size of /dev/shm", check: checkSize },
  { name: "stop-signal", kind: "string", usage: "Signal to stop the container" },
  { name: "stop-timeout", kind: "int", usage: "Timeout (in seconds) to stop a container" },
  { name: "storage-opt", kind: "list", usage: "Storage driver options for the container" },
  { name: "sysctl", kind: "map", usage: "Sysctl options", shown: "map[]", check: checkSysctl },
  { name: "tmpfs", kind: "list", usage: "Mount a tmpfs directory" },
  { name: "tty", short: "t", kind: "bool", usage: "Allocate a pseudo-TTY" },
  { name: "ulimit", kind: "ulimit", usage: "Ulimit options", shown: "[]", check: checkUlimit },
  { name: "user", short: "u", kind: "string", usage: "Username or UID (format: <name|uid>[:<group|gid>])" },
  { name: "userns", kind: "string", usage: "User namespace to use" },
  { name: "uts", kind: "string", usage: "UTS namespace to use" },
  { name: "volume", short: "v", kind: "list", usage: "Bind mount a volume" },
  { name: "volume-driver", kind: "string", usage: "Optional volume driver for the container" },
  { name: "volumes-from", kind: "list", usage: "Mount volumes from the specified container(s)" },
  { name: "workdir", short: "w", kind: "string", usage: "Working directory inside the container" },
  // Older spellings that still work.
  { name: "net", kind: "network", usage: "Connect a container to a network", hidden: true, check: checkNetwork },
  { name: "net-alias", kind: "list", usage: "Add network-scoped alias for the container", hidden: true },
  { name: "dns-opt", kind: "list", usage: "Set DNS options", hidden: true },
];

export const CREATE_FLAGS: readonly Flag[] = [...SHARED_FLAGS, PULL_CREATE];

export const RUN_FLAGS: readonly Flag[] = [
  ...SHARED_FLAGS,
  PULL_RUN,
  { name: "detach", short: "d", kind: "bool", usage: "Run container in background and print container ID" },
  { name: "detach-keys", kind: "string", usage: "Override the key sequence for detaching a container" },
  { name: "sig-proxy", kind: "bool", usage: "Proxy received signals to the process", shown: "true" },
];

/** Limits that can be changed later. `docker update` words some of them otherwise. */
const UPDATED = [
  ...["blkio-weight", "cpu-period", "cpu-quota", "cpu-shares", "cpus", "cpuset-cpus", "cpuset-mems"],
  ...["memory", "memory-reservation", "pids-limit"],
];

export const UPDATE_FLAGS: readonly Flag[] = [
  ...SHARED_FLAGS.filter(({ name }) => UPDATED.includes(name)),
  { name: "cpu-rt-period", kind: "int", usage: "Limit the CPU real-time period in microseconds" },
  { name: "cpu-rt-runtime", kind: "int", usage: "Limit the CPU real-time runtime in microseconds" },
  { name: "kernel-memory", kind: "bytes", usage: "Kernel memory limit", hidden: true, check: refuseKernelMemory },
  {
    name: "memory-swap",
    kind: "bytes",
    usage: "Swap limit equal to memory plus swap: -1 to enable unlimited swap",
    check: checkSwapSize,
  },
  { name: "restart", kind: "string", usage: "Restart policy to apply when a container exits" },
];
