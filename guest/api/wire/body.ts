import { ChunkedDecoder } from "./chunked.ts";
import { type Headers, hasToken } from "./head.ts";

/** How the end of a body is known (RFC 9112 section 6). */
export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

/** A request without a length has no body; null: the headers contradict each other. */
export function requestFraming(headers: Headers): BodyFraming | null {
  return declaredFraming(headers);
}

/** A response without a length ends with the connection. `bodiless`: HEAD, 1xx, 204, 304. */
export function responseFraming(headers: Headers, bodiless: boolean): BodyFraming | null {
  if (bodiless) return { kind: "none" };
  const declared = declaredFraming(headers);
  if (declared?.kind === "none" && !headers.has("content-length")) return { kind: "close" };
  return declared;
}

function declaredFraming(headers: Headers): BodyFraming | null {
  const encoding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  if (encoding !== undefined) {
    return hasToken(encoding, "chunked") && length === undefined ? { kind: "chunked" } : null;
  }
  if (length === undefined) return { kind: "none" };
  return DECIMAL.test(length) ? { kind: "length", length: Number(length) } : null;
}

const DECIMAL = /^\d{1,15}$/;

export interface BodyPiece {
  readonly data: readonly Uint8Array[];
  readonly done: boolean;
  /** What follows the body: the next message. */
  readonly rest: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** Takes the body out of the bytes of a connection, piece by piece. */
export class BodyReader {
  readonly #framing: BodyFraming;
  readonly #chunks = new ChunkedDecoder();
  #left: number;

  constructor(framing: BodyFraming) {
    this.#framing = framing;
    this.#left = framing.kind === "length" ? framing.length : 0;
  }

  /** null: the chunked coding is broken. */
  push(piece: Uint8Array): BodyPiece | null {
    switch (this.#framing.kind) {
      case "none":
        return { data: [], done: true, rest: piece };
      case "close":
        return { data: [piece], done: false, rest: NOTHING };
      case "chunked":
        return this.#chunks.push(piece);
      case "length":
        return this.#take(piece);
    }
  }

  #take(piece: Uint8Array): BodyPiece {
    if (piece.length < this.#left) {
      this.#left -= piece.length;
      return { data: [piece], done: false, rest: NOTHING };
    }
    const data = this.#left === 0 ? [] : [piece.subarray(0, this.#left)];
    const rest = piece.subarray(this.#left);
    this.#left = 0;
    return { data, done: true, rest };
  }
}
