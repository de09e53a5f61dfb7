/**
 * Columns as Docker's tabwriter lays them out: a column is as wide as its widest cell plus three spaces, never
 * narrower than ten; the last cell of a row is not padded.
 */
const MINIMUM_WIDTH = 10;
const PADDING = 3;

export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = measureColumns(rows);
  let text = "";
  for (const row of rows) {
    const last = row.length - 1;
    for (let column = 0; column < last; column++) {
      const cell = row[column] ?? "";
      text += cell + " ".repeat((widths[column] ?? 0) - countRunes(cell));
    }
    text += `${row[last] ?? ""}\n`;
  }
  return text;
}

function measureColumns(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (let column = 0; column < row.length - 1; column++) {
      const width = Math.max(MINIMUM_WIDTH, countRunes(row[column] ?? "") + PADDING);
      if (width > (widths[column] ?? 0)) widths[column] = width;
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
