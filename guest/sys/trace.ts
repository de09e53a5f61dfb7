/**
 * The trace: what passed through the door to the kernel. While it is on, each traced method of the {@link Sys} object is
 * covered by a wrapper; while it is off there is no wrapper, so an untraced call costs nothing. Records go into a ring of
 * fixed slots in memory that forked children share, because most of a container is set up in children.
 */
import { type Sys, SysError } from "./sys.ts";

export interface Trace {
  /** From now on calls of this process, and of those it forks later, are recorded. */
  start(): void;
  stop(): void;
  /** Records from `since` (a sequence number) on, oldest first. */
  read(since: number): TraceRead;
  /** Later records of this process and of those it forks are about this container; null ends that. */
  setContainer(label: string | null): void;
}

export interface TraceRead {
  readonly records: readonly TraceRecord[];
  /** What to give as `since` next time. */
  readonly next: number;
  /** Records between `since` and the first one that were overwritten before they were read. */
  readonly lost: number;
}

export interface TraceRecord {
  readonly sequence: number;
  /** Nanoseconds since the epoch, when the call began. */
  readonly time: bigint;
  /** Nanoseconds. */
  readonly duration: number;
  readonly pid: number;
  readonly call: string;
  readonly args: Readonly<Record<string, TraceValue>>;
  readonly outcome: TraceOutcome;
  /** In the bundle; its source map leads to the TypeScript. null when the engine could not tell. */
  readonly source: { readonly line: number; readonly column: number } | null;
  readonly container: string | null;
}

export type TraceOutcome =
  | { readonly kind: "result"; readonly value: TraceValue }
  | { readonly kind: "error"; readonly code: string }
  /** The call does not return: execve(2), _exit(2). */
  | { readonly kind: "gone" };

export type TraceValue =
  | string
  | number
  | boolean
  | null
  | readonly TraceValue[]
  | { readonly [key: string]: TraceValue };

/** The traced methods with the names of their arguments. */
const TRACED = {
  fork: [],
  vfork: ["child", "options"],
  program: ["path", "argv", "envp"],
  unshare: ["flags"],
  setns: ["fd", "nstype"],
  execve: ["path", "argv", "envp"],
  spawn: ["request"],
  exit: ["code"],
  waitpid: ["pid", "options"],
  kill: ["pid", "signal"],
  pidfdOpen: ["pid"],
  pidfdSendSignal: ["pidfd", "signal"],
  setsid: [],
  setpgid: ["pid", "pgid"],
  prctl: ["option", "arg2", "arg3", "arg4", "arg5"],
  setresuid: ["ruid", "euid", "suid"],
  setresgid: ["rgid", "egid", "sgid"],
  setgroups: ["gids"],
  umask: ["mask"],
  capset: ["sets"],
  capbsetDrop: ["capabilities"],
  setrlimit: ["resource", "soft", "hard"],
  setpriority: ["which", "who", "priority"],
  seccomp: ["flags", "program"],
  bpfLoadDeviceProgram: ["program"],
  bpfAttachDevice: ["cgroup", "program", "flags"],
  joinSessionKeyring: ["name"],
  mount: ["source", "target", "type", "flags", "data"],
  umount: ["target", "flags"],
  pivotRoot: ["newRoot", "putOld"],
  chroot: ["path"],
  fsopen: ["type"],
  fsconfigSet: ["fs", "key", "value"],
  fsconfigCreate: ["fs"],
  fsmount: ["fs", "attributes"],
  moveMount: ["mount", "directory", "target"],
  openTree: ["directory", "path", "flags"],
  mountSetattr: ["directory", "path", "flags", "set", "clear", "propagation"],
  open: ["path", "flags", "mode"],
  openat: ["directory", "path", "flags", "mode"],
  openat2: ["directory", "path", "how"],
  close: ["fd"],
  closeFrom: ["first", "cloexec"],
  read: ["fd", "length"],
  write: ["fd", "data"],
  readFile: ["path"],
  readFileBytes: ["path"],
  writeFile: ["path", "data", "options"],
  writeKernelFile: ["path", "text"],
  dup2: ["from", "to"],
  pipe: [],
  stat: ["path"],
  lstat: ["path"],
  statfs: ["path"],
  readdir: ["path"],
  mkdir: ["path", "mode"],
  mkdirAll: ["path", "mode"],
  rmdir: ["path"],
  unlink: ["path"],
  removeAll: ["path"],
  rename: ["from", "to"],
  link: ["from", "to"],
  symlink: ["target", "path"],
  readlink: ["path"],
  mknod: ["path", "mode", "major", "minor"],
  chmod: ["path", "mode"],
  chown: ["path", "uid", "gid"],
  lchown: ["path", "uid", "gid"],
  getxattr: ["path", "name"],
  setxattr: ["path", "name", "value"],
  chdir: ["path"],
  fchdir: ["fd"],
  sendfile: ["out", "input", "length"],
  splice: ["input", "out", "length", "flags"],
  sha256: ["fd"],
  inflate: ["input", "out"],
  copyTree: ["from", "to"],
  sendChunks: ["out", "input"],
  copyBody: ["out", "input", "body"],
  untar: ["input", "root", "options"],
  tar: ["root", "out", "options"],
  diskUsage: ["path"],
  socket: ["domain", "type", "protocol"],
  socketpair: ["domain", "type", "protocol"],
  bind: ["fd", "address"],
  listen: ["fd", "backlog"],
  accept: ["fd"],
  connect: ["fd", "address"],
  shutdown: ["fd", "how"],
  sendmsg: ["fd", "data", "fds"],
  recvmsg: ["fd", "length"],
  interfaceIndex: ["name"],
  openPty: ["devpts"],
  setControllingTerminal: ["fd"],
  setWindowSize: ["fd", "size"],
  sethostname: ["name"],
  setdomainname: ["name"],
  setClock: ["nanoseconds"],
} as const satisfies Partial<Record<keyof Sys, readonly string[]>>;

