/**
 * The source map of the guest's bundle, as much of it as the trace in the guest needs: which line of which file a place
 * of the bundle came from. A thirtieth of the map's size, packed.
 *
 * Numbers of 16 bits, little endian: how many entries and how many files there are; each entry's line in the bundle
 * (ascending), each one's column, each one's line in the source; the first entry of each file. Then the files' names in the
 * project, a line each. An entry with column 0 says that from its line on each line is the next one of the file; another
 * says where what stands behind its column in that line came from, and nothing of the lines that follow. Lines and columns are
 * counted from 1.
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

interface Entry {
  readonly line: number;
  readonly column: number;
  readonly sourceLine: number;
}

/** `toPath` makes the project's path of a file from the map's. */
export function packSourceLines(bundle: string, map: SourceMap, toPath: (source: string) => string): Uint8Array {
  const indents = bundle.split("\n").map((line) => line.search(/\S|$/));
  const entries: Entry[] = [];
  const files: { readonly first: number; readonly path: string }[] = [];
  let file = -1;
  /** What a reader of the entries would believe of the next mapping. */
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
    if (source !== file) files.push({ first: entries.length, path: toPath(map.sources[source] ?? "") });
    file = source;
    entries.push({ line, column: first ? 0 : column, sourceLine });
    if (first) run = { line, sourceLine };
  }
  return Buffer.concat([
    packNumbers([entries.length, files.length]),
    packNumbers(entries.map(({ line }) => line)),
    packNumbers(entries.map(({ column }) => column)),
    packNumbers(entries.map(({ sourceLine }) => sourceLine)),
    packNumbers(files.map(({ first }) => first)),
    Buffer.from(files.map(({ path }) => path).join("\n")),
  ]);
}

const BYTES = 2;
const LARGEST = 0xffff;

function packNumbers(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * BYTES);
  for (const [index, number] of numbers.entries()) {
    if (number > LARGEST) throw new Error(`the bundle is too large for its line numbers: ${number}`);
    bytes.writeUInt16LE(number, index * BYTES);
  }
  return bytes;
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
