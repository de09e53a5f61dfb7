import { latin1 } from "./text.ts";

/** The largest request or response head: start line and headers (RFC 9112, 431 beyond it). */
export const MAX_HEAD = 64 * 1024;
const USUAL_HEAD = 1024;

/** Names are asked for in lower case; repeated headers are joined with ", ". */
export interface Headers {
  get(name: string): string | undefined;
  has(name: string): boolean;
}

export interface Head {
  readonly startLine: string;
  readonly headers: Headers;
}

export type HeadResult =
  | { readonly kind: "more" }
  /** `rest` are the bytes of the last piece that follow the head. */
  | { readonly kind: "head"; readonly head: Head; readonly rest: Uint8Array }
  | { readonly kind: "error"; readonly status: 400 | 431; readonly message: string };

const MORE: HeadResult = { kind: "more" };

/** Text of the bytes, one character a byte, or null when this decoder cannot. */
type Decode = (bytes: Uint8Array) => string;

/** Collects pieces until a head is complete. After "head" or "error" it starts anew. */
export class HeadReader {
  readonly #decode: Decode;
  #text = "";

  /** `decode` is the owner's UTF-8 decoder: native, where Latin-1 is made here byte by byte. */
  constructor(decode: Decode = latin1) {
    this.#decode = decode;
  }

  /** Of a long piece, the body of which comes with the head, only the beginning is read. */
  push(piece: Uint8Array): HeadResult {
    if (piece.length <= USUAL_HEAD) return this.#push(piece);
    const result = this.#push(piece.subarray(0, USUAL_HEAD));
    if (result.kind === "more") return this.push(piece.subarray(USUAL_HEAD));
    return result.kind === "head" ? { ...result, rest: piece.subarray(USUAL_HEAD - result.rest.length) } : result;
  }

  #push(piece: Uint8Array): HeadResult {
    const before = this.#text.length;
    const text = before === 0 ? this.#read(piece) : this.#text + this.#read(piece);
    const from = before < 3 ? 0 : before - 3;
    let at = text.indexOf("\r\n\r\n", from);
    let length = 4;
    // LF LF as typed by hand, when it comes first.
    const bare = text.indexOf("\n\n", from);
    if (bare >= 0 && (at < 0 || bare < at)) {
      at = bare;
      length = 2;
    }
    if (at > MAX_HEAD || (at < 0 && text.length > MAX_HEAD)) return this.#fail(431, "Request Header Fields Too Large");
    if (at < 0) {
      this.#text = text;
      return MORE;
    }
    this.#text = "";
    const head = parseHead(text.slice(0, at));
    if (head === null) return { kind: "error", status: 400, message: "Bad Request" };
    return { kind: "head", head, rest: piece.subarray(at + length - before) };
  }

  /** Whether a head has been begun. */
  get partial(): boolean {
    return this.#text !== "";
  }

  /** UTF-8 gives fewer characters than bytes, except where every byte is a character of its own. */
  #read(piece: Uint8Array): string {
    const text = this.#decode(piece);
    return text.length === piece.length ? text : latin1(piece);
  }

  #fail(status: 400 | 431, message: string): HeadResult {
    this.#text = "";
    return { kind: "error", status, message };
  }
}

/**
 * Header lines, as RFC 9112 section 5 wants them: no folding, no blanks before a colon, and neither a lone CR or LF nor a
 * zero byte anywhere. One expression, because that is one native call.
 */
const HEADERS = /^(?:\r\n[^\r\n\0\t :]+:[^\r\n\0]*)*$/;
/** Everybody says the same headers again and again: so many of them are known, when they are no longer than this. */
const KNOWN_MAX = 32;
const KNOWN_LENGTH = 512;
const known = new Map<string, HeaderLines>();

/** null: not HTTP. Lines end with CR LF, or all of them with LF alone. */
export function parseHead(text: string): Head | null {
  const lines = text.indexOf("\r") < 0 ? text.replaceAll("\n", "\r\n") : text;
  const end = lines.indexOf("\r\n");
  const startLine = end < 0 ? lines : lines.slice(0, end);
  const isLine =
    startLine !== "" && startLine.indexOf("\r") < 0 && startLine.indexOf("\n") < 0 && startLine.indexOf("\0") < 0;
  const headers = isLine ? readHeaders(end < 0 ? "" : lines.slice(end)) : null;
  return headers === null ? null : { startLine, headers };
}

function readHeaders(text: string): Headers | null {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (!HEADERS.test(text)) return null;
  const headers = new HeaderLines(text);
  if (text.length > KNOWN_LENGTH) return headers;
  if (known.size === KNOWN_MAX) known.clear();
  known.set(text, headers);
  return headers;
}

/** Of a dozen headers four are ever asked for, the same four each time: nothing is taken apart before that. */
class HeaderLines implements Headers {
  /** Each line begins with CR LF. */
  readonly #text: string;
  readonly #lowerCase: string;
  /** null: it is not there. */
  readonly #found = new Map<string, string | null>();

  constructor(text: string) {
    this.#text = text;
    this.#lowerCase = text.toLowerCase();
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get(name: string): string | undefined {
    let value = this.#found.get(name);
    if (value === undefined) {
      value = this.#find(`\r\n${name}:`);
      this.#found.set(name, value);
    }
    return value ?? undefined;
  }

  #find(start: string): string | null {
    let all: string | null = null;
    for (let at = this.#lowerCase.indexOf(start); at >= 0; at = this.#lowerCase.indexOf(start, at + 1)) {
      const end = this.#text.indexOf("\r\n", at + start.length);
      const value = this.#text.slice(at + start.length, end < 0 ? undefined : end).trim();
      all = all === null ? value : `${all}, ${value}`;
    }
    return all;
  }
}

export interface RequestLine {
  readonly method: string;
  readonly target: string;
  /** Minor version of HTTP/1.x. */
  readonly minor: 0 | 1;
}

/** "GET /v1.45/info HTTP/1.1"; null when it is anything else. */
export function parseRequestLine(line: string): RequestLine | null {
  const first = line.indexOf(" ");
  const last = line.lastIndexOf(" ");
  if (first <= 0 || last <= first) return null;
  const version = line.slice(last + 1);
  if (version !== "HTTP/1.1" && version !== "HTTP/1.0") return null;
  const method = line.slice(0, first);
  const target = line.slice(first + 1, last);
  if (!(USUAL_METHODS.has(method) || METHOD.test(method)) || target === "" || target.indexOf(" ") >= 0) return null;
  return { method, target, minor: version === "HTTP/1.1" ? 1 : 0 };
}

const METHOD = /^[A-Z]{1,16}$/;
const USUAL_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE"]);

/** The status of "HTTP/1.1 200 OK"; null when it is anything else. */
export function parseStatusLine(line: string): number | null {
  if (!line.startsWith("HTTP/1.1 ") && !line.startsWith("HTTP/1.0 ")) return null;
  const status = Number(line.slice(9, 12));
  const after = line.length === 12 || line[12] === " ";
  return after && Number.isInteger(status) && status >= 100 ? status : null;
}

/** Whether a comma-separated header such as Connection names `token`. */
export function hasToken(value: string | undefined, token: string): boolean {
  if (value === undefined) return false;
  if (value.length === token.length) return value.toLowerCase() === token;
  for (const part of value.split(",")) if (part.trim().toLowerCase() === token) return true;
  return false;
}