/** Recorded before they are made. */
const NEVER_RETURN: ReadonlySet<string> = new Set(["execve", "program", "exit"]);
/** Methods that are not called as the system call they stand for. */
const SHOWN_AS: ReadonlyMap<string, string> = new Map([
  ["program", "execve"],
  ["capbsetDrop", "prctl"],
]);

type Method = (...args: readonly unknown[]) => unknown;

export class Tracer implements Trace {
  readonly #sys: Sys;
  readonly #methods: Record<string, Method>;
  #ring: TraceRing | null = null;
  #on = false;
  #container: string | null = null;

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#methods = sys as unknown as Record<string, Method>;
  }

  start(): void {
    if (this.#on) return;
    this.#on = true;
    this.#ring ??= new TraceRing(this.#sys.sharedMemory(RING_BYTES), this.#sys);
    for (const [name, argumentNames] of Object.entries(TRACED)) this.#cover(name, argumentNames, this.#ring);
  }

  stop(): void {
    if (!this.#on) return;
    this.#on = false;
    for (const name of Object.keys(TRACED)) Reflect.deleteProperty(this.#methods, name);
  }

  read(since: number): TraceRead {
    return this.#ring === null ? { records: [], next: 0, lost: 0 } : this.#ring.read(since);
  }

  setContainer(label: string | null): void {
    this.#container = label;
  }

  /** The object's own property hides the class's method until it is deleted. */
  #cover(call: string, argumentNames: readonly string[], ring: TraceRing): void {
    const method = this.#methods[call];
    if (method === undefined) throw new Error(`no method is called "${call}"`);
    const sys = this.#sys;
    const original = method.bind(sys);
    this.#methods[call] = (...values) => {
      const entry = {
        pid: sys.getpid(),
        call: SHOWN_AS.get(call) ?? call,
        args: nameArguments(argumentNames, values),
        source: callerPosition(new Error().stack),
        container: this.#container,
      };
      const time = sys.now();
      if (NEVER_RETURN.has(call)) ring.append({ ...entry, time, duration: 0, outcome: { kind: "gone" } });
      const record = (outcome: TraceOutcome): void =>
        ring.append({
          ...entry,
          // fork returns in two processes.
          pid: sys.getpid(),
          time,
          duration: Number(sys.now() - time),
          outcome,
        });
      try {
        const result = original(...values);
        if (!NEVER_RETURN.has(call)) record({ kind: "result", value: summarize(result) });
        return result;
      } catch (error) {
        record({ kind: "error", code: error instanceof SysError ? error.code : String(error) });
        throw error;
      }
    };
  }
}

function nameArguments(names: readonly string[], values: readonly unknown[]): Readonly<Record<string, TraceValue>> {
  const args: Record<string, TraceValue> = {};
  names.forEach((name, index) => {
    if (values[index] !== undefined) args[name] = summarize(values[index]);
  });
  return args;
}

const LONGEST_TEXT = 120;
const LONGEST_LIST = 8;

/** What a reader needs of a value, in a bounded number of bytes. */
function summarize(value: unknown): TraceValue {
  switch (typeof value) {
    case "string":
      return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return `${value}`;
    case "object":
      return value === null ? null : summarizeObject(value);
    default:
      return null;
  }
}

