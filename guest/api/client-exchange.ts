import { TRACE_HEADER } from "./contract/drydock.ts";
import { EngineError, errorKindOf } from "./contract/errors.ts";
import { BodyReader, responseFraming } from "./wire/body.ts";
import { requestLine } from "./wire/format.ts";
import { type Headers, HeadReader, hasToken, parseStatusLine } from "./wire/head.ts";
import { joinBytes, type TextCodec } from "./wire/text.ts";

/** One byte stream to the engine: a unix socket in the guest, a channel of the engine pipe in the page. One listener of
 *  each kind, the newest; never called from inside write, end or close. `onEnd` comes once, after the last data, also
 *  when the connection broke. */
export interface Connection {
  write(bytes: Uint8Array): void;
  /** Half-close: nothing more will be written. */
  end(): void;
  onData(listener: (bytes: Uint8Array) => void): void;
  onEnd(listener: (error: Error | null) => void): void;
  close(): void;
}

export interface Transport {
  open(): Promise<Connection>;
  readonly text: TextCodec;
}

export interface ExchangeRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Asks for the connection itself: `Upgrade: tcp`. */
  readonly hijack?: boolean;
  /** A tar follows, in chunks, written by somebody else. */
  readonly upload?: boolean;
  /** The client's word for the trace. */
  readonly trace?: string;
}

export interface ExchangeHead {
  readonly status: number;
  readonly headers: Headers;
}

/** The connection after the HTTP is over: plain bytes both ways. `rest` was read already and comes first. */
export interface RawStream {
  readonly connection: Connection;
  readonly rest: Uint8Array;
  /** True: 8-byte frames (see wire/frames); false: a terminal's bytes. */
  readonly multiplexed: boolean;
}

/** A body that somebody else reads from the connection. `rest` was read already and comes first. */
export interface BodyStream {
  readonly connection: Connection;
  readonly rest: Uint8Array;
  /** How its end is known: its length, chunks, or the end of the connection. */
  readonly framing: number | "chunked" | "close";
}

const NOTHING = new Uint8Array(0);

/** One request and its answer on one connection: who is told what is decided once the head is there. */
export class Exchange {
  readonly connection: Connection;
  readonly #text: TextCodec;
  readonly #reader: HeadReader;
  #body: BodyReader | null = null;
  #head: ExchangeHead | null = null;
  #early: Uint8Array = NOTHING;
  #bodySink: ((data: Uint8Array) => void) | null = null;
  #settleHead: { resolve: (head: ExchangeHead) => void; reject: (error: Error) => void } | null = null;
  #settleEnd: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #over: Error | "done" | null = null;
  /** Why the body is not whole. */
  #cut: Error | null = null;
  /** The connection has ended, perhaps before anybody read the body. */
  #end: { readonly error: Error | null } | null = null;

