/**
 * io.max is a speed limit for one disk, one line "MAJOR:MINOR KEY=RATE" a write; io.bfq.weight is a share of a disk that
 * the BFQ scheduler serves, "WEIGHT" or "MAJOR:MINOR WEIGHT", from 1 to 1000: Documentation/block/bfq-iosched.rst.
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
  if (blockIO.weight) writes.push(["io.bfq.weight", String(blockIO.weight)]);
  for (const { major, minor, weight = 0 } of blockIO.weightDevice ?? []) {
    writes.push(["io.bfq.weight", `${major}:${minor} ${weight}`]);
  }
  for (const [key, devicesOf] of LIMITS) {
    for (const { major, minor, rate } of devicesOf(blockIO) ?? []) {
      writes.push(["io.max", `${major}:${minor} ${key}=${rate}`]);
    }
  }
  return writes;
}