function summarizeObject(value: object): TraceValue {
  if (value instanceof Uint8Array) return { bytes: value.length };
  if (Array.isArray(value)) return value.slice(0, LONGEST_LIST).map(summarize);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, summarize(field)]));
}

/** Line and column of the wrapper's caller: the second frame of "at name (file:line:column)" lines. */
export function callerPosition(stack: string | undefined): { line: number; column: number } | null {
  const frames = (stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
  const match = /:(\d+):(\d+)\)?$/.exec(frames[1] ?? "");
  return match === null ? null : { line: Number(match[1]), column: Number(match[2]) };
}

const SLOTS = 2048;
const SLOT_BYTES = 512;
const SLOT_HEADER_BYTES = 32;
const RING_HEADER_BYTES = 64;
export const RING_BYTES = RING_HEADER_BYTES + SLOTS * SLOT_BYTES;

/** Fields of a slot's header, in 32-bit words; then time and duration, 64 bits each; then the text. */
const STATE = 0;
const PID = 1;
const LENGTH = 2;
const TIMES_OFFSET = 16;

type Codec = Pick<Sys, "utf8Encode" | "utf8Decode">;

/**
 * Many processes append, one reads. A writer reserves a number by an atomic addition, and with it the slot. The slot's
 * state is 0 while it is written and number + 1 when it is whole, so a reader knows what it got.
 */
export class TraceRing {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #codec: Codec;

  constructor(memory: ArrayBuffer, codec: Codec) {
    this.#bytes = new Uint8Array(memory);
    this.#words = new Int32Array(memory);
    this.#view = new DataView(memory);
    this.#codec = codec;
  }

  append(record: Omit<TraceRecord, "sequence">): void {
    const sequence = Atomics.add(this.#words, 0, 1);
    const offset = slotOffset(sequence);
    const word = offset / 4;
    const text = this.#encode(record);
    Atomics.store(this.#words, word + STATE, 0);
    this.#words[word + PID] = record.pid;
    this.#words[word + LENGTH] = text.length;
    this.#view.setBigInt64(offset + TIMES_OFFSET, record.time, true);
    this.#view.setBigInt64(offset + TIMES_OFFSET + 8, BigInt(record.duration), true);
    this.#bytes.set(text, offset + SLOT_HEADER_BYTES);
    Atomics.store(this.#words, word + STATE, sequence + 1);
  }

  read(since: number): TraceRead {
    const next = Atomics.load(this.#words, 0);
    const first = Math.max(since, next - SLOTS, 0);
    const records: TraceRecord[] = [];
    for (let sequence = first; sequence < next; sequence++) {
      const record = this.#readSlot(sequence);
      // Still being written: it and what follows are for the next read, unless its writer died long ago.
      if (record === null && next - sequence < SLOTS / 2) return { records, next: sequence, lost: first - since };
      if (record !== null) records.push(record);
    }
    return { records, next, lost: first - since };
  }

  #readSlot(sequence: number): TraceRecord | null {
    const offset = slotOffset(sequence);
    const word = offset / 4;
    if (Atomics.load(this.#words, word + STATE) !== sequence + 1) return null;
    const pid = this.#words[word + PID] ?? 0;
    const start = offset + SLOT_HEADER_BYTES;
    const text = this.#codec.utf8Decode(this.#bytes, start, start + (this.#words[word + LENGTH] ?? 0));
    const time = this.#view.getBigInt64(offset + TIMES_OFFSET, true);
    const duration = Number(this.#view.getBigInt64(offset + TIMES_OFFSET + 8, true));
    if (Atomics.load(this.#words, word + STATE) !== sequence + 1) return null;
    return { sequence, pid, time, duration, ...(JSON.parse(text) as Body) };
  }

  /** JSON that fits into the slot: without the arguments, or without the result too, where they are too much. */
  #encode({ call, args, outcome, source, container }: Body): Uint8Array {
    const short: TraceOutcome = outcome.kind === "result" ? { kind: "result", value: null } : outcome;
    const candidates: readonly Body[] = [
      { call, args, outcome, source, container },
      { call, args, outcome: short, source, container },
      { call, args: { truncated: true }, outcome: short, source, container },
    ];
    for (const candidate of candidates) {
      const text = this.#codec.utf8Encode(JSON.stringify(candidate));
      if (text.length <= SLOT_BYTES - SLOT_HEADER_BYTES) return text;
    }
    throw new Error(`a trace record of "${call}" does not fit`);
  }
}

type Body = Omit<TraceRecord, "sequence" | "pid" | "time" | "duration">;

function slotOffset(sequence: number): number {
  return RING_HEADER_BYTES + (sequence % SLOTS) * SLOT_BYTES;
}