  constructor(connection: Connection, text: TextCodec) {
    this.connection = connection;
    this.#text = text;
    this.#reader = new HeadReader((bytes) => text.decode(bytes));
    connection.onData((bytes) => this.#receive(bytes));
    connection.onEnd((error) => this.#ended(error));
  }

  /** Whether the connection may carry another exchange. */
  get reusable(): boolean {
    return this.#over === "done" && !hasToken(this.#head?.headers.get("connection"), "close");
  }

  send(request: ExchangeRequest): Promise<ExchangeHead> {
    const body = request.body === undefined ? null : this.#text.encode(JSON.stringify(request.body));
    let lines = `${requestLine(request.method, request.target)}Host: docker\r\n`;
    if (body !== null) lines += "Content-Type: application/json\r\n";
    if (request.upload === true) lines += "Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n";
    if (body !== null || request.method === "POST") lines += `Content-Length: ${body?.length ?? 0}\r\n`;
    if (request.trace !== undefined) lines += `${TRACE_HEADER}: ${request.trace}\r\n`;
    if (request.hijack === true) lines += "Connection: Upgrade\r\nUpgrade: tcp\r\n";
    const head = this.#text.encode(`${lines}\r\n`);
    const answer = new Promise<ExchangeHead>((resolve, reject) => {
      this.#settleHead = { resolve, reject };
    });
    this.connection.write(body === null ? head : joinBytes([head, body]));
    return answer;
  }

  /** The body as it comes; settles at its end. To be called in the turn in which the head arrived. */
  async readBody(bodiless: boolean, sink: (data: Uint8Array) => void): Promise<void> {
    if (!this.#beginBody(bodiless, sink)) await this.#bodyEnd();
  }

  /** A short answer comes in one piece with its head: then it is here already, and nobody has to wait for it. */
  readBytes(bodiless: boolean): Uint8Array | Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    const over = this.#beginBody(bodiless, (data) => pieces.push(data));
    return over ? joinBytes(pieces) : this.#bodyEnd().then(() => joinBytes(pieces));
  }

  async readText(bodiless: boolean): Promise<string> {
    return this.#text.decode(await this.readBytes(bodiless));
  }

  /** True: it is over. */
  #beginBody(bodiless: boolean, sink: (data: Uint8Array) => void): boolean {
    const framing = responseFraming(this.#head?.headers ?? new Map(), bodiless);
    if (framing === null) throw new EngineError("system", "the engine's answer has no clear length");
    this.#body = new BodyReader(framing);
    this.#bodySink = sink;
    const early = this.#early;
    this.#early = NOTHING;
    if (framing.kind === "none" || (framing.kind === "length" && framing.length === 0)) this.#finish();
    else if (early.length > 0) this.#receiveBody(early);
    if (this.#end !== null) this.#settleAtEnd(this.#end.error);
    if (this.#cut !== null) throw this.#cut;
    return this.#body === null;
  }

  #bodyEnd(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settleEnd = { resolve, reject };
    });
  }

  /** Gives the connection away: from now on its listeners are the new owner's. */
  takeRaw(): RawStream {
    const type = this.#head?.headers.get("content-type");
    const rest = this.#early;
    this.#early = NOTHING;
    return { connection: this.connection, rest, multiplexed: type === "application/vnd.docker.multiplexed-stream" };
  }

  /** The same for a body, however long it is. */
  takeBody(): BodyStream {
    const framing = responseFraming(this.#head?.headers ?? new Map(), false);
    if (framing === null) throw new EngineError("system", "the engine's answer has no clear length");
    const { connection, rest } = this.takeRaw();
    const { kind } = framing;
    if (kind === "length") return { connection, rest, framing: framing.length };
    return { connection, rest, framing: kind === "none" ? 0 : kind };
  }

  #receive(bytes: Uint8Array): void {
    if (this.#body !== null) this.#receiveBody(bytes);
    else if (this.#head !== null) this.#early = joinBytes([this.#early, bytes]);
    else this.#receiveHead(bytes);
  }

  #receiveHead(bytes: Uint8Array): void {
    const result = this.#reader.push(bytes);
    if (result.kind === "more") return;
    const status = result.kind === "head" ? parseStatusLine(result.head.startLine) : null;
    if (result.kind === "error" || status === null) {
      this.#fail(notHttp());
    } else if (status === 100) {
      this.#receiveHead(result.rest);
    } else {
      this.#head = { status, headers: result.head.headers };
      this.#early = result.rest;
      this.#settleHead?.resolve(this.#head);
      this.#settleHead = null;
    }
  }

  #receiveBody(bytes: Uint8Array): void {
    const piece = this.#body?.push(bytes) ?? null;
    if (piece === null) {
      this.#fail(notHttp());
      return;
    }
    for (const data of piece.data) this.#bodySink?.(data);
    if (piece.done) this.#finish();
  }

  #finish(): void {
    this.#letGoOfBody();
    this.#over = "done";
    this.#settleEnd?.resolve();
    this.#settleEnd = null;
  }

  #ended(error: Error | null): void {
    this.#end = { error };
    if (this.#body !== null || this.#head === null) this.#settleAtEnd(error);
    else if (this.#over === "done") this.#over = closed();
  }

  /** The connection is over: a body without a length is then complete, anything else was cut. */
  #settleAtEnd(error: Error | null): void {
    if (this.#over === "done") {
      this.#over = closed();
    } else if (error === null && this.#body !== null && !declaresLength(this.#head?.headers)) {
      this.#finish();
      this.#over = closed();
    } else {
      this.#fail(error ?? closed());
    }
  }

  #fail(error: Error): void {
    this.#over ??= error;
    this.#settleHead?.reject(error);
    this.#settleHead = null;
    this.#endBody(error);
    this.connection.close();
  }

  #endBody(error: Error): void {
    if (this.#body !== null) this.#cut = error;
    this.#letGoOfBody();
    this.#settleEnd?.reject(error);
    this.#settleEnd = null;
  }

  /** The connection's listeners keep the exchange until there is another one: not all that was read as well. */
  #letGoOfBody(): void {
    this.#body = null;
    this.#bodySink = null;
  }
}

function declaresLength(headers: Headers | undefined): boolean {
  return headers !== undefined && (headers.has("content-length") || headers.has("transfer-encoding"));
}

function closed(): EngineError {
  return new EngineError("unavailable", "the engine closed the connection");
}

function notHttp(): EngineError {
  return new EngineError("system", "the engine's answer is not HTTP");
}

/** The refusal in an answer's body, as Docker words it. */
export function engineErrorOf(status: number, body: string): EngineError {
  return new EngineError(errorKindOf(status), messageOf(body) ?? `request returned status ${status}`);
}

function messageOf(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || !("message" in value)) return null;
    return typeof value.message === "string" ? value.message : null;
  } catch {
    return null;
  }
}
