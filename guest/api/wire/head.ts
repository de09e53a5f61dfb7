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

/** Collects pieces until a head is complete. After "head" or "error" it starts anew. */
export class HeadReader {
  #text = "";

  push(piece: Uint8Array): HeadResult {
    const before = this.#text.length;
    const text = before === 0 ? latin1(piece) : this.#text + latin1(piece);
    const end = findHeadEnd(text, before);
    if (end === null) {
      if (text.length > MAX_HEAD) return this.#fail(431, "Request Header Fields Too Large");
      this.#text = text;
      return MORE;
    }
    if (end.at > MAX_HEAD) return this.#fail(431, "Request Header Fields Too Large");
    this.#text = "";
    const head = parseHead(text.slice(0, end.at));
    if (head === null) return { kind: "error", status: 400, message: "Bad Request" };
    return { kind: "head", head, rest: piece.subarray(end.at + end.length - before) };
  }

  /** Whether a head has been begun. */
  get partial(): boolean {
    return this.#text !== "";
  }

  #fail(status: 400 | 431, message: string): HeadResult {
    this.#text = "";
    return { kind: "error", status, message };
  }
}

/** CRLF CRLF, or LF LF as typed by hand; whichever comes first. The search goes on just before the newest piece. */
function findHeadEnd(text: string, before: number): { at: number; length: number } | null {
  const from = before < 3 ? 0 : before - 3;
  const crlf = text.indexOf("\r\n\r\n", from);
  const lf = text.indexOf("\n\n", from);
  if (crlf >= 0 && (lf < 0 || crlf < lf)) return { at: crlf, length: 4 };
  return lf < 0 ? null : { at: lf, length: 2 };
}

/** null: not HTTP. */
export function parseHead(text: string): Head | null {
  if (text.includes("\0")) return null;
  const lines = text.split("\n");
  const startLine = withoutReturn(lines[0] ?? "");
  if (startLine === null || startLine === "") return null;
  const headers = new Map<string, string>();
  for (let n = 1; n < lines.length; n++) {
    const line = withoutReturn(lines[n] ?? "");
    if (line === null || !addHeader(headers, line)) return null;
  }
  return { startLine, headers };
}

/** The line without its CR; null when one stands in the middle. */
function withoutReturn(line: string): string | null {
  const at = line.indexOf("\r");
  if (at < 0) return line;
  return at === line.length - 1 ? line.slice(0, at) : null;
}

/** False for a folded line, a missing colon, or a name with blanks: all refused by RFC 9112 section 5. */
function addHeader(headers: Map<string, string>, line: string): boolean {
  const colon = line.indexOf(":");
  if (colon <= 0) return false;
  const name = line.slice(0, colon).toLowerCase();
  if (name.includes(" ") || name.includes("\t")) return false;
  const value = line.slice(colon + 1).trim();
  const before = headers.get(name);
  headers.set(name, before === undefined ? value : `${before}, ${value}`);
  return true;
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
  if (!isMethod(method) || target === "" || target.includes(" ")) return null;
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
