/**
 * `docker ps` and `docker images`: rows as a table, as JSON, as bare ids, or through the user's template. The usual
 * table never touches the template engine.
 */
import { ExitError } from "../command.ts";
import { alignColumns, type TableMaker } from "./table.ts";
import { Template, TemplateError, type TemplateOptions } from "./template.ts";
import { formatJson } from "./template-value.ts";

/** A field that templates can name: `{{.RunningFor}}` under the heading CREATED. */
export interface Field<Row, View> {
  readonly header: string;
  readonly read: (row: Row, view: View, argument: unknown) => string;
}

/** The columns of the usual table, in order. */
export interface Columns<Row, View> {
  readonly names: readonly string[];
  /**
   * A row as one text: what the fields of these names give for it, with a tab between two and a line break behind the
   * last. For a table that is long and often asked for: a call for each cell costs more than what stands in it.
   */
  readonly lineOf?: (view: View) => (row: Row) => string;
}

/** `View` is how the rows are looked at this time: the hour, whether long texts are cut. The fields are the same always. */
export interface Listing<Row, View> {
  readonly fields: Readonly<Record<string, Field<Row, View>>>;
  readonly view: View;
  readonly columns: Columns<Row, View>;
  /** What `-q` prints. */
  readonly quiet: string;
  /** Go's name of a row, for complaints about fields that do not exist. */
  readonly typeName: string;
  /** What the complaint about a template that fails begins with; ps looks at its template before, and words it otherwise. */
  readonly complaint?: string;
}

export interface ListingRequest {
  /** What `--format` says; "" is the usual table. */
  readonly format: string;
  readonly quiet: boolean;
}

export function formatListing<Row, View>(
  maker: TableMaker,
  listing: Listing<Row, View>,
  request: ListingRequest,
  rows: readonly Row[],
): string {
  if (request.quiet) return rows.map((row) => `${readField(listing, listing.quiet, row)}\n`).join("");
  if (request.format === "" || request.format === "table") return formatColumns(maker, listing, rows);
  return openTemplate(listing, request.format)(maker, rows);
}

function readField<Row, View>(listing: Listing<Row, View>, name: string, row: Row): string {
  return listing.fields[name]?.read(row, listing.view, undefined) ?? "";
}

function formatColumns<Row, View>(maker: TableMaker, listing: Listing<Row, View>, rows: readonly Row[]): string {
  const { columns, fields, view } = listing;
  const heading = headings.get(columns) ?? readHeading(maker, listing);
  if (rows.length === 0) return heading.alone;
  const lineOf = columns.lineOf ?? joinFields(columns.names.flatMap((name) => fields[name] ?? []));
  return alignColumns(maker, heading.line + rows.map(lineOf(view)).join(""));
}

function joinFields<Row, View>(fields: readonly Field<Row, View>[]): (view: View) => (row: Row) => string {
  return (view) => (row) => `${fields.map((field) => field.read(row, view, undefined)).join("\t")}\n`;
}

interface Heading {
  readonly line: string;
  /** The table without a row. */
  readonly alone: string;
}

/** By the columns: one process prints the same table again and again. */
const headings = new WeakMap<object, Heading>();

function readHeading<Row, View>(maker: TableMaker, { fields, columns }: Listing<Row, View>): Heading {
  const cells = columns.names.map((name) => fields[name]?.header ?? name);
  const line = `${cells.join("\t")}\n`;
  const heading = { line, alone: alignColumns(maker, line) };
  headings.set(columns, heading);
  return heading;
}

/** Complains about the template before anything is asked of the engine. */
export function checkFormat<Row, View>(listing: Listing<Row, View>, request: ListingRequest): void {
  if (request.quiet || request.format === "" || request.format === "table") return;
  openTemplate(listing, request.format);
}

type Printer<Row> = (maker: TableMaker, rows: readonly Row[]) => string;

function openTemplate<Row, View>(listing: Listing<Row, View>, format: string): Printer<Row> {
  const isTable = format.startsWith("table ");
  const source = unescapeFormat(isTable ? format.slice("table ".length).trimStart() : format);
  if (source === "json") return (_, rows) => rows.map((row) => `${toJson(listing, row)}\n`).join("");
  const template = parse(source, {
    missing: (name) => `can't evaluate field ${name} in type ${listing.typeName}`,
    functions: { json: (value) => (isRow(value) ? escapeHtml(JSON.stringify(value)) : formatJson(value)) },
  });
  return (maker, rows) => {
    const lines = rows.map((row) => execute(template, listingRow(listing, row), listing.complaint));
    if (!isTable) return lines.map((line) => `${line}\n`).join("");
    const header = execute(parse(source, HEADER_OPTIONS), headerRow(listing));
    return alignColumns(maker, [header, ...lines, ""].join("\n"));
  };
}

/** A shell's '\t' arrives as two characters. */
function unescapeFormat(format: string): string {
  return format.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

/** Functions leave headings as they are; `pad` alone keeps them above their column. */
const HEADER_OPTIONS: TemplateOptions = {
  missing: () => null,
  functions: {
    json: (value) => value,
    split: (value) => value,
    join: (value) => value,
    title: (value) => value,
    lower: (value) => value,
    upper: (value) => value,
    truncate: (value) => value,
  },
};

function parse(source: string, options: TemplateOptions): Template {
  try {
    return new Template(source, options);
  } catch (error) {
    if (error instanceof TemplateError) throw new ExitError(1, `failed to parse template: ${error.message}`);
    throw error;
  }
}

function execute(template: Template, data: unknown, complaint = "template parsing error"): string {
  try {
    return template.execute(data);
  } catch (error) {
    if (error instanceof TemplateError) throw new ExitError(1, `${complaint}: ${error.message}`);
    throw error;
  }
}

/** A row as templates see it. */
export function listingRow<Row, View>(listing: Listing<Row, View>, row: Row): unknown {
  const fields: Record<string, (argument: unknown) => unknown> = {
    toJSON: () => Object.fromEntries(jsonNames(listing).map((name) => [name, readField(listing, name, row)])),
  };
  for (const name of Object.keys(listing.fields)) {
    fields[name] = (argument) => listing.fields[name]?.read(row, listing.view, argument) ?? "";
  }
  return fields;
}

function headerRow<Row, View>(listing: Listing<Row, View>): unknown {
  const headers: Record<string, unknown> = { Label: labelHeader };
  for (const name of Object.keys(listing.fields)) {
    if (name !== "Label") headers[name] = listing.fields[name]?.header;
  }
  return headers;
}

/** `com.example.some-role` is headed `some role`. */
function labelHeader(name: unknown): string {
  const last = String(name).split(".").at(-1) ?? "";
  return last.replaceAll("-", " ").replaceAll("_", " ");
}

function toJson<Row, View>(listing: Listing<Row, View>, row: Row): string {
  return escapeHtml(JSON.stringify(listingRow(listing, row)));
}

function isRow(value: unknown): boolean {
  return typeof value === "object" && value !== null && "toJSON" in value;
}

/** Go's encoder keeps these three out of reach of HTML, where a type brings its own encoding. */
function escapeHtml(text: string): string {
  return text.replaceAll("&", "\\u0026").replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
}

function jsonNames<Row, View>(listing: Listing<Row, View>): readonly string[] {
  return Object.keys(listing.fields)
    .filter((name) => name !== "Label")
    .sort();
}
