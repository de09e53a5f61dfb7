import { latin1 } from "./text.ts";

/** Chunked transfer coding (RFC 9112 section 7.1). Extensions and trailers are read over, within bounds. */
export interface ChunkedPiece {
  readonly data: readonly Uint8Array[];
  readonly done: boolean;
  readonly rest: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const LF = 10;
const MAX_LINE = 4096;
const MAX_TRAILERS = 16 * 1024;

type State = "size" | "data" | "data-end" | "trailer";

export class ChunkedDecoder {
  #state: State = "size";
  #left = 0;
  #line = "";
  #trailers = 0;

  /** null: not the chunked coding. */
  push(piece: Uint8Array): ChunkedPiece | null {
    const data: Uint8Array[] = [];
    let at = 0;
    while (at < piece.length) {
      if (this.#state === "data") {
        const end = Math.min(piece.length, at + this.#left);
        data.push(piece.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = "data-end";
        continue;
      }
      const end = this.#readLine(piece, at);
      if (end === null) return null;
      at = end.at;
      if (!end.complete) break;
      const line = this.#line;
      this.#line = "";
      if (this.#state === "trailer" && line === "") return { data, done: true, rest: piece.subarray(at) };
      if (!this.#endOfLine(line)) return null;
    }
    return { data, done: false, rest: NOTHING };
  }

  #endOfLine(line: string): boolean {
    switch (this.#state) {
      case "data-end":
        this.#state = "size";
        return line === "";
      case "trailer":
        this.#trailers += line.length + 2;
        return this.#trailers <= MAX_TRAILERS;
      case "size": {
        const size = parseChunkSize(line);
        if (size === null) return false;
        this.#left = size;
        this.#state = size === 0 ? "trailer" : "data";
        return true;
      }
      case "data":
        return false;
    }
  }

  /** Adds to the current line up to LF; null when it grows past its bound. */
  #readLine(piece: Uint8Array, from: number): { at: number; complete: boolean } | null {
    const end = piece.indexOf(LF, from);
    const stop = end < 0 ? piece.length : end;
    if (this.#line.length + stop - from > MAX_LINE) return null;
    const line = this.#line + latin1(piece.subarray(from, stop));
    // A carriage return stands before the line feed or nowhere.
    const cr = line.indexOf("\r");
    if (cr >= 0 && cr !== line.length - 1) return null;
    this.#line = end >= 0 && cr >= 0 ? line.slice(0, cr) : line;
    return { at: end < 0 ? stop : end + 1, complete: end >= 0 };
  }
}

function parseChunkSize(line: string): number | null {
  const semicolon = line.indexOf(";");
  const digits = (semicolon < 0 ? line : line.slice(0, semicolon)).trim();
  return /^[0-9a-fA-F]{1,8}$/.test(digits) ? Number.parseInt(digits, 16) : null;
}

/** The frame around a chunk of `length` bytes; the data goes between the two. A chunk is never empty. */
export function chunkHead(length: number): string {
  return `${length.toString(16)}\r\n`;
}

export const CHUNK_END = "\r\n";
export const LAST_CHUNK = "0\r\n\r\n";
