import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { RequestLine } from "../wire/head.ts";
import type { TextCodec } from "../wire/text.ts";
import { type ConnectionOwner, type IncomingRequest, ServerConnection } from "./connection.ts";
import type { Reply } from "./reply.ts";

/** select(2) ends at descriptor 1024, and each container needs some: clients beyond this wait in the backlog. */
const MAX_CONNECTIONS = 200;
const BACKLOG = 128;

/**
 * A socket that clients may connect to from now on; they wait until somebody serves it. What a dead engine has left at
 * `path` is replaced. Root and the socket's group may connect.
 */
export function listenForClients(sys: Sys, path: string): number {
  const fd = sys.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  try {
    sys.unlink(path);
  } catch (error) {
    if (!(error instanceof SysError && error.code === "ENOENT")) throw error;
  }
  sys.bind(fd, { kind: "unix", path });
  sys.chmod(path, 0o660);
  sys.listen(fd, BACKLOG);
  return fd;
}

/** What becomes of requests. */
export interface RequestHandler {
  /** Whether this one's body is read by whoever handles it. */
  readonly streams: (request: RequestLine) => boolean;
  readonly handle: (request: IncomingRequest, reply: Reply) => void;
}

/** HTTP on a unix socket: accepts clients and hands on whole requests. */
export class HttpServer implements ConnectionOwner {
  readonly sys: Sys;
  readonly text: TextCodec;
  readonly streams: (request: RequestLine) => boolean;
  readonly #handle: (request: IncomingRequest, reply: Reply) => void;
  readonly #connections = new Set<ServerConnection>();
  #listener = -1;
  #paused = false;

  constructor(sys: Sys, { streams, handle }: RequestHandler) {
    this.sys = sys;
    this.streams = streams;
    this.text = { encode: (text) => sys.utf8Encode(text), decode: (bytes) => sys.utf8Decode(bytes) };
    this.#handle = handle;
  }

  /** Serves who connects to `listener`, from {@link listenForClients}. */
  serve(listener: number): void {
    this.#listener = listener;
    this.sys.onReadable(listener, () => this.#accept());
  }

  dispatch(request: IncomingRequest, reply: Reply): void {
    this.#handle(request, reply);
  }

  gone(connection: ServerConnection): void {
    this.#connections.delete(connection);
    if (!this.#paused) return;
    this.#paused = false;
    this.sys.onReadable(this.#listener, () => this.#accept());
  }

  #accept(): void {
    const { sys } = this;
    if (this.#connections.size >= MAX_CONNECTIONS && !this.#dropIdle()) {
      this.#paused = true;
      sys.onReadable(this.#listener, null);
      return;
    }
    let fd: number;
    try {
      fd = sys.accept(this.#listener);
    } catch (error) {
      // The client gave up between select and accept, or there is no descriptor left: both pass.
      if (error instanceof SysError) return;
      throw error;
    }
    sys.setNonblocking(fd, true);
    this.#connections.add(new ServerConnection(this, fd));
  }

  /** The longest idle connection makes room; a client that kept it opens another. */
  #dropIdle(): boolean {
    for (const connection of this.#connections) {
      if (!connection.idle) continue;
      connection.close();
      return true;
    }
    return false;
  }
}
