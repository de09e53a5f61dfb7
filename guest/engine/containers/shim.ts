import { AF_UNIX, SOCK_SEQPACKET } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { TakenStream } from "./attach.ts";

/** How a process ended, as its shim saw it. `signal` is 0 when it ended by itself. */
export interface ProcessEnd {
  readonly code: number;
  readonly signal: number;
  /** Nanoseconds since the epoch. */
  readonly at: bigint;
}

export interface ShimListener {
  /** null: the shim went away without a word. */
  ended(end: ProcessEnd | null): void;
  detached(): void;
  /** The kernel has ended a process of the container for want of memory. */
  oom?(): void;
}

const MESSAGE_MAX = 256;

/**
 * The engine's line to the shim of a container or exec. Messages are packets of one line (unix(7), SOCK_SEQPACKET); the
 * first one on a connection says what the connection is for.
 */
export class ShimConnection {
  readonly #sys: Sys;
  readonly #listener: ShimListener;
  #fd: number;

  /** Throws SysError ECONNREFUSED or ENOENT when there is no such shim. */
  constructor(sys: Sys, socket: string, listener: ShimListener) {
    this.#sys = sys;
    this.#listener = listener;
    this.#fd = connectShim(sys, socket);
    this.#send("control");
    sys.onReadable(this.#fd, () => this.#receive());
  }

  resize(rows: number, columns: number): void {
    this.#send(`resize ${rows} ${columns}`);
  }

  /**
   * Gives a client's socket to a shim that does not run yet: it serves the client before it reads a byte of output. Our
   * copy stays, as the shim may never come to run, and then the client must be told. Throws SysError.
   */
  offer(words: string, stream: TakenStream): void {
    this.#sys.sendmsg(this.#fd, attachMessage(this.#sys, words, stream), [stream.fd]);
  }

  /** What the shim has said already is heard now, not when the event loop comes to it. */
  hear(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#sys.setNonblocking(fd, true);
    this.#receive();
    if (this.#fd === fd) this.#sys.setNonblocking(fd, false);
  }

  /** Everything about the end has been written down: the shim may go. */
  quit(): void {
    this.#send("quit");
    this.close();
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#sys.onReadable(this.#fd, null);
    this.#sys.close(this.#fd);
    this.#fd = -1;
  }

  #send(text: string): void {
    if (this.#fd < 0) return;
    try {
      this.#sys.sendmsg(this.#fd, this.#sys.utf8Encode(text));
    } catch (error) {
      // It went away: what it left to be told is still to be read.
      if (!(error instanceof SysError)) throw error;
    }
  }

  #receive(): void {
    const text = this.#read();
    if (text === null) return;
    if (text === "detached") {
      this.#listener.detached();
      return;
    }
    if (text === "oom") {
      this.#listener.oom?.();
      return;
    }
    if (text !== "" && !text.startsWith("exit ")) return;
    if (text === "") this.close();
    this.#listener.ended(text === "" ? null : parseEnd(text.slice("exit ".length)));
  }

  /** "" at the end of the connection; null: nothing yet. */
  #read(): string | null {
    try {
      return this.#sys.utf8Decode(this.#sys.recvmsg(this.#fd, MESSAGE_MAX).data);
    } catch (error) {
      if (error instanceof SysError && (error.code === "EAGAIN" || error.code === "EINTR")) return null;
      if (error instanceof SysError) return "";
      throw error;
    }
  }
}

/** Gives a client's socket to a shim that runs, which serves it from now on; our copy is closed in any case. */
export function attachToShim(sys: Sys, socket: string, words: string, stream: TakenStream): void {
  try {
    // A connection of its own: among the engine's messages it would be read when the output since has gone by.
    const connection = connectShim(sys, socket);
    try {
      sys.sendmsg(connection, attachMessage(sys, words, stream), [stream.fd]);
    } finally {
      sys.close(connection);
    }
  } finally {
    sys.close(stream.fd);
  }
}

function attachMessage(sys: Sys, words: string, { rest }: TakenStream): Uint8Array {
  const head = sys.utf8Encode(`${words} ${rest.length}\n`);
  const message = new Uint8Array(head.length + rest.length);
  message.set(head);
  message.set(rest, head.length);
  return message;
}

function connectShim(sys: Sys, path: string): number {
  const fd = sys.socket(AF_UNIX, SOCK_SEQPACKET, 0);
  try {
    sys.connect(fd, { kind: "unix", path });
  } catch (error) {
    sys.close(fd);
    throw error;
  }
  return fd;
}

/** "CODE SIGNAL NANOSECONDS" */
function parseEnd(text: string): ProcessEnd {
  const [code = "255", signal = "0", at = "0"] = text.split(" ");
  return { code: Number(code), signal: Number(signal), at: BigInt(at) };
}

/** The exit file, for when nobody was connected: {"code":N,"signal":N|null,"at":"NANOSECONDS"}. */
export function parseExitFile(value: unknown): ProcessEnd | null {
  if (typeof value !== "object" || value === null) return null;
  const { code, signal, at } = value as { code?: unknown; signal?: unknown; at?: unknown };
  if (typeof code !== "number" || typeof at !== "string" || !/^\d+$/.test(at)) return null;
  return { code, signal: typeof signal === "number" ? signal : 0, at: BigInt(at) };
}
