/**
 * The source map of the guest's bundle, as much of it as the trace in the guest needs: which line of which file a place
 * of the bundle came from. A hundredth of the map's size, packed.
 *
 * A text. "=guest/sys/linux.ts" says the file of what follows. "LINE SOURCE" says that from LINE of the bundle on each line is
 * the next one of the file, beginning with SOURCE; "LINE:COLUMN SOURCE" says so of what stands behind COLUMN in that line
 * only. All numbers are decimal, counted from 1, and LINE is the distance to the LINE before.
 */
export interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

interface Mapping {
  readonly line: number;
  readonly column: number;
  readonly source: number;
  readonly sourceLine: number;
}

/** `toPath` makes the project's path of a file from the map's. */
export function packSourceLines(bundle: string, map: SourceMap, toPath: (source: string) => string): string {
  const indents = bundle.split("\n").map((line) => line.search(/\S|$/));
  const out: string[] = [];
  let file = -1;
  let written = 0;
  /** What a reader of the text would believe of the next mapping. */
  let run = { line: 0, sourceLine: 0 };
  let last: Mapping | null = null;
  for (const mapping of decodeMappings(map.mappings)) {
    const { line, column, source, sourceLine } = mapping;
    // White space at the beginning of a line is mapped to the line before.
    if (column <= (indents[line - 1] ?? 0)) continue;
    const first = last?.line !== line;
    const believed = first ? run.sourceLine + line - run.line : last?.sourceLine;
    last = mapping;
    if (source === file && sourceLine === believed) continue;
    if (source !== file) out.push(`=${toPath(map.sources[source] ?? "")}`);
    file = source;
    out.push(`${line - written}${first ? "" : `:${column}`} ${sourceLine}`);
    written = line;
    if (first) run = { line, sourceLine };
  }
  return `${out.join("\n")}\n`;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CONTINUES = 32;

/** Source map revision 3: segments of a line by commas, lines by semicolons, each number relative to the one before. */
function* decodeMappings(mappings: string): Generator<Mapping> {
  let source = 0;
  let sourceLine = 0;
  const lines = mappings.split(";");
  for (const [index, text] of lines.entries()) {
    let column = 0;
    for (const segment of text === "" ? [] : text.split(",")) {
      const [columns = 0, sources, sourceLines] = decodeNumbers(segment);
      column += columns;
      if (sources === undefined || sourceLines === undefined) continue;
      source += sources;
      sourceLine += sourceLines;
      yield { line: index + 1, column: column + 1, source, sourceLine: sourceLine + 1 };
    }
  }
}

/** Base64 VLQ: five bits a digit, the lowest first; the lowest bit of all is the sign. */
function decodeNumbers(segment: string): readonly number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = BASE64.indexOf(character);
    value += (digit & (CONTINUES - 1)) << shift;
    shift += 5;
    if ((digit & CONTINUES) !== 0) continue;
    numbers.push((value & 1) === 0 ? value >> 1 : -(value >> 1));
    value = 0;
    shift = 0;
  }
  return numbers;
}
