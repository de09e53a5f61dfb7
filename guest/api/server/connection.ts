import { SHUT_WR } from "../../sys/constants.ts";
import type { Sys, Timer } from "../../sys/sys.ts";
import { SysError } from "../../sys/sys.ts";
import { type BodyFraming, BodyReader, requestFraming } from "../wire/body.ts";
import { responseLine } from "../wire/format.ts";
import { type Head, HeadReader, hasToken, parseRequestLine, type RequestLine } from "../wire/head.ts";
import { joinBytes, type TextCodec } from "../wire/text.ts";
import { type ClientStream, Reply, type ReplyPort } from "./reply.ts";

/** Bodies that are not streams: JSON of a create request is a few kilobytes. */
const MAX_BODY = 4 * 1024 * 1024;
const MAX_PIECES = 256;
/** What may wait for a client that does not read; an events stream that is further behind is cut. */
const MAX_UNSENT = 4 * 1024 * 1024;
/** Bytes taken ahead while a request is being answered. */
const MAX_AHEAD = 64 * 1024;
/** How long a client may go on sending what nobody wants, so that it gets round to reading why. */
const LINGER = 1_000;
/** A request that has begun must be whole after this many milliseconds. */
const REQUEST_TIMEOUT = 30_000;
const READ_SIZE = 16 * 1024;
const NOTHING = new Uint8Array(0);
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** A whole request as the connection delivers it. */
export interface IncomingRequest extends RequestLine {
  readonly head: Head;
  readonly body: Uint8Array;
  /** For a body that is a stream: whoever calls it reads the body. */
  readonly takeBody: (() => TakenBody) | null;
}

/** A body still to be read, from a descriptor that blocks and stays the connection's: `rest` comes first. */
export interface TakenBody {
  readonly fd: number;
  readonly rest: Uint8Array;
  readonly framing: number | "chunked";
}

export interface ConnectionOwner {
  readonly sys: Sys;
  readonly text: TextCodec;
  /** Takes note that so many more bytes (or fewer) wait for clients. False: it is too much for all of them together. */
  hold(bytes: number): boolean;
  /** The body of such a request is not collected. */
  streams(request: RequestLine): boolean;
  dispatch(request: IncomingRequest, reply: Reply): void;
  /** The descriptor is closed or given away. */
  gone(connection: ServerConnection): void;
}

type Phase =
  /** Waiting for a request or in the middle of its head. */
  | { readonly kind: "head" }
  | { readonly kind: "body"; readonly request: RequestLine; readonly head: Head; readonly reader: BodyReader }
  | { readonly kind: "answering"; readonly keepAlive: boolean }
  /** The last answer is being sent. */
  | { readonly kind: "closing" }
  | { readonly kind: "gone" };

const HEAD: Phase = { kind: "head" };

/** One client: requests one after the other, each answered before the next is read. */
export class ServerConnection {
  readonly #owner: ConnectionOwner;
  readonly #fd: number;
  readonly #reader: HeadReader;
  #phase: Phase = HEAD;
  #body: Uint8Array[] = [];
  #bodyLength = 0;
  #ahead: Uint8Array = NOTHING;
  /** What came together with the request that is being handled: whoever takes the connection over at once takes it along. */
  #behind: Uint8Array = NOTHING;
  #unsent: Uint8Array = NOTHING;
  #timer: Timer | null = null;
  #closed: (() => void)[] = [];
  /** The body of the request that is being answered is a stream that nobody has taken. */
  #unread = false;
  #begun = 0n;
  #port: ReplyPort | null = null;

  constructor(owner: ConnectionOwner, fd: number) {
    this.#owner = owner;
    this.#fd = fd;
    this.#reader = new HeadReader((bytes) => owner.text.decode(bytes));
    owner.sys.onReadable(fd, () => this.#readable());
  }

  /** Between two requests: may be closed without harm. */
  get idle(): boolean {
    return this.#phase.kind === "head" && !this.#reader.partial;
  }

  /** When the request began that is being sent, on the monotonic clock; null: there is none. */
  get begun(): bigint | null {
    const sending = this.#phase.kind === "body" || (this.#phase.kind === "head" && this.#reader.partial);
    return sending ? this.#begun : null;
  }

  /** Closes an idle connection, unless a request is already there that nobody has read. */
  closeIdle(): boolean {
    if (this.idle) this.#readable(() => this.close());
    return this.#phase.kind === "gone";
  }

  close(): void {
    if (this.#phase.kind === "gone") return;
    this.#leave();
    this.#owner.sys.close(this.#fd);
    const listeners = this.#closed;
    this.#closed = [];
    for (const listener of listeners) listener();
  }

  #readable(nothing: () => void = () => {}): void {
    let piece: Uint8Array;
    try {
      piece = this.#owner.sys.read(this.#fd, READ_SIZE);
    } catch (error) {
      if (error instanceof SysError && (error.code === "EAGAIN" || error.code === "EINTR")) nothing();
      else this.close();
      return;
    }
    if (piece.length === 0) this.close();
    else this.#receive(piece);
  }

  #receive(bytes: Uint8Array): void {
    let piece = bytes;
    while (piece.length > 0) {
      switch (this.#phase.kind) {
        case "head":
          piece = this.#receiveHead(piece);
          break;
        case "body":
          piece = this.#receiveBody(this.#phase.reader, this.#phase.request, this.#phase.head, piece);
          break;
        case "answering":
          this.#keepForLater(piece);
          return;
        case "closing":
        case "gone":
          return;
      }
    }
  }

