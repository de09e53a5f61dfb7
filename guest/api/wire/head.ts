import { latin1 } from "./text.ts";

/** The largest request or response head: start line and headers (RFC 9112, 431 beyond it). */
export const MAX_HEAD = 64 * 1024;

/** Names are lower case; repeated headers are joined with ", ". */
export type Headers = ReadonlyMap<string, string>;

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

  push(piece: Uint8Array): HeadResult {
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

/** null: not HTTP. Lines end with CR LF, or all of them with LF alone. */
export function parseHead(text: string): Head | null {
  const separator = text.indexOf("\r") < 0 ? "\n" : "\r\n";
  const lines = text.split(separator);
  // A CR or LF that is not part of a line's end, and zero bytes, have no place in a head. Split is the cheapest count.
  if (separator === "\r\n" && (text.split("\r").length !== lines.length || text.split("\n").length !== lines.length)) {
    return null;
  }
  if (text.indexOf("\0") >= 0) return null;
  const startLine = lines[0] ?? "";
  if (startLine === "") return null;
  const names = text.toLowerCase().split(separator);
  const headers = new Map<string, string>();
  for (let n = 1; n < lines.length; n++) {
    const line = lines[n] ?? "";
    const colon = line.indexOf(":");
    // A folded line, a missing colon, a name with blanks: all refused by RFC 9112 section 5.
    if (colon <= 0) return null;
    const name = (names[n] ?? "").slice(0, colon);
    if (name.indexOf(" ") >= 0 || name.indexOf("\t") >= 0) return null;
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { startLine, headers };
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
  if (!isMethod(method) || target === "" || target.indexOf(" ") >= 0) return null;
  return { method, target, minor: version === "HTTP/1.1" ? 1 : 0 };
}

function isMethod(text: string): boolean {
  if (text.length > 16) return false;
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n);
    if (code < 65 || code > 90) return false;
  }
  return true;
}

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
