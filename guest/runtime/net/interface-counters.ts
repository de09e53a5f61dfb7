/**
 * What each interface of a network namespace has received and sent: proc_pid_net(5), /proc/PID/net/dev. A learner sees the
 * same numbers as `ip -s link` inside.
 */
import type { Sys } from "../../sys/sys.ts";

export interface InterfaceCounters {
  readonly name: string;
  readonly received: Counters;
  readonly sent: Counters;
}

export interface Counters {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

/** Of the namespace that process `pid` is in. Throws ENOENT when the process has ended. */
export function readInterfaceCounters(sys: Sys, pid: number): readonly InterfaceCounters[] {
  return parseInterfaceCounters(sys.readFile(`/proc/${pid}/net/dev`));
}

const SENT = 8;

/** "  eth0: BYTES PACKETS ERRS DROP FIFO FRAME COMPRESSED MULTICAST BYTES PACKETS ERRS DROP …" a line, below two headings. */
export function parseInterfaceCounters(text: string): readonly InterfaceCounters[] {
  return text
    .split("\n")
    .filter((line) => line.includes(":"))
    .map((line) => {
      const colon = line.lastIndexOf(":");
      const numbers = line
        .slice(colon + 1)
        .trim()
        .split(/\s+/)
        .map(Number);
      const name = line.slice(0, colon).trim();
      return { name, received: countersAt(numbers, 0), sent: countersAt(numbers, SENT) };
    });
}

function countersAt(numbers: readonly number[], at: number): Counters {
  const [bytes = 0, packets = 0, errors = 0, dropped = 0] = numbers.slice(at, at + 4);
  return { bytes, packets, errors, dropped };
}
