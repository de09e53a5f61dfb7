/**
 * The host side of the engine pipe: channels over one virtio console (guest/sys/pipe.c is the other side). Knows
 * nothing of v86: messages go out through a function and come in through {@link PipeHost.receive}.
 */
import { encodeFrame, type Frame, FrameDecoder, FrameType, MAX_PAYLOAD } from "../../guest/api/wire/pipe.ts";
import { encodeTarget } from "./channel-target.ts";
import { HelloScanner } from "./hello-scanner.ts";
import type { Channel, ChannelHandlers, ChannelTarget } from "./machine.ts";
import { PipeChannel } from "./pipe-channel.ts";
import { PipeLink, type SendMessage } from "./pipe-link.ts";
import { within } from "./within.ts";

/** Milliseconds. */
export interface PipeTimes {
  readonly helloInterval: number;
  readonly open: number;
  readonly sync: number;
  /** Bytes under way that long without a word from the guest: its end of the pipe is gone. */
  readonly silence: number;
}

const DEFAULT_TIMES: PipeTimes = { helloInterval: 100, open: 30_000, sync: 10_000, silence: 5000 };
/** Silence is counted in turns, not by the clock: a computer that slept, or a tab that was frozen, must not look dead. */
const SILENCE_TURNS = 10;
const MAX_CHANNEL = 0xffff;
const NANOSECONDS_PER_MICROSECOND = 1000n;
const GUEST_GONE = "the guest's end of the pipe was started again";
const GUEST_SILENT = "the guest's end of the pipe does not answer";

type State =
  | { readonly kind: "apart" }
  | { readonly kind: "greeting"; readonly scanner: HelloScanner; readonly met: () => void }
  | { readonly kind: "linked"; readonly decoder: FrameDecoder };

export class PipeHost {
  readonly #link: PipeLink;
  readonly #times: PipeTimes;
  readonly #channels = new Map<number, PipeChannel>();
  #state: State = { kind: "apart" };
  #lastChannel = 0;
  #synced: ((errno: number) => void) | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #silentTurns = 0;
  #nonce = 0;
  #stopGreeting: ((reason: string) => void) | undefined;

  constructor(send: SendMessage, times: Partial<PipeTimes> = {}) {
    this.#link = new PipeLink(send);
    this.#times = { ...DEFAULT_TIMES, ...times };
  }

  /** One message of the console, in order. */
  receive(bytes: Uint8Array): void {
    this.#silentTurns = 0;
    if (this.#state.kind === "greeting") this.#receiveGreeting(this.#state, bytes);
    else if (this.#state.kind === "linked") this.#receiveFrames(this.#state.decoder, bytes);
  }

  #receiveGreeting(state: Extract<State, { kind: "greeting" }>, bytes: Uint8Array): void {
    const rest = state.scanner.push(bytes);
    if (rest === null) return;
    this.#state = { kind: "linked", decoder: new FrameDecoder() };
    this.#link.reset();
    this.#watch = setInterval(() => this.#checkSilence(), this.#times.silence / SILENCE_TURNS);
    state.met();
    this.receive(rest);
  }

  #receiveFrames(decoder: FrameDecoder, bytes: Uint8Array): void {
    try {
      for (const frame of decoder.push(bytes)) this.#onFrame(frame);
    } catch (error) {
      this.#startOver(error instanceof Error ? error.message : String(error));
    }
  }

  #checkSilence(): void {
    this.#silentTurns = this.#link.waitsForGuest ? this.#silentTurns + 1 : 0;
    if (this.#silentTurns >= SILENCE_TURNS) this.#startOver(GUEST_SILENT);
  }

  /** init starts the guest's end again when it dies; it listens to nothing but HELLO then. */
  #startOver(reason: string): void {
    this.shutDown(reason);
    // Nobody waits for this greeting: who opens a channel meanwhile is told that the machine is not ready.
    this.greet(this.#times.silence * SILENCE_TURNS).catch(() => undefined);
  }

