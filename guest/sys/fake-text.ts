/** UTF-8, JSON by its members and text in columns, in plain ECMAScript, for FakeSys: it runs where there is neither the native module nor a TextDecoder. */

const REPLACEMENT = 0xfffd;

export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? REPLACEMENT;
    bytes.push(...encodePoint(point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point));
  }
  return Uint8Array.from(bytes);
}

function encodePoint(point: number): readonly number[] {
  if (point < 0x80) return [point];
  if (point < 0x800) return [0xc0 | (point >> 6), continuation(point, 0)];
  if (point < 0x10000) return [0xe0 | (point >> 12), continuation(point, 6), continuation(point, 0)];
  return [0xf0 | (point >> 18), continuation(point, 12), continuation(point, 6), continuation(point, 0)];
}

function continuation(point: number, shift: number): number {
  return 0x80 | ((point >> shift) & 0x3f);
}

/** Each maximal invalid sequence becomes U+FFFD. */
export function decodeUtf8(data: Uint8Array): string {
  let text = "";
  for (let index = 0; index < data.length; ) {
    const { point, length } = decodePoint(data, index);
    text += String.fromCodePoint(point);
    index += length;
  }
  return text;
}

function decodePoint(data: Uint8Array, index: number): { readonly point: number; readonly length: number } {
  const first = data[index] ?? 0;
  const wanted = sequenceLength(first);
  if (wanted === 1) return { point: first < 0x80 ? first : REPLACEMENT, length: 1 };
  let point = first & (0xff >> (wanted + 1));
  for (let offset = 1; offset < wanted; offset++) {
    const byte = data[index + offset] ?? 0;
    if (!isContinuation(first, offset, byte)) return { point: REPLACEMENT, length: offset };
    point = (point << 6) | (byte & 0x3f);
  }
  return { point, length: wanted };
}

function sequenceLength(first: number): number {
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 1;
}

/** The second byte's range is narrower where overlong forms, surrogates and points over U+10FFFF would begin. */
function isContinuation(first: number, offset: number, byte: number): boolean {
  const low = offset > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = offset > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  return byte >= low && byte <= high;
}

/** null: it is no array of objects. */
export function pickRows(json: string, members: readonly string[]): readonly object[] | null {
  try {
    const rows: unknown = JSON.parse(json);
    return Array.isArray(rows) && rows.every(isObject) ? rows.map((row) => pick(row, members)) : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pick(row: object, members: readonly string[]): object {
  return Object.fromEntries(Object.entries(row).filter(([name]) => members.includes(name)));
}

const PADDING = 3;

export function layOutColumns(text: string, minimum: number): string {
  const rows = text.split("\n").map((line) => line.split("\t"));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries())
      widths[column] = Math.max(widths[column] ?? minimum, countCharacters(cell) + PADDING);
  }
  return rows.map((row) => row.map((cell, column) => padCell(row, cell, column, widths)).join("")).join("\n");
}

function padCell(row: readonly string[], cell: string, column: number, widths: readonly number[]): string {
  return column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - countCharacters(cell));
}

function countCharacters(text: string): number {
  return [...text].length;
}
