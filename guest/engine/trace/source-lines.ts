/**
 * Where a place of the bundle came from: main.lines, which kernel-image/source-lines.ts writes and describes. It is used as
 * it lies on disk: to read thousands of lines of text would take the machine a second.
 */

export interface SourcePlace {
  /** In the project: guest/runtime/mounts.ts */
  readonly file: string;
  readonly line: number;
}

/** How many entries and how many files there are stands before them. */
const HEADER = 2;

export class SourceLines {
  readonly #lines: Uint16Array;
  readonly #columns: Uint16Array;
  readonly #sources: Uint16Array;
  /** The first entry of each file. */
  readonly #firsts: Uint16Array;
  readonly #files: readonly string[];

  /** `bytes` begin at an even address. */
  constructor(bytes: Uint8Array, decode: (bytes: Uint8Array) => string) {
    let at = bytes.byteOffset;
    const take = (count: number): Uint16Array => {
      const numbers = new Uint16Array(bytes.buffer, at, count);
      at += numbers.byteLength;
      return numbers;
    };
    const [entries = 0, files = 0] = take(HEADER);
    this.#lines = take(entries);
    this.#columns = take(entries);
    this.#sources = take(entries);
    this.#firsts = take(files);
    this.#files = decode(bytes.subarray(at - bytes.byteOffset)).split("\n");
  }

  /** Both numbers are counted from 1. null: not from any file. */
  find(line: number, column: number): SourcePlace | null {
    for (let at = lastUpTo(this.#lines, line); at >= 0; at--) {
      const begin = this.#lines[at] ?? 0;
      const from = this.#columns[at] ?? 0;
      const source = this.#sources[at] ?? 0;
      if (from === 0) return this.#place(at, source + line - begin);
      if (begin === line && from <= column) return this.#place(at, source);
    }
    return null;
  }

  #place(entry: number, line: number): SourcePlace {
    return { file: this.#files[lastUpTo(this.#firsts, entry)] ?? "", line };
  }
}

/** Index of the last of the ascending numbers that is not above `limit`; -1 when all are. */
function lastUpTo(numbers: Uint16Array, limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
