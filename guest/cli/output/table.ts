/**
 * Columns as Docker's tabwriter lays them out: a column is as wide as its widest cell plus three spaces, never
 * narrower than ten unless told otherwise; the last cell of a row is not padded.
 */
const MINIMUM_WIDTH = 10;
const PADDING = 3;
const PAIR = /[\ud800-\udbff]/;

export function formatTable(rows: readonly (readonly string[])[], minimum: number = MINIMUM_WIDTH): string {
  // One look at everything: without surrogate pairs, and there are nearly never any, a text has as many characters as units.
  const wide = PAIR.test(rows.join());
  const widths = measureColumns(rows, wide, minimum);
  let text = "";
  for (const row of rows) {
    const last = row.length - 1;
    for (let column = 0; column < last; column++) {
      const cell = row[column] ?? "";
      const width = widths[column] ?? 0;
      text += cell.padEnd(wide ? width + cell.length - countRunes(cell) : width);
    }
    text += `${row[last] ?? ""}\n`;
  }
  return text;
}

function measureColumns(rows: readonly (readonly string[])[], wide: boolean, minimum: number): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (let column = 0; column < row.length - 1; column++) {
      const cell = row[column] ?? "";
      const width = (wide ? countRunes(cell) : cell.length) + PADDING;
      widths[column] = Math.max(width, widths[column] ?? minimum);
    }
  }
  return widths;
}

/** Code points: a surrogate pair counts once. */
export function countRunes(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit < 0xdc00) count--;
  }
  return count;
}
