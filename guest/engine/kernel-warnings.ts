import type { SystemInfo } from "../api/contract/system.ts";

/** What Docker looks for in a kernel: moby's fillPlatformInfo, in its order and its words. */
const WANTED = [
  ["MemoryLimit", "No memory limit support"],
  ["SwapLimit", "No swap limit support"],
  ["CpuCfsQuota", "No cpu cfs quota support"],
  ["CpuCfsPeriod", "No cpu cfs period support"],
  ["CPUShares", "No cpu shares support"],
  ["CPUSet", "No cpuset support"],
  ["IPv4Forwarding", "IPv4 forwarding is disabled"],
  ["BridgeNfIptables", "bridge-nf-call-iptables is disabled"],
  ["BridgeNfIp6tables", "bridge-nf-call-ip6tables is disabled"],
] as const satisfies readonly (readonly [keyof SystemInfo, string])[];

export type KernelFeatures = Pick<SystemInfo, (typeof WANTED)[number][0]>;

/** `docker info` ends with what this kernel lacks. */
export function kernelWarnings(features: KernelFeatures): readonly string[] {
  return WANTED.filter(([feature]) => !features[feature]).map(([, text]) => `WARNING: ${text}`);
}
