/**
 * Columns as Docker's tabwriter lays them out: a column is as wide as its widest cell plus three spaces, never
 * narrower than ten unless told otherwise; the last cell of a row is not padded.
 */
import type { Sys } from "../../sys/sys.ts";

const MINIMUM_WIDTH = 10;

export type TableMaker = Pick<Sys, "alignColumns">;

/** As Docker's, a tab or the end of a line inside a cell ends it. */
export function formatTable(
  maker: TableMaker,
  rows: readonly (readonly string[])[],
  minimum: number = MINIMUM_WIDTH,
): string {
  return alignColumns(maker, rows.map((row) => `${row.join("\t")}\n`).join(""), minimum);
}

/** Lines whose cells end with a tab each, the last with the line. */
export function alignColumns(maker: TableMaker, lines: string, minimum: number = MINIMUM_WIDTH): string {
  return maker.alignColumns(lines, minimum);
}
