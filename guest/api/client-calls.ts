/** How a call of the Engine API is made: a request on a connection, and what becomes of its answer. */
import {
  type Connection,
  Exchange,
  type ExchangeHead,
  type ExchangeRequest,
  engineErrorOf,
  type RawStream,
  type Transport,
} from "./client-exchange.ts";
import type { Subscription } from "./client-options.ts";
import { EngineError } from "./contract/errors.ts";
import { API_VERSION } from "./contract/versions.ts";
import { JsonStreamReader } from "./wire/json-stream.ts";
import { formatQuery, type QueryValue } from "./wire/query.ts";
import type { TextCodec } from "./wire/text.ts";

const PREFIX = `/v${API_VERSION}`;

export interface Started {
  readonly exchange: Exchange;
  readonly head: ExchangeHead;
  readonly bodiless: boolean;
}

export interface Sent {
  readonly exchange: Exchange;
  readonly head: Promise<ExchangeHead>;
}

/** What EngineClient is made of. One idle connection is kept for the next call. */
export class EngineCalls {
  readonly #transport: Transport;
  #idle: Connection | null;
  /** Goes with every request from now on: what is done for it can be told in the trace. */
  traceWord: string | null = null;

  /** `idle` may be a connection that another client has let go of. */
  constructor(transport: Transport, idle: Connection | null = null) {
    this.#transport = transport;
    this.#idle = idle;
  }

  /** Drops the idle connection. */
  close(): void {
    this.takeIdle()?.close();
  }

  /** Gives the idle connection away. */
  takeIdle(): Connection | null {
    const idle = this.#idle;
    this.#idle = null;
    return idle;
  }

  protected get codec(): TextCodec {
    return this.#transport.text;
  }

  protected json<T>(
    method: string,
    path: string,
    query: Readonly<Record<string, QueryValue>> = {},
    body?: unknown,
  ): Promise<T> {
    return this.#call({ method, target: PREFIX + path + formatQuery(query), body }, (bytes) => this.#parse(bytes) as T);
  }

  /** A list of objects that have these members; whether they have others is not said. */
  protected rows<T>(
    path: string,
    query: Readonly<Record<string, QueryValue>>,
    members: readonly string[],
  ): Promise<readonly T[]> {
    return this.#call({ method: "GET", target: PREFIX + path + formatQuery(query) }, (bytes) => {
      const rows = this.codec.rows?.(bytes, members) ?? this.#parse(bytes);
      return rows as readonly T[];
    });
  }

  #parse(bytes: Uint8Array): unknown {
    return JSON.parse(this.codec.decode(bytes));
  }

  protected plain(
    method: string,
    path: string,
    query: Readonly<Record<string, QueryValue>>,
    body?: unknown,
  ): Promise<void> {
    return this.#call({ method, target: PREFIX + path + formatQuery(query), body }, () => undefined);
  }

  /** `call` says the version. All in one function: every further one that awaits would cost as much as reading the answer's head. */
  async #call<T>(call: ExchangeRequest, read: (body: Uint8Array) => T): Promise<T> {
    const request = this.#marked(call);
    const idle = this.#sendOnIdle(request);
    let { exchange, head } = idle ?? send(await this.#open(), request);
    let status: number;
    try {
      ({ status } = await head);
    } catch (error) {
      // Its engine ended while we asked (RFC 9112, 9.3.1): what changes nothing may be asked once more.
      if (idle === null || request.method !== "GET") throw error;
      ({ exchange, head } = send(await this.#open(), request));
      ({ status } = await head);
    }
    const body = exchange.readBytes(isBodiless(status));
    const bytes = body instanceof Uint8Array ? body : await body;
    this.keep(exchange);
    if (status >= 400) throw engineErrorOf(status, this.codec.decode(bytes));
    return read(bytes);
  }

  protected async raw(request: ExchangeRequest): Promise<RawStream> {
    const { exchange } = await this.start(request);
    return exchange.takeRaw();
  }

  /** Sends, and gives the exchange when the answer is a success (or 304); a refusal is thrown. */
  protected async start(call: ExchangeRequest): Promise<Started> {
    const request = this.#marked(versioned(call));
    const { exchange, head: answer } = this.#sendOnIdle(request) ?? send(await this.#open(), request);
    const head = await answer;
    const bodiless = request.method === "HEAD" || isBodiless(head.status);
    if (head.status < 400) return { exchange, head, bodiless };
    const text = await exchange.readText(bodiless);
    this.keep(exchange);
    throw engineErrorOf(head.status, text);
  }

  /** Each value of an answer that goes on is given to `onValue`, until somebody closes. */
  protected async listen(target: string, onValue: (value: unknown) => void): Promise<Subscription> {
    const { exchange, bodiless } = await this.start({ method: "GET", target });
    const reader = new JsonStreamReader(this.codec);
    const closed = exchange.readBody(bodiless, (data) => {
      for (const value of reader.push(data)) onValue(value);
    });
    return { closed, close: () => exchange.connection.close() };
  }

  /** As it is: without a version, and whatever the answer's status. */
  protected async send(call: ExchangeRequest): Promise<Sent> {
    const request = this.#marked(call);
    return this.#sendOnIdle(request) ?? send(await this.#open(), request);
  }

  /** On a connection of its own, which somebody else writes to. */
  protected async upload(call: ExchangeRequest): Promise<Sent> {
    return send(await this.#open(), versioned(call));
  }

  #marked(request: ExchangeRequest): ExchangeRequest {
    return this.traceWord === null ? request : { ...request, trace: this.traceWord };
  }

  /** null: there is none, or its engine has ended, and a new one has not read what could not be written. */
  #sendOnIdle(request: ExchangeRequest): Sent | null {
    const idle = this.takeIdle();
    if (idle === null) return null;
    try {
      return send(new Exchange(idle, this.#transport.text), request);
    } catch {
      idle.close();
      return null;
    }
  }

  async #open(): Promise<Exchange> {
    try {
      return new Exchange(await this.#transport.open(), this.#transport.text);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      throw new EngineError("unavailable", error instanceof Error ? error.message : String(error));
    }
  }

  protected keep(exchange: Exchange): void {
    const { connection } = exchange;
    if (!exchange.reusable || this.#idle !== null) {
      connection.close();
      return;
    }
    this.#idle = connection;
    connection.onEnd(() => {
      if (this.#idle === connection) this.close();
    });
  }
}

function send(exchange: Exchange, request: ExchangeRequest): Sent {
  return { exchange, head: exchange.send(request) };
}

function versioned(call: ExchangeRequest): ExchangeRequest {
  return { ...call, target: PREFIX + call.target };
}

export function isBodiless(status: number): boolean {
  return status === 204 || status === 304 || status < 200;
}
