/** The flags that concern this host, as the HostConfig of the request. What was not said is left out. */
import type { HostConfig, Resources, RestartPolicy } from "../../api/contract/container.ts";
import type { Sys } from "../../sys/sys.ts";
import { ExitError } from "../command.ts";
import { withoutBrackets } from "./checks.ts";
import { readPairs } from "./key-value.ts";
import { parseMount } from "./mount.ts";
import type { Networking } from "./network.ts";
import type { Options } from "./parse.ts";
import type { Ports } from "./port.ts";
import {
  checkDevice,
  parseCountRate,
  parseDevice,
  parseGpus,
  parseRate,
  parseUlimit,
  parseWeight,
} from "./resources.ts";
import { readSecurity } from "./security.ts";
import { parseCpus, readSize } from "./size.ts";
import { readTmpfs, type Volumes } from "./volume.ts";

type Draft<T> = { -readonly [K in keyof T]: T[K] };

export interface HostParts {
  readonly volumes: Volumes;
  readonly ports: Ports;
  readonly networking: Networking;
}

/** Flags that this chapter has nothing to say about, or has read before it asks for the others. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...["name", "detach", "interactive", "tty", "rm", "pull", "quiet", "platform", "attach", "sig-proxy", "detach-keys"],
  ...["env", "env-file", "label", "label-file", "entrypoint", "hostname", "domainname", "user", "workdir"],
  ...["volume", "publish", "expose", "network", "net"],
]);

export function readHostConfig(sys: Sys, options: Options, parts: HostParts): HostConfig {
  const host: Draft<HostConfig> = { NetworkMode: parts.networking.mode };
  if (parts.volumes.binds.length > 0) host.Binds = parts.volumes.binds;
  if (Object.keys(parts.ports.bindings).length > 0) host.PortBindings = parts.ports.bindings;
  if (options.on("rm")) host.AutoRemove = true;
  if (!options.onlyFrom(ELSEWHERE)) readDetails(sys, host, options);
  return host;
}

function readDetails(sys: Sys, host: Draft<HostConfig>, options: Options): void {
  const restart = readRestartPolicy(options);
  readModes(host, options);
  readFilesystems(host, options);
  readNetwork(host, options);
  readPrivileges(sys, host, options);
  readResources(host, options);
  readLogging(host, options);
  if (restart !== null) host.RestartPolicy = restart;
  if (options.changed("annotation")) host.Annotations = readPairs(options.all("annotation"));
  if (options.changed("cidfile")) host.ContainerIDFile = options.text("cidfile");
  if (options.changed("runtime")) host.Runtime = options.text("runtime");
  if (options.changed("isolation")) host.Isolation = options.text("isolation") as NonNullable<HostConfig["Isolation"]>;
  if (options.changed("init")) host.Init = options.on("init");
}

function refuse(message: string): never {
  throw new ExitError(125, message);
}

export function readRestartPolicy(options: Options): RestartPolicy | null {
  const text = options.text("restart");
  if (text === "") return null;
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const count = colon < 0 ? "" : text.slice(colon + 1);
  if (name === "") refuse("invalid restart policy format: no policy provided before colon");
  if (count !== "" && !Number.isInteger(Number(count))) {
    refuse("invalid restart policy format: maximum retry count must be an integer");
  }
  if (options.on("rm") && name !== "no") refuse("Conflicting options: --restart and --rm");
  return { Name: name as NonNullable<RestartPolicy["Name"]>, MaximumRetryCount: Number(count) };
}

function readModes(host: Draft<HostConfig>, options: Options): void {
  const pid = options.text("pid");
  if (pid !== "" && pid !== "host" && !isContainerMode(pid)) refuse("--pid: invalid PID mode");
  const uts = options.text("uts");
  if (uts !== "" && uts !== "host") refuse("--uts: invalid UTS mode");
  const userns = options.text("userns");
  if (userns !== "" && userns !== "host") refuse("--userns: invalid USER mode");
  const cgroupns = options.text("cgroupns");
  if (cgroupns !== "" && cgroupns !== "host" && cgroupns !== "private") refuse("--cgroupns: invalid CGROUP mode");
  if (pid !== "") host.PidMode = pid;
  if (uts !== "") host.UTSMode = uts;
  if (userns !== "") host.UsernsMode = userns;
  if (cgroupns !== "") host.CgroupnsMode = cgroupns;
  if (options.changed("ipc")) host.IpcMode = options.text("ipc");
}

function isContainerMode(mode: string): boolean {
  return mode.startsWith("container:") && mode.length > "container:".length;
}

function readFilesystems(host: Draft<HostConfig>, options: Options): void {
  if (options.changed("mount")) host.Mounts = options.all("mount").map(parseMount);
  if (options.changed("tmpfs")) host.Tmpfs = readTmpfs(options.all("tmpfs"));
  if (options.changed("volumes-from")) host.VolumesFrom = options.all("volumes-from");
  if (options.changed("volume-driver")) host.VolumeDriver = options.text("volume-driver");
  if (options.changed("storage-opt")) host.StorageOpt = readStorageOptions(options.all("storage-opt"));
  if (options.on("read-only")) host.ReadonlyRootfs = true;
  if (options.changed("shm-size")) host.ShmSize = readSize(options.text("shm-size"));
}

function readStorageOptions(values: readonly string[]): Record<string, string> {
  for (const value of values) if (!value.includes("=")) refuse("invalid storage option");
  return readPairs(values);
}

function readNetwork(host: Draft<HostConfig>, options: Options): void {
  if (options.on("publish-all")) host.PublishAllPorts = true;
  if (options.changed("dns")) host.Dns = options.all("dns").map((address) => address.trim());
  const dnsOptions = [...options.all("dns-option"), ...options.all("dns-opt")];
  if (dnsOptions.length > 0) host.DnsOptions = dnsOptions;
  if (options.changed("dns-search")) host.DnsSearch = options.all("dns-search").map((domain) => domain.trim());
  if (options.changed("add-host")) host.ExtraHosts = options.all("add-host").map(extraHost);
  if (options.changed("link")) host.Links = options.all("link");
}

/** Both spellings, `name:address` and `name=[address]`, reach the engine as the first. */
function extraHost(pair: string): string {
  const at = pair.search(pair.includes("=") ? "=" : ":");
  return `${pair.slice(0, at)}:${withoutBrackets(pair.slice(at + 1))}`;
}

