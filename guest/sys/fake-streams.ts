/** What FakeSys's descriptors lead to besides files: pipes, sockets, and things that are only a name. */
import { SOCK_STREAM } from "./constants.ts";
import type { FakeNode } from "./fake-files.ts";

export interface FakeMessage {
  readonly data: Uint8Array;
  readonly fds: readonly FakeOpen[];
}

/** One direction of bytes: a pipe, or half a socket. */
export class FakeChannel {
  readonly messages: FakeMessage[] = [];
  /** How many descriptors can still write. */
  writers = 0;
  readers = 0;

  get ended(): boolean {
    return this.messages.length === 0 && this.writers === 0;
  }

  push(data: Uint8Array, fds: readonly FakeOpen[] = []): void {
    this.messages.push({ data: data.slice(), fds });
  }

  /** As a stream gives them: messages run together, but never across one that carries descriptors. */
  pull(length: number): FakeMessage {
    const first = this.messages.shift();
    if (first === undefined) return { data: new Uint8Array(), fds: [] };
    if (first.data.length > length) this.messages.unshift({ data: first.data.subarray(length), fds: [] });
    return { data: first.data.subarray(0, length), fds: first.fds };
  }
}

export interface FakeSocket {
  readonly domain: number;
  readonly type: number;
  input: FakeChannel | null;
  output: FakeChannel | null;
  /** Of a listening socket: the servers' ends of connections that nobody has accepted. */
  readonly pending: FakeSocket[];
  listening: boolean;
}

export function createSocket(domain: number, type: number): FakeSocket {
  return { domain, type: type & 0xf, input: null, output: null, pending: [], listening: false };
}

export function joinSockets(one: FakeSocket, other: FakeSocket): void {
  const there = new FakeChannel();
  const back = new FakeChannel();
  for (const channel of [there, back]) {
    channel.readers = 1;
    channel.writers = 1;
  }
  Object.assign(one, { input: back, output: there });
  Object.assign(other, { input: there, output: back });
}

/** A datagram is read whole or cut; a stream keeps the rest. */
export function receive(socket: FakeSocket, length: number): FakeMessage {
  const channel = socket.input;
  if (channel === null) return { data: new Uint8Array(), fds: [] };
  if (socket.type === SOCK_STREAM) return channel.pull(length);
  const message = channel.messages.shift() ?? { data: new Uint8Array(), fds: [] };
  return { data: message.data.subarray(0, length), fds: message.fds };
}

/** An open file description: what dup(2) and fork(2) share. */
export interface FakeOpen {
  /** Descriptors that lead here. */
  refs: number;
  nonblocking: boolean;
  readonly target: FakeTarget;
}

export type FakeTarget =
  | { readonly kind: "file"; readonly node: FakeNode; readonly path: string; readonly flags: number; offset: number }
  | { readonly kind: "reader"; readonly channel: FakeChannel }
  | { readonly kind: "writer"; readonly channel: FakeChannel }
  | { readonly kind: "socket"; readonly socket: FakeSocket }
  /** signalfd, pidfd, inotify, mounts…: only that it is open counts. */
  | { readonly kind: "other"; readonly what: string };
