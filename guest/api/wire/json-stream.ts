import type { TextCodec } from "./text.ts";

const NEWLINE = 10;

/** A stream of JSON objects, as events and progress come: each ends with a line break, which no JSON string contains. */
export class JsonStreamReader {
  readonly #text: TextCodec;
  #pending = new Uint8Array(0);

  constructor(text: TextCodec) {
    this.#text = text;
  }

  push(piece: Uint8Array): readonly unknown[] {
    const bytes = this.#pending.length === 0 ? piece : concat(this.#pending, piece);
    const values: unknown[] = [];
    let start = 0;
    let end = bytes.indexOf(NEWLINE, bytes.length - piece.length);
    while (end >= 0) {
      const value = parse(this.#text.decode(bytes.subarray(start, end)));
      if (value !== undefined) {
        values.push(value);
        start = end + 1;
      }
      end = bytes.indexOf(NEWLINE, end + 1);
    }
    this.#pending = bytes.slice(start);
    return values;
  }
}

/** undefined: not complete yet (an object spread over lines). */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
