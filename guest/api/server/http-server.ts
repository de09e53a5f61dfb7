import {
  AF_INET,
  AF_UNIX,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../sys/constants.ts";
import { type SocketAddress, type Sys, SysError } from "../../sys/sys.ts";
import type { RequestLine } from "../wire/head.ts";
import type { TextCodec } from "../wire/text.ts";
import { type ConnectionOwner, type IncomingRequest, ServerConnection } from "./connection.ts";
import type { Reply } from "./reply.ts";

/** select(2) ends at descriptor 1024, and each container needs some: clients beyond this wait in the backlog. */
const MAX_CONNECTIONS = 200;
const BACKLOG = 128;
/** Nanoseconds that a request may take to arrive when others want the place. */
const PATIENCE = 1_000_000_000n;
/** What may wait for all clients that do not read, together. */
const MAX_UNSENT = 16 * 1024 * 1024;

/** Where clients find a server. */
export type ClientAddress = Exclude<SocketAddress, { readonly kind: "netlink" }>;

/**
 * A socket that clients may connect to from now on; they wait until somebody serves it. What a dead engine has left at a
 * path is replaced. Root and the socket's group may connect; to an address, everybody.
 */
export function listenForClients(sys: Sys, address: ClientAddress): number {
  const unix = address.kind === "unix";
  const fd = sys.socket(unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  try {
    if (unix) removeSocket(sys, address.path);
    else sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    sys.bind(fd, address);
    if (unix) sys.chmod(address.path, 0o660);
    sys.listen(fd, BACKLOG);
    return fd;
  } catch (error) {
    sys.close(fd);
    throw error;
  }
}

function removeSocket(sys: Sys, path: string): void {
  try {
    sys.unlink(path);
  } catch (error) {
    if (!(error instanceof SysError && error.code === "ENOENT")) throw error;
  }
}

/** What becomes of requests. */
export interface RequestHandler {
  /** Whether this one's body is read by whoever handles it. */
  readonly streams: (request: RequestLine) => boolean;
  readonly handle: (request: IncomingRequest, reply: Reply) => void;
}

/** HTTP on stream sockets: accepts clients and hands on whole requests. */
export class HttpServer implements ConnectionOwner {
  readonly sys: Sys;
  readonly text: TextCodec;
  readonly streams: (request: RequestLine) => boolean;
  readonly #handle: (request: IncomingRequest, reply: Reply) => void;
  readonly #connections = new Set<ServerConnection>();
  readonly #listeners: number[] = [];
  #unsent = 0;
  #paused = false;

  constructor(sys: Sys, { streams, handle }: RequestHandler) {
    this.sys = sys;
    this.streams = streams;
    this.text = { encode: (text) => sys.utf8Encode(text), decode: (bytes) => sys.utf8Decode(bytes) };
    this.#handle = handle;
  }

  /** Serves who connects to `listener`, from {@link listenForClients}. */
  serve(listener: number): void {
    this.#listeners.push(listener);
    this.sys.onReadable(listener, () => this.#accept(listener));
  }

  dispatch(request: IncomingRequest, reply: Reply): void {
    this.#handle(request, reply);
  }

  hold(bytes: number): boolean {
    this.#unsent += bytes;
    return this.#unsent <= MAX_UNSENT;
  }

  gone(connection: ServerConnection): void {
    this.#connections.delete(connection);
    if (!this.#paused) return;
    this.#paused = false;
    for (const listener of this.#listeners) this.sys.onReadable(listener, () => this.#accept(listener));
  }

  #accept(listener: number): void {
    const { sys } = this;
    if (this.#connections.size >= MAX_CONNECTIONS && !this.#makeRoom()) {
      this.#paused = true;
      for (const each of this.#listeners) sys.onReadable(each, null);
      return;
    }
    let fd: number;
    try {
      fd = sys.accept(listener, SOCK_NONBLOCK);
    } catch (error) {
      // The client gave up between select and accept, or there is no descriptor left: both pass.
      if (error instanceof SysError) return;
      throw error;
    }
    this.#connections.add(new ServerConnection(this, fd));
  }

  /**
   * Who is in earnest has sent a request in no time: of those that take long the first makes room, else a few hundred half
   * requests would keep everybody out. Then the longest idle connection; a client that kept it opens another. In a rush,
   * anybody who is not being answered.
   */
  #makeRoom(): boolean {
    const all = [...this.#connections];
    const long = this.sys.monotonic() - PATIENCE;
    const slow = all.find(({ begun }) => begun !== null && begun < long);
    slow?.close();
    if (slow !== undefined || all.some((connection) => connection.closeIdle())) return true;
    const other = all.find(({ begun }) => begun !== null);
    other?.close();
    return other !== undefined;
  }
}
