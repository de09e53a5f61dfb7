/** What a container may be limited to here: moby's verifyPlatformContainerResources, for this kernel. */
import type { HostConfig } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";

const MIN_MEMORY = 6 * 1024 * 1024;
/** The kernel is built without SMP, and so without NUMA and cpusets: everything runs here, whether it was asked for or not. */
const ONLY_CPU = "0";
const ONLY_MEMORY_NODE = "0";
/** As many CPUs as Docker can imagine. */
const MAX_CPUS = 8192;

/** Throws Docker's refusals. In an update, what is not named stands already. */
export function validateLimits(host: HostConfig, { update }: { readonly update: boolean }): void {
  validateMemory(host, update);
  validateCpu(host);
  validateSet(host.CpusetCpus ?? "", ONLY_CPU, { what: "CPUs", field: "cpuset cpus" });
  validateSet(host.CpusetMems ?? "", ONLY_MEMORY_NODE, { what: "memory nodes", field: "cpuset mems" });
  const weight = host.BlkioWeight ?? 0;
  if (weight !== 0 && (weight < 10 || weight > 1000)) throw invalid("Range of blkio weight is from 10 to 1000");
  for (const [value = 0, what] of [
    [host.IOMaximumBandwidth, "bandwidth"],
    [host.IOMaximumIOps, "IOPs"],
  ] as const) {
    if (value !== 0) throw invalid(`Invalid QoS settings: linux does not support configuration of maximum ${what}`);
  }
}

/** What cgroup v2 has no file for is left out of the container, and said. */
export function discardedLimits(asked: HostConfig): readonly string[] {
  const { MemorySwappiness = null, OomKillDisable, KernelMemory = 0, KernelMemoryTCP = 0, CpuPercent = 0 } = asked;
  const warnings: string[] = [];
  if (MemorySwappiness !== null && MemorySwappiness !== -1) {
    warnings.push(`${unsupported("memory swappiness capabilities")} Memory swappiness discarded.`);
  }
  if (KernelMemory > 0) {
    warnings.push(`${unsupported("kernel memory limit capabilities")} Limitation discarded.`);
  }
  if (KernelMemoryTCP > 0) {
    warnings.push(`${unsupported("kernel memory TCP limit capabilities")} Limitation discarded.`);
  }
  if (OomKillDisable === true) {
    warnings.push("Your kernel does not support OomKillDisable. OomKillDisable discarded.");
  }
  if (CpuPercent > 0) warnings.push("linux does not support CPU percent. Percent discarded.");
  return warnings;
}

function unsupported(what: string): string {
  return `Your kernel does not support ${what} or the cgroup is not mounted.`;
}

function validateMemory(host: HostConfig, update: boolean): void {
  const { Memory = 0, MemorySwap = 0, MemoryReservation = 0 } = host;
  if (Memory !== 0 && Memory < MIN_MEMORY) throw invalid("Minimum memory limit allowed is 6MB");
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory) {
    throw invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
  }
  if (Memory === 0 && MemorySwap > 0 && !update) {
    throw invalid("You should always set the Memory limit when using Memoryswap limit, see usage");
  }
  if (MemoryReservation > 0 && MemoryReservation < MIN_MEMORY)
    throw invalid("Minimum memory reservation allowed is 6MB");
  if (Memory > 0 && MemoryReservation > Memory) {
    throw invalid("Minimum memory limit can not be less than memory reservation limit, see usage");
  }
}

function validateCpu(host: HostConfig): void {
  const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0, CpuShares = 0 } = host;
  if (NanoCpus > 0 && CpuPeriod > 0) throw invalid("Conflicting options: Nano CPUs and CPU Period cannot both be set");
  if (NanoCpus > 0 && CpuQuota > 0) throw invalid("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
  if (NanoCpus < 0 || NanoCpus > 1e9) {
    throw invalid("Range of CPUs is from 0.01 to 1.00, as there are only 1 CPUs available");
  }
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000)) {
    throw invalid("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  }
  if (CpuQuota > 0 && CpuQuota < 1000) throw invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)");
  if (CpuShares < 0) throw invalid("shares: invalid argument");
  if ((host.CpuRealtimePeriod ?? 0) !== 0 || (host.CpuRealtimeRuntime ?? 0) !== 0) {
    throw invalid("Your kernel does not support CPU real-time scheduler");
  }
}

interface SetNames {
  readonly what: string;
  readonly field: string;
}

/** "0-2,7": the members of a set, of which this machine has one. */
function validateSet(asked: string, available: string, { what, field }: SetNames): void {
  if (asked === "") return;
  for (const range of asked.split(",")) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first === undefined || Number(last) < Number(first)) {
      throw invalid(`Invalid value ${asked} for ${field}: invalid format: ${asked}`);
    }
    if (Number(last) >= MAX_CPUS) {
      throw invalid(`Invalid value ${asked} for ${field}: value of out range, maximum is ${MAX_CPUS - 1}`);
    }
    if (first !== available || last !== available) {
      throw invalid(`Requested ${what} are not available - requested ${asked}, available: ${available}`);
    }
  }
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
