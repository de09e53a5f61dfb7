/** Where a place of the bundle came from: reads main.lines, which kernel-image/source-lines.ts writes and describes. */

export interface SourcePlace {
  /** In the project: guest/runtime/mounts.ts */
  readonly file: string;
  readonly line: number;
}

interface Entry {
  readonly line: number;
  /** 0: the whole line, and those that follow. */
  readonly column: number;
  readonly file: string;
  readonly sourceLine: number;
}

export class SourceLines {
  readonly #entries: readonly Entry[];

  constructor(text: string) {
    this.#entries = parseEntries(text);
  }

  /** Both numbers are counted from 1. null: not from any file. */
  find(line: number, column: number): SourcePlace | null {
    for (let at = this.#lastUpTo(line); at >= 0; at--) {
      const entry = this.#entries[at];
      if (entry === undefined) return null;
      if (entry.column === 0) return { file: entry.file, line: entry.sourceLine + line - entry.line };
      if (entry.line === line && entry.column <= column) return { file: entry.file, line: entry.sourceLine };
    }
    return null;
  }

  /** Index of the last entry of that line or one before; -1 when there is none. */
  #lastUpTo(line: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.line ?? 0) <= line) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function parseEntries(text: string): readonly Entry[] {
  const entries: Entry[] = [];
  let file = "";
  let line = 0;
  for (const row of text.split("\n")) {
    if (row.startsWith("=")) file = row.slice(1);
    else if (row !== "") {
      const [place = "", sourceLine] = row.split(" ");
      const [distance, column = 0] = place.split(":");
      line += Number(distance);
      entries.push({ line, column: Number(column), file, sourceLine: Number(sourceLine) });
    }
  }
  return entries;
}
