/** A value of fields: `--mount type=bind,"source=/with,comma",target=/x`. */

export class CsvError extends Error {}

/** The fields of a line (RFC 4180), and the words of Go's encoding/csv for what is none. Throws CsvError. */
export function splitCsv(line: string): readonly string[] {
  if (line.replaceAll("\n", "") === "") throw new CsvError("EOF");
  const fields: string[] = [];
  for (let at = 0; at <= line.length; ) {
    const { field, end } = line.charAt(at) === '"' ? readQuoted(line, at) : readBare(line, at);
    fields.push(field);
    at = end + 1;
  }
  return fields;
}

interface CsvField {
  readonly field: string;
  /** Where its comma is, or the end of the line. */
  readonly end: number;
}

function readBare(line: string, start: number): CsvField {
  const comma = line.indexOf(",", start);
  const end = comma < 0 ? line.length : comma;
  const field = line.slice(start, end);
  if (field.includes('"')) throw csvError(line, start + field.indexOf('"'), 'bare " in non-quoted-field');
  return { field, end };
}

function readQuoted(line: string, start: number): CsvField {
  let field = "";
  for (let at = start + 1; ; at++) {
    const quote = line.indexOf('"', at);
    if (quote < 0) throw csvError(line, line.length, UNBALANCED);
    field += line.slice(at, quote);
    const next = line.charAt(quote + 1);
    if (next === "," || next === "") return { field, end: quote + 1 };
    if (next !== '"') throw csvError(line, quote, UNBALANCED);
    field += '"';
    at = quote + 1;
  }
}

const UNBALANCED = 'extraneous or missing " in quoted-field';

/** Its columns are bytes. */
function csvError(line: string, at: number, problem: string): CsvError {
  const column = 1 + encodeURIComponent(line.slice(0, at)).replace(/%../g, "b").length;
  return new CsvError(`parse error on line 1, column ${column}: ${problem}`);
}
