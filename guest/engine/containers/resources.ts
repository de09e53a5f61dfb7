import type { HostConfig, ThrottleDevice, Ulimit, WeightDevice } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { DEFAULT_DEVICE_RULES } from "../../runtime/default-spec.ts";
import { errnoText } from "../../runtime/errno-text.ts";
import type {
  BlockIoResources,
  CpuResources,
  Device,
  MemoryResources,
  Resources,
  Rlimit,
  ThrottleDevice as SpecThrottle,
} from "../../runtime/spec.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { deviceNumber, planDevices } from "./devices.ts";

const PERIOD = 100_000;

const RLIMITS: ReadonlySet<string> = new Set(
  "as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" "),
);

/** Of nearly all containers: one object, so that it is put into words once. */
const NO_LIMITS = Object.freeze({
  resources: Object.freeze({ devices: DEFAULT_DEVICE_RULES }),
  devices: Object.freeze([]),
});
/** Those that ask for nothing; they are frozen, and so they never will. */
const unlimited = new WeakSet<HostConfig>();

/** What HostConfig asks of the cgroup. Parts that nothing was asked of are left out: nothing is written for them. */
export function planResources(sys: Sys, host: HostConfig): { resources: Resources; devices: readonly Device[] } {
  if (unlimited.has(host)) return NO_LIMITS;
  const { devices, rules } = planDevices(sys, host);
  const memory = planMemory(host);
  const cpu = planCpu(host);
  const blockIO = planBlockIo(sys, host);
  const limit = host.PidsLimit ?? 0;
  const limited = memory !== null || cpu !== null || blockIO !== null || limit > 0;
  if (!limited && rules === DEFAULT_DEVICE_RULES) {
    if (Object.isFrozen(host)) unlimited.add(host);
    return NO_LIMITS;
  }
  return {
    resources: {
      devices: rules,
      ...(memory === null ? {} : { memory }),
      ...(cpu === null ? {} : { cpu }),
      ...(blockIO === null ? {} : { blockIO }),
      ...(limit > 0 ? { pids: { limit } } : {}),
    },
    devices,
  };
}

function planMemory(host: HostConfig): MemoryResources | null {
  const { Memory = 0, MemoryReservation = 0, MemorySwap = 0 } = host;
  if (Memory === 0 && MemoryReservation === 0) return null;
  return {
    ...(Memory > 0 ? { limit: Memory } : {}),
    ...(MemoryReservation > 0 ? { reservation: MemoryReservation } : {}),
    ...(MemorySwap === 0 ? {} : { swap: MemorySwap }),
  };
}

/** The sets of CPUs and memory nodes are left out: there is no choice (limits.ts), and no file to write it into. */
function planCpu(host: HostConfig): CpuResources | null {
  const { CpuShares = 0, NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0 } = host;
  const quota = NanoCpus > 0 ? Math.floor((NanoCpus * PERIOD) / 1e9) : CpuQuota;
  const period = NanoCpus > 0 ? PERIOD : CpuPeriod;
  const cpu: CpuResources = {
    ...(CpuShares > 0 ? { shares: Math.min(262144, Math.max(2, CpuShares)) } : {}),
    ...(quota === 0 ? {} : { quota }),
    ...(period > 0 ? { period } : {}),
  };
  return Object.keys(cpu).length === 0 ? null : cpu;
}

function planBlockIo(sys: Sys, host: HostConfig): BlockIoResources | null {
  const weight = host.BlkioWeight ?? 0;
  const parts: BlockIoResources = {
    ...(weight > 0 ? { weight } : {}),
    ...weightDevices(sys, host.BlkioWeightDevice),
    ...throttle(sys, "throttleReadBpsDevice", host.BlkioDeviceReadBps),
    ...throttle(sys, "throttleWriteBpsDevice", host.BlkioDeviceWriteBps),
    ...throttle(sys, "throttleReadIOPSDevice", host.BlkioDeviceReadIOps),
    ...throttle(sys, "throttleWriteIOPSDevice", host.BlkioDeviceWriteIOps),
  };
  return Object.keys(parts).length === 0 ? null : parts;
}

function throttle(
  sys: Sys,
  key: Exclude<keyof BlockIoResources, "weight" | "weightDevice">,
  devices: readonly ThrottleDevice[] | null | undefined,
): BlockIoResources {
  if (!devices || devices.length === 0) return {};
  const list: readonly SpecThrottle[] = devices.map(({ Path, Rate }) => {
    return { ...deviceNumber(statPath(sys, Path).rdev), rate: Rate };
  });
  return { [key]: list };
}

function weightDevices(sys: Sys, devices: readonly WeightDevice[] | null | undefined): BlockIoResources {
  if (!devices || devices.length === 0) return {};
  const weightDevice = devices.map(({ Path, Weight }) => ({
    ...deviceNumber(statPath(sys, Path).rdev),
    weight: Weight,
  }));
  return { weightDevice };
}

/** What is no disk the kernel refuses. */
function statPath(sys: Sys, path: string): { readonly rdev: number } {
  try {
    return sys.stat(path);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new EngineError("system", `stat ${path}: ${errnoText(error.code)}`);
  }
}

export function planRlimits(ulimits: readonly Ulimit[] | null | undefined): readonly Rlimit[] {
  return (ulimits ?? []).map(({ Name, Soft, Hard }) => {
    if (!RLIMITS.has(Name)) throw new EngineError("invalid", `invalid ulimit type: ${Name}`);
    if (Hard !== -1 && (Soft === -1 || Soft > Hard)) {
      throw new EngineError("invalid", `ulimit soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`);
    }
    return { type: `RLIMIT_${Name.toUpperCase()}`, soft: rlimit(Soft), hard: rlimit(Hard) };
  });
}

/** -1 is "unlimited". */
function rlimit(value: number): number {
  return value < 0 ? 2 ** 64 : value;
}
