/** The way to the engine: a socket, read when the event loop says so, so that signals are heard while we wait. */
import type { Connection, Transport } from "../api/client.ts";
import { AF_INET, AF_UNIX, SHUT_WR, SOCK_STREAM } from "../sys/constants.ts";
import { type SocketAddress, STREAM_RECEIVED_MAX, type Sys, SysError } from "../sys/sys.ts";
import { ConnectionError } from "./errors.ts";

/** What comes with the head of an answer may be the beginning of a stream: that much is taken over. */
const PIECE = STREAM_RECEIVED_MAX;

export interface Endpoint {
  /** As the user knows it: `unix:///var/run/docker.sock`. */
  readonly name: string;
  readonly address: SocketAddress;
  /** The context that it comes from. */
  readonly context: string;
}

export class SocketTransport implements Transport {
  readonly text: Transport["text"];
  readonly #sys: Sys;
  readonly #endpoint: Endpoint;

  constructor(sys: Sys, endpoint: Endpoint) {
    this.#sys = sys;
    this.#endpoint = endpoint;
    this.text = {
      encode: (text) => sys.utf8Encode(text),
      decode: (bytes) => sys.utf8Decode(bytes),
      rows: (body, members) => sys.jsonRows(body, members),
    };
  }

  open(): Promise<Connection> {
    const { address, name } = this.#endpoint;
    const fd = this.#sys.socket(address.kind === "inet" ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
    try {
      this.#sys.connect(fd, address);
    } catch (error) {
      this.#sys.close(fd);
      return Promise.reject(error instanceof SysError ? new ConnectionError(name) : error);
    }
    return Promise.resolve(new SocketConnection(this.#sys, fd));
  }
}

export class SocketConnection implements Connection {
  readonly fd: number;
  readonly #sys: Sys;
  #data: (bytes: Uint8Array) => void = () => {};
  #ended: (error: Error | null) => void = () => {};
  #open = true;
  #listening = false;

  constructor(sys: Sys, fd: number) {
    this.#sys = sys;
    this.fd = fd;
  }

  write(bytes: Uint8Array): void {
    writeAll(this.#sys, this.fd, bytes);
    this.#listen(true);
  }

  end(): void {
    this.#sys.shutdown(this.fd, SHUT_WR);
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#data = listener;
  }

  onEnd(listener: (error: Error | null) => void): void {
    this.#ended = listener;
  }

  close(): void {
    if (!this.#open) return;
    this.#listen(false);
    this.#open = false;
    this.#sys.close(this.fd);
  }

  /** Takes the descriptor off the event loop: whoever asked reads it from now on. Closing stays with us. */
  release(): void {
    this.#listen(false);
  }

  #listen(on: boolean): void {
    if (on === this.#listening || !this.#open) return;
    this.#listening = on;
    this.#sys.onReadable(this.fd, on ? () => this.#receive() : null);
  }

  #receive(): void {
    const bytes = this.#read();
    if (bytes instanceof Uint8Array && bytes.length > 0) {
      this.#data(bytes);
      return;
    }
    this.#listen(false);
    this.#ended(bytes instanceof Error ? bytes : null);
  }

  /** Nothing is the end. */
  #read(): Uint8Array | Error {
    try {
      return this.#sys.read(this.fd, PIECE);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** write(2) until everything is gone; the descriptor blocks. */
export function writeAll(sys: Sys, fd: number, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(sys.write(fd, rest));
}
