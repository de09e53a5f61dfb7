/** Where trace records are kept: fixed slots in memory that forked children share, the newest over the oldest. */
import type { Sys } from "./sys.ts";
import type { TraceOutcome, TraceProcess, TraceValue } from "./trace.ts";

/** A record as it lies in the ring. */
export interface RingRecord {
  readonly sequence: number;
  /** Nanoseconds since the epoch, when the call began. */
  readonly time: bigint;
  /** Nanoseconds. */
  readonly duration: number;
  readonly pid: number;
  /** Of what it was made about: a number that only the writer understands. */
  readonly subject: number;
  readonly process: TraceProcess;
  readonly call: string;
  readonly args: Readonly<Record<string, TraceValue>>;
  readonly outcome: TraceOutcome;
  /** In the bundle; its source map leads to the TypeScript. null when the engine could not tell. */
  readonly source: { readonly line: number; readonly column: number } | null;
}

export interface RingRead {
  readonly records: readonly RingRecord[];
  /** What to give as `since` next time. */
  readonly next: number;
  /** Records between `since` and the first one that were overwritten before they were read. */
  readonly lost: number;
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
const SUBJECT = 3;
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

  append(record: Omit<RingRecord, "sequence">): void {
    const sequence = Atomics.add(this.#words, 0, 1);
    const offset = slotOffset(sequence);
    const word = offset / 4;
    const text = this.#encode(record);
    Atomics.store(this.#words, word + STATE, 0);
    this.#words[word + PID] = record.pid;
    this.#words[word + LENGTH] = text.length;
    this.#words[word + SUBJECT] = record.subject;
    this.#view.setBigInt64(offset + TIMES_OFFSET, record.time, true);
    this.#view.setBigInt64(offset + TIMES_OFFSET + 8, BigInt(record.duration), true);
    this.#bytes.set(text, offset + SLOT_HEADER_BYTES);
    Atomics.store(this.#words, word + STATE, sequence + 1);
  }

  read(since: number): RingRead {
    const next = Atomics.load(this.#words, 0);
    const first = Math.max(since, next - SLOTS, 0);
    const records: RingRecord[] = [];
    for (let sequence = first; sequence < next; sequence++) {
      const record = this.#readSlot(sequence);
      // Still being written: it and what follows are for the next read, unless its writer died long ago.
      if (record === null && next - sequence < SLOTS / 2) return { records, next: sequence, lost: first - since };
      if (record !== null) records.push(record);
    }
    return { records, next, lost: first - since };
  }

  #readSlot(sequence: number): RingRecord | null {
    const offset = slotOffset(sequence);
    const word = offset / 4;
    if (Atomics.load(this.#words, word + STATE) !== sequence + 1) return null;
    const pid = this.#words[word + PID] ?? 0;
    const subject = this.#words[word + SUBJECT] ?? 0;
    const start = offset + SLOT_HEADER_BYTES;
    const text = this.#codec.utf8Decode(this.#bytes, start, start + (this.#words[word + LENGTH] ?? 0));
    const time = this.#view.getBigInt64(offset + TIMES_OFFSET, true);
    const duration = Number(this.#view.getBigInt64(offset + TIMES_OFFSET + 8, true));
    if (Atomics.load(this.#words, word + STATE) !== sequence + 1) return null;
    return { sequence, pid, subject, time, duration, ...(JSON.parse(text) as Body) };
  }

  /** JSON that fits into the slot: without the arguments, or without the result too, where they are too much. */
  #encode({ call, args, outcome, source, process }: Body): Uint8Array {
    const short: TraceOutcome = outcome.kind === "result" ? { kind: "result", value: null } : outcome;
    const candidates: readonly Body[] = [
      { call, args, outcome, source, process },
      { call, args, outcome: short, source, process },
      { call, args: { truncated: true }, outcome: short, source, process },
    ];
    for (const candidate of candidates) {
      const text = this.#codec.utf8Encode(JSON.stringify(candidate));
      if (text.length <= SLOT_BYTES - SLOT_HEADER_BYTES) return text;
    }
    throw new Error(`a trace record of "${call}" does not fit`);
  }
}

type Body = Omit<RingRecord, "sequence" | "pid" | "subject" | "time" | "duration">;

function slotOffset(sequence: number): number {
  return RING_HEADER_BYTES + (sequence % SLOTS) * SLOT_BYTES;
}
