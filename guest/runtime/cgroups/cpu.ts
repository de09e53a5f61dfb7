/**
 * cpu.max is "so many microseconds in each period"; cpu.weight is a share when others want the CPU too. Version 2 counts
 * weights from 1 to 10000, Docker's shares go from 2 to 262144: the same straight line as in runc.
 */
import type { Resources } from "../spec.ts";
import type { CgroupWrite } from "./cgroup.ts";

const DEFAULT_PERIOD = 100_000;

export function cpuWrites({ cpu }: Resources): readonly CgroupWrite[] {
  if (cpu === undefined) return [];
  const writes: CgroupWrite[] = [];
  if (cpu.shares !== undefined && cpu.shares !== 0) writes.push(["cpu.weight", String(weightOf(cpu.shares))]);
  const quota = cpu.quota ?? 0;
  const period = cpu.period ?? 0;
  if (quota !== 0 || period !== 0) {
    writes.push(["cpu.max", `${quota > 0 ? quota : "max"} ${period === 0 ? DEFAULT_PERIOD : period}`]);
  }
  if (cpu.cpus !== undefined && cpu.cpus !== "") writes.push(["cpuset.cpus", cpu.cpus]);
  if (cpu.mems !== undefined && cpu.mems !== "") writes.push(["cpuset.mems", cpu.mems]);
  return writes;
}

export function weightOf(shares: number): number {
  const within = Math.min(262_144, Math.max(2, shares));
  return 1 + Math.floor(((within - 2) * 9999) / 262_142);
}