  /**
   * Says HELLO until the guest answers. What is still on its way from a former life of the machine is dropped at both
   * ends; channels of that life are over. Rejects after `timeout` milliseconds.
   */
  greet(timeout: number): Promise<void> {
    this.shutDown("the pipe to the guest starts over");
    return new Promise((resolve, reject) => {
      // One number for all repeats, so that a guest slower than their interval is met. It reads them all before what we
      // send after its first answer; its later answers are recognised by the number.
      const nonce = crypto.getRandomValues(new Uint8Array(4));
      const hello = encodeFrame(FrameType.hello, 0, nonce);
      const repeat = setInterval(() => this.#link.sendNow(hello), this.#times.helloInterval);
      const giveUp = setTimeout(
        () => this.#stopGreeting?.(`the guest's pipe did not answer in ${timeout} ms`),
        timeout,
      );
      const end = (): void => {
        clearInterval(repeat);
        clearTimeout(giveUp);
        this.#stopGreeting = undefined;
      };
      const met = (): void => {
        end();
        resolve();
      };
      this.#stopGreeting = (reason) => {
        end();
        this.#state = { kind: "apart" };
        reject(new Error(reason));
      };
      this.#nonce = viewOf(nonce).getUint32(0, true);
      this.#state = { kind: "greeting", scanner: new HelloScanner(nonce), met };
      this.#link.sendNow(hello);
    });
  }

  /** Sets the guest's clock and stirs `entropy` (32 bytes or more) into its random pool. */
  synchronise(milliseconds: number, entropy: Uint8Array): Promise<void> {
    const payload = new Uint8Array(8 + entropy.length);
    const nanoseconds = BigInt(Math.round(milliseconds * 1000)) * NANOSECONDS_PER_MICROSECOND;
    new DataView(payload.buffer).setBigUint64(0, nanoseconds, true);
    payload.set(entropy, 8);
    const answered = new Promise<void>((resolve, reject) => {
      this.#synced = (errno) => {
        if (errno === 0) resolve();
        else reject(new Error(`the guest could not set its clock and random pool (errno ${errno})`));
      };
    });
    this.#link.command(FrameType.sync, 0, payload);
    return within(this.#times.sync, answered, "the guest did not confirm its clock");
  }

  async open(target: ChannelTarget, handlers: ChannelHandlers): Promise<Channel> {
    if (this.#state.kind !== "linked") throw new Error(`cannot open ${target.kind}: the machine is not ready`);
    const request = encodeTarget(target);
    if (request.length > MAX_PAYLOAD)
      throw new Error(`cannot open ${target.kind}: arguments of ${request.length} bytes`);
    const channel = new PipeChannel(this.#freeChannel(), this.#link, handlers);
    this.#channels.set(channel.id, channel);
    this.#link.command(FrameType.open, channel.id, request);
    try {
      await within(this.#times.open, channel.opened, `the guest did not open ${target.kind}`);
    } catch (error) {
      channel.close();
      throw error;
    }
    return channel;
  }

  /** The machine is gone: every channel ends with `reason`. */
  shutDown(reason: string): void {
    this.#stopGreeting?.(reason);
    this.#state = { kind: "apart" };
    clearInterval(this.#watch);
    this.#silentTurns = 0;
    this.#link.stop();
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const channel of channels) channel.onClosed(255, reason);
  }

  #freeChannel(): number {
    if (this.#channels.size >= MAX_CHANNEL) throw new Error("no channel is free");
    do this.#lastChannel = (this.#lastChannel % MAX_CHANNEL) + 1;
    while (this.#channels.has(this.#lastChannel));
    return this.#lastChannel;
  }

  #onFrame(frame: Frame): void {
    if (frame.channel === 0) this.#onLinkFrame(frame);
    else this.#onChannelFrame(frame);
  }

  #onLinkFrame({ type, payload }: Frame): void {
    const view = viewOf(payload);
    switch (type) {
      case FrameType.ack:
        this.#link.acknowledge(view.getUint32(0, true));
        return;
      case FrameType.sync:
        this.#synced?.(payload.length >= 4 ? view.getInt32(0, true) : 0);
        this.#synced = undefined;
        return;
      case FrameType.hello:
        // Not an answer to us: init has started the guest's end again, and the new one knows of no channel.
        if (view.getUint32(0, true) !== this.#nonce) this.#startOver(GUEST_GONE);
        return;
    }
  }

  #onChannelFrame({ type, channel: id, payload }: Frame): void {
    const channel = this.#channels.get(id);
    if (channel === undefined) return;
    if (type === FrameType.open) channel.onOpened();
    else if (type === FrameType.data) channel.onData(1, payload);
    else if (type === FrameType.data2) channel.onData(2, payload);
    else if (type === FrameType.end) channel.onEnd(payload[0] === 2 ? 2 : 1);
    else if (type === FrameType.window) channel.onWindow(viewOf(payload).getUint32(0, true));
    else if (type === FrameType.close) this.#onClosed(channel, payload);
  }

  #onClosed(channel: PipeChannel, payload: Uint8Array): void {
    this.#channels.delete(channel.id);
    const text = new TextDecoder().decode(payload.subarray(4));
    channel.onClosed(viewOf(payload).getInt32(0, true), text === "" ? undefined : text);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