  #receiveHead(piece: Uint8Array): Uint8Array {
    const result = this.#reader.push(piece);
    if (result.kind === "more") {
      this.#expectMore();
      return NOTHING;
    }
    if (result.kind === "error") return this.#refuse(result.status, result.message);
    const request = parseRequestLine(result.head.startLine);
    const framing = requestFraming(result.head.headers);
    if (request === null || framing === null) return this.#refuse(400, "Bad Request");
    const empty = framing.kind === "none" || (framing.kind === "length" && framing.length === 0);
    if (!empty && this.#owner.streams(request)) {
      this.#answerStream(request, result.head, framing, result.rest);
      return NOTHING;
    }
    if (framing.kind === "length" && framing.length > MAX_BODY) return this.#refuse(413, "Content Too Large");
    if (empty) return this.#answerAndGoOn(request, result.head, NOTHING, result.rest);
    this.#beginBody(request, result.head, framing);
    return result.rest;
  }

  #beginBody(request: RequestLine, head: Head, framing: BodyFraming): void {
    this.#phase = { kind: "body", request, head, reader: new BodyReader(framing) };
    this.#expectMore();
    if (hasToken(head.headers.get("expect"), "100-continue")) {
      this.#write(this.#owner.text.encode(CONTINUE));
    }
  }

  #receiveBody(reader: BodyReader, request: RequestLine, head: Head, piece: Uint8Array): Uint8Array {
    const result = reader.push(piece);
    if (result === null) return this.#refuse(400, "Bad Request");
    this.#collect(joinBytes(result.data));
    if (this.#bodyLength > MAX_BODY) return this.#refuse(413, "Content Too Large");
    if (!result.done) return NOTHING;
    const body = joinBytes(this.#body);
    this.#body = [];
    this.#bodyLength = 0;
    return this.#answerAndGoOn(request, head, body, result.rest);
  }

  /** Gives what is still to be received here. */
  #answerAndGoOn(request: RequestLine, head: Head, body: Uint8Array, rest: Uint8Array): Uint8Array {
    this.#behind = rest;
    this.#answer(request, head, body);
    this.#behind = NOTHING;
    return rest;
  }

  /** Nothing more is read here: the body's reader may take ahead what belongs to nobody, so this request is the last one. */
  #answerStream(request: RequestLine, head: Head, framing: BodyFraming, rest: Uint8Array): void {
    const { sys, text } = this.#owner;
    sys.onReadable(this.#fd, null);
    this.#unread = true;
    this.#answer(request, head, NOTHING, () => {
      if (hasToken(head.headers.get("expect"), "100-continue")) this.#write(text.encode(CONTINUE));
      this.#unread = false;
      sys.setNonblocking(this.#fd, false);
      return { fd: this.#fd, rest, framing: framing.kind === "length" ? framing.length : "chunked" };
    });
  }

  /** A body in chunks of one byte must not become as many arrays. */
  #collect(data: Uint8Array): void {
    this.#bodyLength += data.length;
    this.#body.push(data);
    if (this.#body.length > MAX_PIECES) this.#body = [joinBytes(this.#body)];
  }

  #answer(request: RequestLine, head: Head, body: Uint8Array, takeBody: (() => TakenBody) | null = null): void {
    this.#stopTimer();
    const connection = head.headers.get("connection");
    const keepAlive = takeBody === null && request.minor === 1 && !hasToken(connection, "close");
    this.#phase = { kind: "answering", keepAlive };
    const terms = {
      headOnly: request.method === "HEAD",
      keepAlive,
      upgrade: hasToken(connection, "upgrade") && head.headers.has("upgrade"),
    };
    this.#port ??= this.#makePort();
    const { method, target, minor } = request;
    this.#owner.dispatch({ method, target, minor, head, body, takeBody }, new Reply(this.#port, terms));
  }

  #makePort(): ReplyPort {
    return {
      text: this.#owner.text,
      write: (bytes) => this.#write(bytes),
      unsent: () => this.#unsent.length,
      finish: () => this.#finish(),
      release: (bytes) => this.#release(bytes),
      onClosed: (listener) => {
        if (this.#phase.kind === "gone") listener();
        else this.#closed.push(listener);
      },
    };
  }

  #keepForLater(piece: Uint8Array): void {
    this.#ahead = joinBytes([this.#ahead, piece]);
    if (this.#ahead.length > MAX_AHEAD) this.close();
  }

  /** The answer is complete: the next request may already be here. */
  #finish(): void {
    if (this.#phase.kind !== "answering") return;
    this.#closed = [];
    if (!this.#phase.keepAlive) {
      this.#phase = { kind: "closing" };
      if (this.#unread) this.#linger();
      else if (this.#unsent.length === 0) this.close();
      return;
    }
    this.#phase = HEAD;
    const ahead = this.#ahead;
    this.#ahead = NOTHING;
    if (ahead.length > 0) this.#receive(ahead);
  }

  /** A client that is still sending would find the connection reset before it has read the answer. */
  #linger(): void {
    const { sys } = this.#owner;
    // It may have broken at the last word.
    if (this.#phase.kind === "gone") return;
    this.#stopTimer();
    sys.onReadable(this.#fd, () => this.#readable());
    if (this.#unsent.length === 0) sys.shutdown(this.#fd, SHUT_WR);
    this.#timer = sys.setTimer(LINGER, () => this.close());
  }

  /** Not HTTP, or too much of it: said once, then the connection ends. */
  #refuse(status: number, message: string): Uint8Array {
    const body = `${status} ${message}`;
    const head =
      `${responseLine(status)}Content-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    this.#phase = { kind: "closing" };
    this.#write(this.#owner.text.encode(head + body));
    this.#linger();
    return NOTHING;
  }

  #write(bytes: Uint8Array): void {
    if (this.#phase.kind === "gone") return;
    if (this.#unsent.length > 0) {
      const held = this.#owner.hold(bytes.length);
      this.#unsent = joinBytes([this.#unsent, bytes]);
      if (!held || this.#unsent.length > MAX_UNSENT) this.close();
      return;
    }
    const sent = this.#send(bytes);
    if (sent === null || sent === bytes.length) return;
    this.#unsent = bytes.subarray(sent);
    this.#owner.hold(this.#unsent.length);
    this.#owner.sys.onWritable(this.#fd, () => this.#writable());
  }

  /** How much the kernel took; null when the connection broke. */
  #send(bytes: Uint8Array): number | null {
    try {
      return this.#owner.sys.write(this.#fd, bytes);
    } catch (error) {
      if (error instanceof SysError && (error.code === "EAGAIN" || error.code === "EINTR")) return 0;
      this.close();
      return null;
    }
  }

  #writable(): void {
    const sent = this.#send(this.#unsent);
    if (sent === null) return;
    this.#unsent = this.#unsent.subarray(sent);
    this.#owner.hold(-sent);
    if (this.#unsent.length > 0) return;
    this.#unsent = NOTHING;
    this.#owner.sys.onWritable(this.#fd, null);
    if (this.#phase.kind === "closing") this.close();
  }

  #release(head: Uint8Array): ClientStream {
    if (this.#phase.kind === "gone") throw new SysError({ syscall: "write", code: "EPIPE", errno: 32 });
    const { sys } = this.#owner;
    const rest = this.#behind.length > 0 ? this.#behind : this.#ahead;
    const first = this.#unsent.length > 0 ? joinBytes([this.#unsent, head]) : head;
    const sent = this.#send(first);
    // The head is a few hundred bytes into an empty buffer: a client that leaves no room for it does not read at all.
    if (sent !== first.length) {
      this.close();
      throw new SysError({ syscall: "write", code: "EPIPE", errno: 32 });
    }
    this.#leave();
    sys.setNonblocking(this.#fd, false);
    return { fd: this.#fd, rest };
  }

  #leave(): void {
    const { sys } = this.#owner;
    this.#stopTimer();
    sys.onReadable(this.#fd, null);
    if (this.#unsent.length > 0) sys.onWritable(this.#fd, null);
    this.#owner.hold(-this.#unsent.length);
    this.#unsent = NOTHING;
    this.#phase = { kind: "gone" };
    this.#owner.gone(this);
  }

  #expectMore(): void {
    if (this.#timer === null) this.#begun = this.#owner.sys.monotonic();
    this.#timer ??= this.#owner.sys.setTimer(REQUEST_TIMEOUT, () => this.close());
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#owner.sys.clearTimer(this.#timer);
    this.#timer = null;
  }
}
