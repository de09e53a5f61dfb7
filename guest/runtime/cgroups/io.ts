/**
 * io.max is a speed limit for one disk, one line "MAJOR:MINOR KEY=RATE" a write; io.weight is a share. Docker's weight
 * goes from 10 to 1000, version 2's from 1 to 10000: the same straight line as in runc.
 */
import type { BlockIoResources, Resources, ThrottleDevice } from "../spec.ts";
import type { CgroupWrite } from "./cgroup.ts";

const LIMITS: readonly (readonly [
  key: string,
  devices: (io: BlockIoResources) => readonly ThrottleDevice[] | undefined,
])[] = [
  ["rbps", (io) => io.throttleReadBpsDevice],
  ["wbps", (io) => io.throttleWriteBpsDevice],
  ["riops", (io) => io.throttleReadIOPSDevice],
  ["wiops", (io) => io.throttleWriteIOPSDevice],
];

export function ioWrites({ blockIO }: Resources): readonly CgroupWrite[] {
  if (blockIO === undefined) return [];
  const writes: CgroupWrite[] = [];
  if (blockIO.weight !== undefined && blockIO.weight !== 0)
    writes.push(["io.weight", String(weightOf(blockIO.weight))]);
  for (const [key, devicesOf] of LIMITS) {
    for (const { major, minor, rate } of devicesOf(blockIO) ?? []) {
      writes.push(["io.max", `${major}:${minor} ${key}=${rate}`]);
    }
  }
  return writes;
}

function weightOf(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}
