/** Where a place of the bundle came from: reads main.lines, which kernel-image/source-lines.ts writes and describes. */

export interface SourcePlace {
  /** In the project: guest/runtime/mounts.ts */
  readonly file: string;
  readonly line: number;
}

/** Numbers of an entry: line of the bundle, column (0: the whole line and those that follow), line of the source, file. */
const LINE = 0;
const COLUMN = 1;
const SOURCE = 2;
const FILE = 3;
const ENTRY = 4;

/** Thousands of entries: as numbers beside each other they take a tenth of what objects would. */
export class SourceLines {
  readonly #files: string[] = [];
  readonly #entries: Int32Array;

  constructor(text: string) {
    const rows = text.split("\n");
    this.#entries = new Int32Array(rows.length * ENTRY);
    let count = 0;
    let line = 0;
    for (const row of rows) {
      if (row.startsWith("=")) this.#files.push(row.slice(1));
      else if (row !== "") {
        const [place = "", source] = row.split(" ");
        const [distance, column = 0] = place.split(":");
        line += Number(distance);
        this.#entries.set([line, Number(column), Number(source), this.#files.length - 1], count * ENTRY);
        count += 1;
      }
    }
    this.#entries = this.#entries.slice(0, count * ENTRY);
  }

  /** Both numbers are counted from 1. null: not from any file. */
  find(line: number, column: number): SourcePlace | null {
    for (let at = this.#lastUpTo(line); at >= 0; at--) {
      const file = this.#files[this.#number(at, FILE)] ?? "";
      const source = this.#number(at, SOURCE);
      const from = this.#number(at, COLUMN);
      if (from === 0) return { file, line: source + line - this.#number(at, LINE) };
      if (this.#number(at, LINE) === line && from <= column) return { file, line: source };
    }
    return null;
  }

  /** Index of the last entry of that line or one before; -1 when there is none. */
  #lastUpTo(line: number): number {
    let low = 0;
    let high = this.#entries.length / ENTRY;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#number(middle, LINE) <= line) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #number(entry: number, which: number): number {
    return this.#entries[entry * ENTRY + which] ?? 0;
  }
}
