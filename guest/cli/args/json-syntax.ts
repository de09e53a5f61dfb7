/** What Go's encoding/json says of a text that is not JSON (RFC 8259): its words name the byte that it did not expect. */
import { quoteGo } from "../output/text.ts";

export type JsonProblem = { readonly kind: "character"; readonly message: string } | { readonly kind: "end" };

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DIGIT_0 = 0x30;
const WHITE = new Set([SPACE, 0x09, 0x0a, 0x0d]);
const ESCAPES = new Set([...'bfnrt\\/"'].map((letter) => letter.charCodeAt(0)));
const LITERALS = ["true", "false", "null"];

class Unexpected extends Error {
  readonly problem: JsonProblem;

  constructor(problem: JsonProblem) {
    super(problem.kind);
    this.problem = problem;
  }
}

/** null: it is one JSON value. `more`: whatever follows the value is somebody else's. */
export function findJsonProblem(bytes: Uint8Array, more = false): JsonProblem | null {
  try {
    const scanner = new Scanner(bytes);
    scanner.value();
    if (!more) scanner.finish();
    return null;
  } catch (error) {
    if (error instanceof Unexpected) return error.problem;
    throw error;
  }
}

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  value(): void {
    this.#skipWhite();
    const byte = this.#peek();
    if (byte === QUOTE) this.#text();
    else if (byte === 0x7b) this.#object();
    else if (byte === 0x5b) this.#list();
    else if (byte === 0x2d || isDigit(byte)) this.#number();
    else this.#literal();
  }

  finish(): void {
    while (WHITE.has(this.#peek()) && this.#at < this.#bytes.length) this.#at++;
    if (this.#at < this.#bytes.length) this.#refuse("after top-level value");
  }

  #object(): void {
    this.#at++;
    this.#skipWhite();
    if (this.#take("}")) return;
    do {
      this.#skipWhite();
      if (this.#peek() !== QUOTE) this.#refuse("looking for beginning of object key string");
      this.#text();
      this.#skipWhite();
      if (!this.#take(":")) this.#refuse("after object key");
      this.value();
      this.#skipWhite();
    } while (this.#take(","));
    if (!this.#take("}")) this.#refuse("after object key:value pair");
  }

  #list(): void {
    this.#at++;
    this.#skipWhite();
    if (this.#take("]")) return;
    do {
      this.value();
      this.#skipWhite();
    } while (this.#take(","));
    if (!this.#take("]")) this.#refuse("after array element");
  }

  #text(): void {
    this.#at++;
    for (;;) {
      const byte = this.#peek();
      if (byte < SPACE) this.#refuse("in string literal");
      this.#at++;
      if (byte === QUOTE) return;
      if (byte === BACKSLASH) this.#escape();
    }
  }

  #escape(): void {
    const byte = this.#peek();
    if (ESCAPES.has(byte)) this.#at++;
    else if (byte === 0x75) {
      this.#at++;
      for (let count = 0; count < 4; count++) {
        if (!/[0-9a-fA-F]/.test(String.fromCharCode(this.#peek()))) {
          this.#refuse("in \\u hexadecimal character escape");
        }
        this.#at++;
      }
    } else this.#refuse("in string escape code");
  }

  #number(): void {
    if (this.#peek() === 0x2d) this.#at++;
    if (this.#peek() === DIGIT_0) this.#at++;
    else this.#digits("in numeric literal");
    if (this.#take(".")) this.#digits("after decimal point in numeric literal");
    if (this.#take("e") || this.#take("E")) {
      if (!this.#take("+")) this.#take("-");
      this.#digits("in exponent of numeric literal");
    }
  }

  #digits(place: string): void {
    if (!isDigit(this.#peek())) this.#refuse(place);
    while (isDigit(this.#peek())) this.#at++;
  }

  #literal(): void {
    const first = String.fromCharCode(this.#peek());
    const literal = LITERALS.find((one) => one.startsWith(first)) ?? this.#refuse("looking for beginning of value");
    for (const letter of literal) {
      if (!this.#take(letter)) this.#refuse(`in literal ${literal} (expecting ${quoteByte(letter.charCodeAt(0))})`);
    }
  }

  #take(letter: string): boolean {
    if (this.#peek() !== letter.charCodeAt(0)) return false;
    this.#at++;
    return true;
  }

  #skipWhite(): void {
    while (WHITE.has(this.#peek())) this.#at++;
  }

  /** At its end Go looks at a space, to see whether the value could have been over. */
  #peek(): number {
    const byte = this.#bytes[this.#at];
    if (byte !== undefined) return byte;
    if (this.#at > this.#bytes.length) throw new Unexpected({ kind: "end" });
    return SPACE;
  }

  #refuse(place: string): never {
    throw new Unexpected({ kind: "character", message: `invalid character ${quoteByte(this.#peek())} ${place}` });
  }
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_0 + 9;
}

function quoteByte(byte: number): string {
  const letter = String.fromCharCode(byte);
  if (letter === "'") return "'\\''";
  return letter === '"' ? `'"'` : `'${quoteGo(letter).slice(1, -1)}'`;
}
