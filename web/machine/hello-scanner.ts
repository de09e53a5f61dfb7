import { encodeFrame, FrameType } from "../../guest/api/wire/pipe.ts";

/**
 * Finds the guest's answer to one HELLO in a stream that may start in the middle of a frame: the console of a restored
 * machine first delivers what it had half sent when it was saved.
 */
export class HelloScanner {
  readonly #pattern: Uint8Array;
  #matched = 0;

  constructor(nonce: Uint8Array) {
    this.#pattern = encodeFrame(FrameType.hello, 0, nonce);
  }

  /** What follows the answer, or null while it has not come. */
  push(bytes: Uint8Array): Uint8Array | null {
    for (let at = 0; at < bytes.length; at++) {
      this.#step(bytes[at] ?? 0);
      if (this.#matched === this.#pattern.length) return bytes.subarray(at + 1);
    }
    return null;
  }

  /** The first byte of the pattern may come again inside it (the nonce is random), so step back by trying shorter ones. */
  #step(byte: number): void {
    while (this.#matched > 0 && byte !== this.#pattern[this.#matched]) this.#matched = this.#shorterMatch();
    if (byte === this.#pattern[this.#matched]) this.#matched++;
  }

  /** The longest proper prefix of the pattern that ends what has matched so far (Knuth, Morris, Pratt). */
  #shorterMatch(): number {
    for (let length = this.#matched - 1; length > 0; length--) {
      const start = this.#matched - length;
      if (this.#pattern.subarray(0, length).every((byte, index) => byte === this.#pattern[start + index]))
        return length;
    }
    return 0;
  }
}
