import { encodeFrame, type Frame, FrameDecoder, FrameType } from "../../../../guest/api/wire/pipe.ts";

const QUEUE_MESSAGES = 16;
const MESSAGE_BYTES = 4096;
const TTY_BYTES = 65_536;
const WINDOW = 65_536;
const GRANT = 16_384;

interface GuestChannel {
  readonly target: string;
  readonly received: Uint8Array[];
  receivedBytes: number;
  ended: boolean;
  sizes: [number, number][];
  /** Bytes the host still lets us send. */
  credit: number;
  consumed: number;
  /** Bytes the host may have sent in all. */
  allowed: number;
}

/**
 * The guest's side of the pipe behind a console as careless as v86's: a message too long, or one that finds no buffer
 * free, is lost without a word. Time passes only in {@link SimulatedGuest.turn}.
 */
export class SimulatedGuest {
  readonly channels = new Map<number, GuestChannel>();
  readonly syncs: Uint8Array[] = [];
  lost = 0;
  hellos = 0;
  mostMessagesQueued = 0;
  mostBytesQueued = 0;
  /** What the guest does with an OPEN. */
  onOpen: (id: number, target: string) => void = (id) => this.send(FrameType.open, id);
  toHost: (bytes: Uint8Array) => void = () => undefined;
  syncAnswer = 0;
  answersHello = true;
  #queue: Uint8Array[] = [];
  #decoder = new FrameDecoder();
  #unacked = 0;

  /** The host puts a message into the console. */
  receive(message: Uint8Array): void {
    const queued = this.#queue.reduce((sum, each) => sum + each.length, 0);
    if (message.length > MESSAGE_BYTES || this.#queue.length >= QUEUE_MESSAGES || queued + message.length > TTY_BYTES) {
      this.lost++;
      return;
    }
    this.#queue.push(message.slice());
    this.mostMessagesQueued = Math.max(this.mostMessagesQueued, this.#queue.length);
    this.mostBytesQueued = Math.max(this.mostBytesQueued, queued + message.length);
  }

  /** The guest runs: reads what has come, and acknowledges. False when there was nothing. */
  turn(messages = Number.POSITIVE_INFINITY): boolean {
    const batch = this.#queue.splice(0, messages);
    for (const message of batch) this.#read(message);
    if (this.#unacked > 0) this.send(FrameType.ack, 0, u32(this.#unacked));
    this.#unacked = 0;
    return batch.length > 0;
  }

  /** Turns until nothing comes any more, letting the host's promises run in between. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 3; ) {
      idle = this.turn() ? 0 : idle + 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  send(type: number, channel: number, payload: Uint8Array = new Uint8Array(0)): void {
    this.toHost(encodeFrame(type, channel, payload));
  }

  received(id: number): Uint8Array {
    return Buffer.concat(this.channels.get(id)?.received ?? []);
  }

  channel(id: number): GuestChannel {
    const channel = this.channels.get(id);
    if (channel === undefined) throw new Error(`the host has not opened channel ${id}`);
    return channel;
  }

  /** The process behind the channel has read so much. */
  grantMore(id: number, bytes: number): void {
    this.channel(id).allowed += bytes;
    this.send(FrameType.window, id, u32(bytes));
  }

  #read(message: Uint8Array): void {
    this.#unacked += message.length;
    for (const frame of this.#decoder.push(message)) this.#onFrame(frame);
  }

  #onFrame(frame: Frame): void {
    const channel = this.channels.get(frame.channel);
    if (frame.type === FrameType.hello) this.#onHello(frame.payload);
    else if (frame.type === FrameType.sync) this.#onSync(frame.payload);
    else if (frame.type === FrameType.open) this.#onOpen(frame);
    else if (channel !== undefined) this.#onChannelFrame(channel, frame);
  }

  #onHello(nonce: Uint8Array): void {
    this.hellos++;
    if (!this.answersHello) return;
    this.channels.clear();
    this.#unacked = 0;
    this.send(FrameType.hello, 0, nonce);
  }

  #onSync(payload: Uint8Array): void {
    this.syncs.push(payload.slice());
    this.send(FrameType.sync, 0, u32(this.syncAnswer));
  }

  #onOpen({ channel, payload }: Frame): void {
    const target = new TextDecoder().decode(payload);
    this.channels.set(channel, {
      target,
      received: [],
      receivedBytes: 0,
      ended: false,
      sizes: [],
      credit: WINDOW,
      consumed: 0,
      allowed: WINDOW,
    });
    this.onOpen(channel, target);
  }

  #onChannelFrame(channel: GuestChannel, { type, channel: id, payload }: Frame): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    if (type === FrameType.data) {
      channel.received.push(payload.slice());
      channel.receivedBytes += payload.length;
      channel.consumed += payload.length;
      if (channel.receivedBytes > channel.allowed) throw new Error("the host overran the window");
      if (channel.consumed >= GRANT) this.#grant(id, channel);
    } else if (type === FrameType.end) channel.ended = true;
    else if (type === FrameType.window) channel.credit += view.getUint32(0, true);
    else if (type === FrameType.resize) channel.sizes.push([view.getUint16(0, true), view.getUint16(2, true)]);
    else if (type === FrameType.close) this.send(FrameType.close, id, u32(129));
  }

  #grant(id: number, channel: GuestChannel): void {
    if (!this.grants) return;
    const { consumed } = channel;
    channel.consumed = 0;
    this.grantMore(id, consumed);
  }

  /** False: the process behind the channel does not read. */
  grants = true;
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
