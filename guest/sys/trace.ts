/**
 * The trace: what passed through the door to the kernel. While it is on, each traced method of the {@link Sys} object is
 * covered by a wrapper; while it is off there is no wrapper, so an untraced call costs nothing. Records go into a ring of
 * fixed slots in memory that forked children share, because most of a container is set up in children.
 */
import { type Sys, SysError, type VforkOptions } from "./sys.ts";
import { NEVER_RETURN, SYSTEM_CALLS, TRACED } from "./trace-calls.ts";
import { RING_BYTES, type RingRecord, TraceRing } from "./trace-ring.ts";

export interface Trace {
  /** Null: what is done now is about nothing in particular. Processes that are forked take it along. */
  subject: TraceSubject | null;
  /** From now on calls of this process, and of those it forks later, are recorded. */
  start(): void;
  stop(): void;
  /** Records from `since` (a sequence number) on, oldest first: of the order in which the calls ended. */
  read(since: number): TraceRead;
  /** Told once, in a job of its own, after this process or one that it made by vfork has recorded something. */
  onRecords(listener: (() => void) | null): void;
}

/** What calls are made for. */
export interface TraceSubject {
  /** Id. */
  readonly container: string | null;
  /** "POST /containers/create", "exit" … */
  readonly occasion: string | null;
  /** A client asked for it; else the engine does it by itself. */
  readonly asked: boolean;
  /** The word by which a client knows its own requests again. */
  readonly client: string | null;
}

export interface TraceRead {
  readonly records: readonly TraceRecord[];
  /** What to give as `since` next time. */
  readonly next: number;
  /** Records between `since` and the first one that were overwritten before they were read. */
  readonly lost: number;
}

/** `pid` is the one that this process sees, not the one in a namespace of the child's own. */
export interface TraceRecord extends Omit<RingRecord, "subject"> {
  readonly subject: TraceSubject | null;
}

/** Whose call it was: "engine", or what vfork was told of its child. */
export interface TraceProcess {
  readonly role: string;
  /** 0 is the process that traces, 1 a child of it. */
  readonly depth: number;
  /** Tells children of vfork apart before anybody knows their pid; 0 is the process that traces. */
  readonly number: number;
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

type Method = (...args: readonly unknown[]) => unknown;

/** Records name subjects and children by number; the newest are remembered. */
const SUBJECTS = 256;
const CHILDREN = 256;

export class Tracer implements Trace {
  readonly #sys: Sys;
  readonly #methods: Record<string, Method>;
  #ring: TraceRing | null = null;
  #on = false;
  readonly #subjects: (TraceSubject | null)[] = [null];
  #subject = 0;
  #process: TraceProcess = { role: "engine", depth: 0, number: 0 };
  #children = 0;
  /** By number, once vfork has told. */
  readonly #pids = new Map<number, number>();
  #listener: (() => void) | null = null;
  #told = false;

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#methods = sys as unknown as Record<string, Method>;
  }

  get subject(): TraceSubject | null {
    return this.#subjectOf(this.#subject);
  }

  set subject(subject: TraceSubject | null) {
    this.#subject += 1;
    this.#subjects[this.#subject % SUBJECTS] = subject;
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
    if (this.#ring === null) return { records: [], next: 0, lost: 0 };
    const { records, ...rest } = this.#ring.read(since);
    return { ...rest, records: records.map((record) => this.#complete(record)) };
  }

  onRecords(listener: (() => void) | null): void {
    this.#listener = listener;
  }

  #complete(record: RingRecord): TraceRecord {
    const pid = this.#pids.get(record.process.number) ?? record.pid;
    return { ...record, pid, subject: this.#subjectOf(record.subject) };
  }

  #subjectOf(number: number): TraceSubject | null {
    return number > this.#subject - SUBJECTS ? (this.#subjects[number % SUBJECTS] ?? null) : null;
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
        process: this.#process,
        subject: this.#subject,
        call: SYSTEM_CALLS[call] ?? call,
        args: nameArguments(argumentNames, values),
        source: callerPosition(new Error().stack),
      };
      const time = sys.now();
      if (NEVER_RETURN.has(call)) this.#append(ring, { ...entry, time, duration: 0, outcome: { kind: "gone" } });
      const child = call === "vfork" ? this.#enter(values[1]) : null;
      const record = (outcome: TraceOutcome): void => {
        if (child !== null) this.#leave(entry.process, child, outcome);
        // fork returns in two processes.
        this.#append(ring, { ...entry, pid: sys.getpid(), time, duration: Number(sys.now() - time), outcome });
      };
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

  /** A child of vfork shares this memory: until vfork returns, what is recorded is recorded by it. */
  #enter(options: unknown): number {
    const { role = "child" } = (options ?? {}) as VforkOptions;
    this.#children += 1;
    this.#process = { role, depth: this.#process.depth + 1, number: this.#children };
    return this.#children;
  }

  #leave(parent: TraceProcess, child: number, outcome: TraceOutcome): void {
    this.#process = parent;
    if (outcome.kind === "result" && typeof outcome.value === "number") this.#pids.set(child, outcome.value);
    this.#pids.delete(child - CHILDREN);
  }

  #append(ring: TraceRing, record: Omit<RingRecord, "sequence">): void {
    ring.append(record);
    if (this.#told || this.#listener === null) return;
    this.#told = true;
    void Promise.resolve().then(() => {
      this.#told = false;
      this.#listener?.();
    });
  }
}

function nameArguments(names: readonly string[], values: readonly unknown[]): Readonly<Record<string, TraceValue>> {
  const args: Record<string, TraceValue> = {};
  names.forEach((name, index) => {
    const value = values[index];
    if (value !== undefined && typeof value !== "function") args[name] = summarize(value);
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

const FRAME = "    at ";

/** Line and column of the wrapper's caller: the second of the "    at name (file:line:column)" lines. */
export function callerPosition(stack = ""): { line: number; column: number } | null {
  const begin = stack.indexOf(`\n${FRAME}`, stack.indexOf(FRAME));
  if (begin < 0) return null;
  const end = stack.indexOf("\n", begin + 1);
  const frame = end < 0 ? stack.slice(begin) : stack.slice(begin, end);
  const columnAt = frame.lastIndexOf(":");
  const lineAt = frame.lastIndexOf(":", columnAt - 1);
  const line = Number.parseInt(frame.slice(lineAt + 1), 10);
  const column = Number.parseInt(frame.slice(columnAt + 1), 10);
  return lineAt < 0 || Number.isNaN(line + column) ? null : { line, column };
}