function readPrivileges(sys: Sys, host: Draft<HostConfig>, options: Options): void {
  if (options.on("privileged")) host.Privileged = true;
  if (options.changed("cap-add")) host.CapAdd = options.all("cap-add");
  if (options.changed("cap-drop")) host.CapDrop = options.all("cap-drop");
  if (options.changed("group-add")) host.GroupAdd = options.all("group-add");
  if (options.changed("sysctl")) host.Sysctls = readPairs(options.all("sysctl"));
  if (!options.changed("security-opt")) return;
  const security = readSecurity(sys, options.all("security-opt"));
  if (security.options.length > 0) host.SecurityOpt = security.options;
  if (security.openSystemPaths) {
    host.MaskedPaths = [];
    host.ReadonlyPaths = [];
  }
}

function readResources(host: Draft<HostConfig>, options: Options): void {
  const swappiness = options.int("memory-swappiness", -1);
  if (swappiness !== -1 && (swappiness < 0 || swappiness > 100)) {
    refuse(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  }
  if (swappiness !== -1) host.MemorySwappiness = swappiness;
  readLimits(host, options);
  readDevices(host, options);
  if (options.changed("cgroup-parent")) host.CgroupParent = options.text("cgroup-parent");
  if (options.changed("ulimit")) host.Ulimits = options.all("ulimit").map(parseUlimit).sort(byName);
  if (options.on("oom-kill-disable")) host.OomKillDisable = true;
}

/** Those that `docker update` knows too, as far as they were given. */
export function readLimits(host: Draft<HostConfig>, options: Options): void {
  readNumbers(host, options);
  if (options.changed("cpuset-cpus")) host.CpusetCpus = options.text("cpuset-cpus");
  if (options.changed("cpuset-mems")) host.CpusetMems = options.text("cpuset-mems");
  if (options.changed("cpus")) host.NanoCpus = parseCpus(options.text("cpus")) ?? 0;
}

function byName(a: { readonly Name: string }, b: { readonly Name: string }): number {
  return a.Name < b.Name ? -1 : 1;
}

type NumberField = {
  [K in keyof HostConfig]-?: HostConfig[K] extends number | null | undefined ? K : never;
}[keyof HostConfig];

const INTEGERS: readonly (readonly [flag: string, field: NumberField])[] = [
  ["blkio-weight", "BlkioWeight"],
  ["cpu-period", "CpuPeriod"],
  ["cpu-quota", "CpuQuota"],
  ["cpu-rt-period", "CpuRealtimePeriod"],
  ["cpu-rt-runtime", "CpuRealtimeRuntime"],
  ["cpu-shares", "CpuShares"],
  ["oom-score-adj", "OomScoreAdj"],
  ["pids-limit", "PidsLimit"],
];
const SIZES: readonly (readonly [flag: string, field: NumberField])[] = [
  // Docker's client drops it without a word; the engine says that it is discarded.
  ["kernel-memory", "KernelMemory"],
  ["memory", "Memory"],
  ["memory-reservation", "MemoryReservation"],
  ["memory-swap", "MemorySwap"],
];

function readNumbers(host: Draft<Resources & HostConfig>, options: Options): void {
  for (const [flag, field] of INTEGERS) if (options.changed(flag)) host[field] = options.int(flag);
  for (const [flag, field] of SIZES) if (options.changed(flag)) host[field] = readSize(options.text(flag));
}

function readDevices(host: Draft<HostConfig>, options: Options): void {
  if (options.changed("device")) {
    host.Devices = options.all("device").map((spec) => {
      const complaint = checkDevice(spec);
      return complaint === null ? parseDevice(spec) : refuse(complaint);
    });
  }
  if (options.changed("device-cgroup-rule")) host.DeviceCgroupRules = options.all("device-cgroup-rule");
  if (options.changed("gpus")) host.DeviceRequests = options.all("gpus").map(parseGpus);
  if (options.changed("blkio-weight-device"))
    host.BlkioWeightDevice = options.all("blkio-weight-device").map(parseWeight);
  if (options.changed("device-read-bps")) host.BlkioDeviceReadBps = options.all("device-read-bps").map(parseRate);
  if (options.changed("device-write-bps")) host.BlkioDeviceWriteBps = options.all("device-write-bps").map(parseRate);
  if (options.changed("device-read-iops"))
    host.BlkioDeviceReadIOps = options.all("device-read-iops").map(parseCountRate);
  if (options.changed("device-write-iops")) {
    host.BlkioDeviceWriteIOps = options.all("device-write-iops").map(parseCountRate);
  }
}

function readLogging(host: Draft<HostConfig>, options: Options): void {
  const driver = options.text("log-driver");
  const values = options.all("log-opt");
  if (driver === "none" && values.length > 0) refuse("invalid logging opts for driver none");
  if (driver !== "" || values.length > 0) host.LogConfig = { Type: driver, Config: readPairs(values) };
}
