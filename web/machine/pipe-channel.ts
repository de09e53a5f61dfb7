import { encodeFrame, FrameType, HEADER_BYTES } from "../../guest/api/wire/pipe.ts";
import { joinBytes } from "../../guest/api/wire/text.ts";
import type { Channel, ChannelHandlers } from "./machine.ts";
import type { DataSource, PipeLink } from "./pipe-link.ts";

/** What each side may send on a channel before the other grants more. */
export const INITIAL_WINDOW = 65_536;
/** Granting in pieces of a quarter keeps the guest sending without a WINDOW frame for every read. */
const GRANT_STEP = INITIAL_WINDOW / 4;

const NOTHING = new Uint8Array(0);

interface Pending {
  bytes: Uint8Array;
  readonly sent: () => void;
  readonly failed: (error: Error) => void;
}

type Opening = { readonly resolve: () => void; readonly reject: (error: Error) => void };
/** Handlers in another thread answer with a promise; the guest is granted more when they are through. */
type DataResult = undefined | Promise<void>;

/** One stream of the pipe, host side. */
export class PipeChannel implements Channel, DataSource {
  readonly id: number;
  readonly opened: Promise<void>;
  readonly #link: PipeLink;
  readonly #handlers: ChannelHandlers;
  readonly #received: { stream: 1 | 2; bytes: Uint8Array }[] = [];
  readonly #pending: Pending[] = [];
  #opening: Opening | undefined;
  #window = INITIAL_WINDOW;
  #ungranted = 0;
  #state: "opening" | "open" | "ended" | "closed" = "opening";
  #flushScheduled = false;

  constructor(id: number, link: PipeLink, handlers: ChannelHandlers) {
    this.id = id;
    this.#link = link;
    this.#handlers = handlers;
    this.opened = new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
  }

  // --- the user's side -------------------------------------------------------------------------------------------

  write(bytes: Uint8Array): Promise<void> {
    if (this.#state !== "open") return Promise.reject(new Error(`write on a channel that is ${this.#state}`));
    if (bytes.length === 0) return Promise.resolve();
    return new Promise((sent, failed) => {
      this.#pending.push({ bytes, sent, failed });
      this.#link.offer(this);
    });
  }

  end(): Promise<void> {
    if (this.#state !== "open") return Promise.resolve();
    this.#state = "ended";
    return new Promise((sent, failed) => {
      this.#pending.push({ bytes: NOTHING, sent, failed });
      this.#link.offer(this);
    });
  }

  resize(rows: number, columns: number): void {
    if (this.#state === "closed") return;
    const payload = new Uint8Array(4);
    const view = new DataView(payload.buffer);
    view.setUint16(0, rows, true);
    view.setUint16(2, columns, true);
    this.#link.command(FrameType.resize, this.id, payload);
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#link.command(FrameType.close, this.id, NOTHING);
  }

  // --- the link's side -------------------------------------------------------------------------------------------

  nextFrame(room: number): Uint8Array | null {
    const first = this.#pending[0];
    if (first === undefined) return null;
    if (first.bytes.length === 0) {
      this.#pending.shift();
      first.sent();
      return encodeFrame(FrameType.end, this.id, NOTHING);
    }
    const length = Math.min(first.bytes.length, this.#window, room - HEADER_BYTES);
    if (length <= 0) return null;
    const frame = encodeFrame(FrameType.data, this.id, first.bytes.subarray(0, length));
    this.#window -= length;
    first.bytes = first.bytes.subarray(length);
    if (first.bytes.length === 0) {
      this.#pending.shift();
      first.sent();
    }
    return frame;
  }

  // --- the guest's side ------------------------------------------------------------------------------------------

  onOpened(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  onWindow(count: number): void {
    this.#window += count;
    if (this.#pending.length > 0) this.#link.offer(this);
  }

  onData(stream: 1 | 2, bytes: Uint8Array): void {
    this.#received.push({ stream, bytes });
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    // After the emulator's turn: what the guest wrote in many small pieces arrives as one.
    queueMicrotask(() => this.#flush());
  }

  onEnd(stream: 1 | 2): void {
    this.#flush();
    this.#handlers.end?.(stream);
  }

  onClosed(status: number, error: string | undefined): void {
    if (this.#state === "closed") return;
    this.#flush();
    const opening = this.#opening;
    this.#opening = undefined;
    this.#state = "closed";
    this.#link.withdraw(this);
    const reason = new Error(error ?? `the channel is closed (status ${status})`);
    for (const { failed } of this.#pending.splice(0)) failed(reason);
    if (opening !== undefined) opening.reject(reason);
    else this.#handlers.closed(error === undefined ? { status } : { status, error });
  }

  #flush(): void {
    this.#flushScheduled = false;
    while (this.#received.length > 0) {
      const { stream, bytes } = this.#takeRun();
      // Counted now: a handler that hands the buffer to another thread leaves an empty one here.
      const count = bytes.length;
      const result = this.#handlers.data(stream, bytes) as DataResult;
      if (result === undefined) this.#grant(count);
      else
        result.then(
          () => this.#grant(count),
          () => this.close(),
        );
    }
  }

  /** Everything at the head of the queue that belongs to one stream, as one piece. */
  #takeRun(): { readonly stream: 1 | 2; readonly bytes: Uint8Array } {
    const stream = this.#received[0]?.stream ?? 1;
    const other = this.#received.findIndex((piece) => piece.stream !== stream);
    const run = this.#received.splice(0, other < 0 ? this.#received.length : other);
    return { stream, bytes: joinBytes(run.map((piece) => piece.bytes)) };
  }

  #grant(count: number): void {
    this.#ungranted += count;
    if (this.#ungranted < GRANT_STEP || this.#state === "closed") return;
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#ungranted, true);
    this.#ungranted = 0;
    this.#link.command(FrameType.window, this.id, payload);
  }
}
