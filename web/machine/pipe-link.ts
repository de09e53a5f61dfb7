import { encodeFrame } from "../../guest/api/wire/pipe.ts";
import { joinBytes } from "../../guest/api/wire/text.ts";

/** Puts one message into the virtio console. */
export type SendMessage = (bytes: Uint8Array) => void;

/** Where bulk data waits until the link has room for it; asked again and again, in turn with its neighbours. */
export interface DataSource {
  /** A frame of at most `room` bytes, or null when there is nothing to send now. */
  nextFrame(room: number): Uint8Array | null;
}

/** A virtio console buffer of Linux is one page; the rest of a longer message is lost without a word. */
const MESSAGE_BYTES = 4096;
/** v86 keeps 16 buffers and drops what finds none free: half of them are left for messages that are not counted. */
const MESSAGES_IN_FLIGHT = 8;
/** What a tty holds for a reader that is slow; beyond it Linux stops taking buffers. */
const BYTES_IN_FLIGHT = 16_384;
/** Too little room to be worth a frame of its own. */
const SMALLEST_DATA_ROOM = 64;

/**
 * The host's end of the cable. Input to the console that finds no buffer free is lost silently, so there is never more
 * under way than what fits: the guest acknowledges what it has read (ACK). Commands go first; channels take turns.
 */
export class PipeLink {
  readonly #send: SendMessage;
  readonly #commands: Uint8Array[] = [];
  readonly #sources = new Set<DataSource>();
  /** Sizes of the messages that are not wholly acknowledged, oldest first. */
  #inFlight: number[] = [];
  #bytesInFlight = 0;
  #open = false;

  constructor(send: SendMessage) {
    this.#send = send;
  }

  /** HELLO passed: nothing is under way, and data may flow. */
  reset(): void {
    this.#commands.length = 0;
    this.#sources.clear();
    this.#inFlight = [];
    this.#bytesInFlight = 0;
    this.#open = true;
  }

  /** Nothing more goes out until the next reset. */
  stop(): void {
    this.#open = false;
  }

  get waitsForGuest(): boolean {
    return this.#bytesInFlight > 0;
  }

  /** Past the window, for HELLO only. */
  sendNow(frame: Uint8Array): void {
    this.#send(frame);
  }

  command(type: number, channel: number, payload: Uint8Array): void {
    this.#commands.push(encodeFrame(type, channel, payload));
    this.pump();
  }

  /** `source` has something to send. */
  offer(source: DataSource): void {
    this.#sources.add(source);
    this.pump();
  }

  withdraw(source: DataSource): void {
    this.#sources.delete(source);
  }

  acknowledge(count: number): void {
    let left = Math.min(count, this.#bytesInFlight);
    this.#bytesInFlight -= left;
    for (let first = this.#inFlight[0]; first !== undefined && left > 0; first = this.#inFlight[0]) {
      if (first <= left) this.#inFlight.shift();
      else this.#inFlight[0] = first - left;
      left -= Math.min(first, left);
    }
    this.pump();
  }

  pump(): void {
    while (this.#open && this.#inFlight.length < MESSAGES_IN_FLIGHT) {
      const room = Math.min(MESSAGE_BYTES, BYTES_IN_FLIGHT - this.#bytesInFlight);
      const message = this.#nextMessage(room);
      if (message === null) return;
      this.#inFlight.push(message.length);
      this.#bytesInFlight += message.length;
      this.#send(message);
    }
  }

  #nextMessage(room: number): Uint8Array | null {
    const parts: Uint8Array[] = [];
    let left = room;
    for (let command = this.#commands[0]; command !== undefined && left > 0; command = this.#commands[0]) {
      // A command longer than the room goes in pieces: the guest reads a stream.
      const part = command.subarray(0, left);
      parts.push(part);
      left -= part.length;
      if (part.length === command.length) this.#commands.shift();
      else this.#commands[0] = command.subarray(part.length);
    }
    while (left >= SMALLEST_DATA_ROOM) {
      const frame = this.#nextData(left);
      if (frame === null) break;
      parts.push(frame);
      left -= frame.length;
    }
    return parts.length === 0 ? null : joinBytes(parts);
  }

  #nextData(room: number): Uint8Array | null {
    for (const source of this.#sources) {
      this.#sources.delete(source);
      const frame = source.nextFrame(room);
      if (frame === null) continue;
      this.#sources.add(source);
      return frame;
    }
    return null;
  }
}
