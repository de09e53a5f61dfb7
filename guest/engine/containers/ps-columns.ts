/** The columns of ps(1) as procps prints them: `docker top` shows what ps would. */
import { type ProcessInfo, TICKS } from "../../runtime/processes.ts";

/** What stands around the processes. */
export interface PsSurroundings {
  /** Seconds since the epoch and since boot. */
  readonly now: number;
  readonly uptime: number;
  readonly totalMemory: number;
  userName(uid: number): string;
}

export interface PsColumn {
  readonly title: string;
  readonly read: (process: ProcessInfo, around: PsSurroundings) => string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1024;
const NAME_WIDTH = 8;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function named(title: string, read: PsColumn["read"]): PsColumn {
  return { title, read };
}

const userName: PsColumn["read"] = ({ uid }, { userName: find }) => {
  const name = find(uid);
  return name.length > NAME_WIDTH ? `${name.slice(0, NAME_WIDTH - 1)}+` : name;
};

const commandLine: PsColumn["read"] = ({ command, name, state }) => {
  if (state === "Z") return `[${name}] <defunct>`;
  return command.length === 0 ? `[${name}]` : command.join(" ");
};

const shortCommand: PsColumn["read"] = ({ name, state }) => (state === "Z" ? `${name} <defunct>` : name);
const cpuTime: PsColumn["read"] = ({ cpu }) => clockText(Math.floor(cpu / TICKS), "always");
const tty: PsColumn["read"] = ({ tty: device }) => terminalName(device);
const cpuPercent: PsColumn["read"] = (process, around) => perMille(cpuShare(process, around, 1000));
const memoryPercent: PsColumn["read"] = ({ resident }, { totalMemory }) =>
  perMille(Math.min(999, Math.floor((resident * 1000) / totalMemory)));
const resident: PsColumn["read"] = (process) => String(process.resident / KIB);
const virtual: PsColumn["read"] = (process) => String(Math.floor(process.virtual / KIB));

const UID = named("UID", userName);
const C = named("C", (process, around) => String(Math.min(99, cpuShare(process, around, 100))));
const STIME = named("STIME", startedOn);
const START = named("START", startedWithin);
const BSD_TIME = named("TIME", ({ cpu }) => {
  const seconds = Math.floor(cpu / TICKS);
  return `${Math.floor(seconds / MINUTE)}:${twoDigits(seconds % MINUTE)}`;
});
const STAT = named("STAT", stateText);
const PID = named("PID", ({ pid }) => String(pid));
const PPID = named("PPID", ({ ppid }) => String(ppid));
const TTY = named("TTY", tty);
const TIME = named("TIME", cpuTime);
const VSZ = named("VSZ", virtual);
const RSS = named("RSS", resident);

/** The four usual pages of ps. */
export const PS_FULL: readonly PsColumn[] = [UID, PID, PPID, C, STIME, TTY, TIME, named("CMD", commandLine)];
export const PS_PLAIN: readonly PsColumn[] = [PID, TTY, TIME, named("CMD", shortCommand)];
export const PS_BSD: readonly PsColumn[] = [PID, TTY, STAT, BSD_TIME, named("COMMAND", commandLine)];
export const PS_BSD_USER: readonly PsColumn[] = [
  named("USER", userName),
  PID,
  named("%CPU", cpuPercent),
  named("%MEM", memoryPercent),
  VSZ,
  RSS,
  TTY,
  STAT,
  START,
  BSD_TIME,
  named("COMMAND", commandLine),
];

/** What `-o` may name. */
export const PS_FIELDS: ReadonlyMap<string, PsColumn> = new Map([
  ["pid", PID],
  ["ppid", PPID],
  ["pgid", named("PGID", ({ pgrp }) => String(pgrp))],
  ["pgrp", named("PGRP", ({ pgrp }) => String(pgrp))],
  ["sid", named("SID", ({ session }) => String(session))],
  ["sess", named("SESS", ({ session }) => String(session))],
  ["uid", named("UID", ({ uid }) => String(uid))],
  ["euid", named("EUID", ({ uid }) => String(uid))],
  ["user", named("USER", userName)],
  ["euser", named("EUSER", userName)],
  ["uname", named("USER", userName)],
  ["c", C],
  ["stime", STIME],
  ["start_time", named("START", startedOn)],
  ["bsdstart", START],
  ["etime", named("ELAPSED", (process, around) => clockText(elapsed(process, around), "needed"))],
  ["etimes", named("ELAPSED", (process, around) => String(elapsed(process, around)))],
  ["tty", named("TT", tty)],
  ["tt", named("TT", tty)],
  ["tname", TTY],
  ["time", TIME],
  ["cputime", TIME],
  ["bsdtime", BSD_TIME],
  ["pcpu", named("%CPU", cpuPercent)],
  ["%cpu", named("%CPU", cpuPercent)],
  ["pmem", named("%MEM", memoryPercent)],
  ["%mem", named("%MEM", memoryPercent)],
  ["vsz", VSZ],
  ["vsize", VSZ],
  ["rss", RSS],
  ["rssize", RSS],
  ["stat", STAT],
  ["state", named("S", ({ state }) => state)],
  ["s", named("S", ({ state }) => state)],
  ["ni", named("NI", ({ nice }) => String(nice))],
  ["nice", named("NI", ({ nice }) => String(nice))],
  ["nlwp", named("NLWP", ({ threads }) => String(threads))],
  ["thcount", named("THCNT", ({ threads }) => String(threads))],
  ["comm", named("COMMAND", shortCommand)],
  ["ucmd", named("CMD", shortCommand)],
  ["args", named("COMMAND", commandLine)],
  ["command", named("COMMAND", commandLine)],
  ["cmd", named("CMD", commandLine)],
]);

function elapsed({ start }: ProcessInfo, { uptime }: PsSurroundings): number {
  return Math.max(0, Math.floor(uptime - start / TICKS));
}

/** Time on the CPU against time alive. */
function cpuShare(process: ProcessInfo, around: PsSurroundings, whole: number): number {
  const seconds = elapsed(process, around);
  return seconds === 0 ? 0 : Math.floor(((process.cpu / TICKS) * whole) / seconds);
}

/** 12.3; from 100 up the fraction has no room. */
function perMille(value: number): string {
  return value > 999 ? String(Math.floor(value / 10)) : `${Math.floor(value / 10)}.${value % 10}`;
}

function startOf(process: ProcessInfo, { now, uptime }: PsSurroundings): Date {
  return new Date((now - uptime + process.start / TICKS) * 1000);
}

/** STIME: the hour of today, the day of this year, or the year. */
function startedOn(process: ProcessInfo, around: PsSurroundings): string {
  const start = startOf(process, around);
  const now = new Date(around.now * 1000);
  if (start.getUTCFullYear() !== now.getUTCFullYear()) return String(start.getUTCFullYear());
  return start.toDateString() === now.toDateString() ? hourOf(start) : dayOf(start);
}

/** START of `ps u`: the hour within a day. */
function startedWithin(process: ProcessInfo, around: PsSurroundings): string {
  const start = startOf(process, around);
  return around.now - start.getTime() / 1000 > DAY ? dayOf(start) : hourOf(start);
}

function hourOf(date: Date): string {
  return date.toISOString().slice(11, 16);
}

function dayOf(date: Date): string {
  return `${MONTHS[date.getUTCMonth()] ?? ""}${twoDigits(date.getUTCDate())}`;
}

/** [DD-]HH:MM:SS; where hours are shown only when needed, [[DD-]HH:]MM:SS. */
function clockText(seconds: number, hours: "always" | "needed"): string {
  const days = Math.floor(seconds / DAY);
  const minutes = `${twoDigits(Math.floor((seconds % HOUR) / MINUTE))}:${twoDigits(seconds % MINUTE)}`;
  if (hours === "needed" && seconds < HOUR) return minutes;
  return `${days > 0 ? `${twoDigits(days)}-` : ""}${twoDigits(Math.floor((seconds % DAY) / HOUR))}:${minutes}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

/** Numbers of Documentation/admin-guide/devices.txt; the kernel packs the minor around the major. */
function terminalName(device: number): string {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  if (major === 229) return `hvc${minor}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return device !== 0 && major === 5 && minor === 1 ? "console" : "?";
}

/** R, and what is special: priority, session leader, threads, foreground. */
function stateText({ state, nice, pid, session, threads, pgrp, foreground }: ProcessInfo): string {
  let text = state;
  if (nice !== 0) text += nice < 0 ? "<" : "N";
  if (session === pid) text += "s";
  if (threads > 1) text += "l";
  return pgrp === foreground ? `${text}+` : text;
}
