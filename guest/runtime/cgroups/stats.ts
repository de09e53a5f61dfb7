/**
 * What the kernel counted for a cgroup, read back: cpu.stat, memory.current, memory.stat, memory.events, pids.current,
 * io.stat. The numbers behind `docker stats`. A file whose controller is not switched on counts as nothing.
 */
import { type Sys, SysError } from "../../sys/sys.ts";
import { cgroupDirectory } from "./cgroup.ts";

export interface CgroupStats {
  /** Microseconds. */
  readonly cpu: {
    readonly usage: number;
    readonly user: number;
    readonly system: number;
    readonly throttling: Throttling;
  };
  /** Bytes; `limit` is null without one. */
  readonly memory: {
    readonly usage: number;
    readonly limit: number | null;
    readonly stat: ReadonlyMap<string, number>;
  };
  readonly pids: { readonly current: number; readonly limit: number | null };
  readonly io: readonly IoStats[];
}

export interface Throttling {
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledTime: number;
}

export interface IoStats {
  readonly major: number;
  readonly minor: number;
  readonly rbytes: number;
  readonly wbytes: number;
  readonly rios: number;
  readonly wios: number;
}

export function readStats(sys: Sys, path: string): CgroupStats {
  const directory = cgroupDirectory(path);
  const cpu = parseFlatKeyed(readOr(sys, `${directory}/cpu.stat`));
  return {
    cpu: {
      usage: cpu.get("usage_usec") ?? 0,
      user: cpu.get("user_usec") ?? 0,
      system: cpu.get("system_usec") ?? 0,
      throttling: {
        periods: cpu.get("nr_periods") ?? 0,
        throttledPeriods: cpu.get("nr_throttled") ?? 0,
        throttledTime: cpu.get("throttled_usec") ?? 0,
      },
    },
    memory: {
      usage: Number(readOr(sys, `${directory}/memory.current`)),
      limit: parseLimit(readOr(sys, `${directory}/memory.max`)),
      stat: parseFlatKeyed(readOr(sys, `${directory}/memory.stat`)),
    },
    pids: {
      current: Number(readOr(sys, `${directory}/pids.current`)),
      limit: parseLimit(readOr(sys, `${directory}/pids.max`)),
    },
    io: parseIo(readOr(sys, `${directory}/io.stat`)),
  };
}

/** Whoever polls it is told of each change. */
export function memoryEventsFile(path: string): string {
  return `${cgroupDirectory(path)}/memory.events`;
}

/** Not the first line, and not oom_group_kill's. */
const OOM_KILL = "\noom_kill ";

/** Processes that the kernel ended for want of memory: to be read before the cgroup goes. */
export function oomKills(sys: Sys, path: string): number {
  const text = readOr(sys, memoryEventsFile(path));
  const at = text.indexOf(OOM_KILL);
  return at < 0 ? 0 : Number.parseInt(text.slice(at + OOM_KILL.length), 10);
}

/** "KEY VALUE" a line. */
export function parseFlatKeyed(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    if (space > 0) values.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return values;
}

/** "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0" a line. */
function parseIo(text: string): readonly IoStats[] {
  return text
    .split("\n")
    .filter((line) => line.includes("="))
    .map((line) => {
      const [device = "", ...fields] = line.split(" ");
      const [major = "0", minor = "0"] = device.split(":");
      const value = (key: string): number =>
        Number(fields.find((field) => field.startsWith(`${key}=`))?.slice(key.length + 1) ?? 0);
      return {
        major: Number(major),
        minor: Number(minor),
        rbytes: value("rbytes"),
        wbytes: value("wbytes"),
        rios: value("rios"),
        wios: value("wios"),
      };
    });
}

function parseLimit(text: string): number | null {
  const trimmed = text.trim();
  return trimmed === "max" || trimmed === "" ? null : Number(trimmed);
}

/** "" for one that is not there. */
function readOr(sys: Sys, path: string): string {
  try {
    return sys.readFile(path);
  } catch (error) {
    if (error instanceof SysError && (error.code === "ENOENT" || error.code === "ENOTDIR")) return "";
    throw error;
  }
}
