/**
 * Columns as Docker's tabwriter lays them out: a column is as wide as its widest cell plus three spaces, never
 * narrower than ten unless told otherwise; the last cell of a row is not padded.
 */
const MINIMUM_WIDTH = 10;
const PADDING = 3;
const PAIR = /[\ud800-\udbff]/;

export function formatTable(rows: readonly (readonly string[])[], minimum: number = MINIMUM_WIDTH): string {
  // One look at everything: without surrogate pairs, and there are nearly never any, a text has as many characters as units.
  const count = PAIR.test(rows.join()) ? countRunes : null;
  const widths = measureColumns(rows, minimum, count);
  // Lines are joined once: a text that grows by a cell at a time is copied for each.
  return rows.map((row) => formatLine(row, widths, count)).join("");
}

/** null: as many as it has units. */
type Count = ((text: string) => number) | null;

function formatLine(row: readonly string[], widths: readonly number[], count: Count): string {
  const last = row.length - 1;
  let line = "";
  for (let column = 0; column < last; column++) {
    const cell = row[column] ?? "";
    const width = widths[column] ?? 0;
    line += cell.padEnd(count === null ? width : width + cell.length - count(cell));
  }
  return `${line}${row[last] ?? ""}\n`;
}

/** Of all columns but each row's last. */
function measureColumns(rows: readonly (readonly string[])[], minimum: number, count: Count): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (let column = 0; column < row.length - 1; column++) {
      const cell = row[column] ?? "";
      const width = (count === null ? cell.length : count(cell)) + PADDING;
      if (width > (widths[column] ?? 0)) widths[column] = Math.max(width, minimum);
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
