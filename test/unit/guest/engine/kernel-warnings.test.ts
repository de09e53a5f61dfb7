import { expect, test } from "vitest";
import { kernelWarnings } from "../../../../guest/engine/kernel-warnings.ts";

const WHOLE = {
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsPeriod: true,
  CpuCfsQuota: true,
  CPUShares: true,
  CPUSet: true,
  IPv4Forwarding: true,
  BridgeNfIptables: true,
  BridgeNfIp6tables: true,
};

test("a kernel that has all that Docker looks for is not spoken of", () => {
  expect(kernelWarnings(WHOLE)).toEqual([]);
});

test("what it lacks is said in Docker's order", () => {
  expect(kernelWarnings({ ...WHOLE, BridgeNfIptables: false, CPUSet: false, SwapLimit: false })).toEqual([
    "WARNING: No swap limit support",
    "WARNING: No cpuset support",
    "WARNING: bridge-nf-call-iptables is disabled",
  ]);
});
