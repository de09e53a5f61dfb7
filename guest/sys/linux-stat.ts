import { value } from "./linux-check.ts";
import type { Stat } from "./sys.ts";

const NANOSECONDS = 1_000_000_000n;

/** What stat(2) answers: device, inode, mode, links, owner, group, device of a node, size; then three times, each as
 *  seconds and nanoseconds. Big integers are dear, and the times of a file are hardly ever asked for. */
class LinuxStat implements Stat {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly #tuple: readonly number[];

  constructor(tuple: readonly number[]) {
    this.dev = tuple[0] ?? 0;
    this.ino = tuple[1] ?? 0;
    this.mode = tuple[2] ?? 0;
    this.nlink = tuple[3] ?? 0;
    this.uid = tuple[4] ?? 0;
    this.gid = tuple[5] ?? 0;
    this.rdev = tuple[6] ?? 0;
    this.size = tuple[7] ?? 0;
    this.#tuple = tuple;
  }

  get atime(): bigint {
    return this.#time(8);
  }
  get mtime(): bigint {
    return this.#time(10);
  }
  get ctime(): bigint {
    return this.#time(12);
  }

  #time(at: number): bigint {
    return BigInt(this.#tuple[at] ?? 0) * NANOSECONDS + BigInt(this.#tuple[at + 1] ?? 0);
  }
}

export function toStat(syscall: string, result: readonly number[] | number, path: string): Stat {
  return new LinuxStat(value(syscall, result, path));
}
