import { EngineError } from "../contract/errors.ts";
import type { Headers } from "../wire/head.ts";
import { isTrue, parseQuery, parseQueryAll } from "../wire/query.ts";
import type { TextCodec } from "../wire/text.ts";
import type { TakenBody } from "./connection.ts";
import type { Params } from "./router.ts";

/** A whole request, as handlers see it: path without version, decoded. */
export class ApiRequest {
  readonly method: string;
  readonly params: Params;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** For routes whose body is a stream. Until it is called, a refusal is still an ordinary answer. */
  readonly takeBody: () => TakenBody;
  readonly #query: string;
  readonly #text: TextCodec;
  #parsed: ReadonlyMap<string, string> | null = null;

  constructor(parts: {
    readonly method: string;
    readonly params: Params;
    readonly headers: Headers;
    readonly body: Uint8Array;
    readonly takeBody: (() => TakenBody) | null;
    readonly query: string;
    readonly text: TextCodec;
  }) {
    this.method = parts.method;
    this.params = parts.params;
    this.headers = parts.headers;
    this.body = parts.body;
    this.takeBody = parts.takeBody ?? noBody;
    this.#query = parts.query;
    this.#text = parts.text;
  }

  encode(text: string): Uint8Array {
    return this.#text.encode(text);
  }

  /** A part of the path; the route's pattern says that it is there. */
  param(name: string): string {
    return this.params[name] ?? "";
  }

  query(name: string): string | undefined {
    this.#parsed ??= parseQuery(this.#query);
    return this.#parsed.get(name);
  }

  /** Every value of a name that may come more than once. */
  queryAll(name: string): readonly string[] {
    return parseQueryAll(this.#query, name);
  }

  flag(name: string): boolean {
    return isTrue(this.query(name));
  }

  /** A whole number of the query; `fallback` when it is absent or empty. */
  integer(name: string, fallback: number): number {
    const text = this.query(name);
    if (text === undefined || text === "") return fallback;
    const value = Number(text);
    if (Number.isInteger(value)) return value;
    throw new EngineError("invalid", `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  }

  /** The body as a JSON object. Its fields are checked where they are used. */
  json(): object {
    const value = parseJson(this.#text.decode(this.body));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    throw new EngineError("invalid", "invalid JSON: the body is not an object");
  }
}

function noBody(): never {
  throw new EngineError("invalid", "missing request body");
}

function parseJson(text: string): unknown {
  if (text.trim() === "") throw new EngineError("invalid", "invalid JSON: got EOF while reading request body");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError("invalid", `invalid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
