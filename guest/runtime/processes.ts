/**
 * What the kernel tells of a process, one directory each: proc_pid_stat(5), proc_pid_status(5), proc_pid_cmdline(5). This
 * is all that ps reads. The pids are the machine's: a container's first process is 1 in its own namespace only.
 */
import { type Sys, SysError } from "../sys/sys.ts";

/** USER_HZ: in what times are counted towards programs, whatever the kernel's own clock. */
export const TICKS = 100;
const PAGE = 4096;

export interface ProcessInfo {
  readonly pid: number;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  /** R, S, D, Z, T … */
  readonly state: string;
  /** A device number; 0: no terminal. */
  readonly tty: number;
  /** Process group in the foreground of the terminal. */
  readonly foreground: number;
  /** The effective one. */
  readonly uid: number;
  /** Time on the CPU, and when it was started after boot: ticks. */
  readonly cpu: number;
  readonly start: number;
  readonly nice: number;
  readonly threads: number;
  /** Bytes. */
  readonly virtual: number;
  readonly resident: number;
  /** The file's name, cut to fifteen characters. */
  readonly name: string;
  /** Empty for a zombie and for a thread of the kernel. */
  readonly command: readonly string[];
}

/** null: it has ended meanwhile. */
export function readProcess(sys: Sys, pid: number): ProcessInfo | null {
  try {
    const stat = sys.readFile(`/proc/${pid}/stat`);
    const status = sys.readFile(`/proc/${pid}/status`);
    return parseProcess(stat, status, sys.readFile(`/proc/${pid}/cmdline`));
  } catch (error) {
    if (error instanceof SysError && (error.code === "ENOENT" || error.code === "ESRCH")) return null;
    throw error;
  }
}

/** The name in parentheses may hold anything, also spaces and parentheses. */
function parseProcess(stat: string, status: string, commandLine: string): ProcessInfo {
  const end = stat.lastIndexOf(")");
  const [state = "", ...numbers] = stat.slice(end + 2).split(" ");
  // proc_pid_stat(5) counts from 1, and the parent is its fourth.
  const field = (number: number): number => Number(numbers[number - 4] ?? 0);
  return {
    pid: Number.parseInt(stat, 10),
    ppid: field(4),
    pgrp: field(5),
    session: field(6),
    state,
    tty: field(7),
    foreground: field(8),
    uid: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? 0),
    cpu: field(14) + field(15),
    start: field(22),
    nice: field(19),
    threads: field(20),
    virtual: field(23),
    resident: field(24) * PAGE,
    name: stat.slice(stat.indexOf("(") + 1, end),
    command: commandLine.replace(/\0+$/, "").split("\0").filter(wholeOrOnly),
  };
}

/** What is empty altogether is no command; an empty argument among others is one. */
function wholeOrOnly(word: string, _at: number, words: readonly string[]): boolean {
  return words.length > 1 || word !== "";
}
