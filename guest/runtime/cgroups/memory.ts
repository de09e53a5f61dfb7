/**
 * memory.max is a wall: who needs more is reclaimed from, then killed (memory.events counts "oom_kill"). memory.low is
 * what is spared in hard times. Version 2 limits swap by itself, where Docker still counts memory and swap together.
 */
import type { Resources } from "../spec.ts";
import type { CgroupWrite } from "./cgroup.ts";

export function memoryWrites({ memory }: Resources): readonly CgroupWrite[] {
  if (memory === undefined) return [];
  const writes: CgroupWrite[] = [];
  // Swap first: a memory.max below what is in use would at once push into swap.
  const swap = swapOnly(memory.limit, memory.swap);
  if (swap !== null) writes.push(["memory.swap.max", swap]);
  if (memory.limit !== undefined && memory.limit !== 0) writes.push(["memory.max", limitText(memory.limit)]);
  if (memory.reservation !== undefined && memory.reservation !== 0) {
    writes.push(["memory.low", limitText(memory.reservation)]);
  }
  return writes;
}

function swapOnly(limit = 0, swap = 0): string | null {
  if (swap === 0) return null;
  if (swap === -1) return "max";
  return String(Math.max(0, swap - Math.max(0, limit)));
}

function limitText(bytes: number): string {
  return bytes === -1 ? "max" : String(bytes);
}
