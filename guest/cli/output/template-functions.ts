/** What a template may call: Go's own functions and the ones Docker adds. */

import { goValueOf } from "./go-types.ts";
import { TemplateError } from "./template-parse.ts";
import { formatArgument, formatJson, formatValue, NO_VALUE } from "./template-value.ts";

export interface CallSite {
  readonly source: string;
  readonly offset: number;
}

type Implementation = (values: readonly unknown[], site: CallSite) => unknown;

const FUNCTIONS: Readonly<Record<string, Implementation>> = {
  // Docker's
  json: ([value]) => formatJson(value),
  split: ([text, separator]) => toText(text).split(toText(separator)),
  join: ([list, separator]) => (Array.isArray(list) ? list.map(toText).join(toText(separator)) : toText(list)),
  title: ([text]) => titleCase(toText(text)),
  lower: ([text]) => toText(text).toLowerCase(),
  upper: ([text]) => toText(text).toUpperCase(),
  pad: ([text, before, after]) => padText(toText(text), Number(before), Number(after)),
  truncate: ([text, length]) => toText(text).slice(0, Number(length)),
  // Go's
  index: ([value, ...keys], site) => keys.reduce((owner, key) => indexValue(owner, key, site), value),
  len: ([value], site) => measure(value, site),
  slice: ([value, from, to]) => sliceValue(value, from, to),
  print: (values) => values.map((value, at) => `${spaceBefore(values, at)}${formatArgument(value)}`).join(""),
  println: (values) => `${values.map(formatArgument).join(" ")}\n`,
  printf: ([format, ...values]) => formatPrintf(toText(format), values),
  html: ([text]) => toText(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  urlquery: ([text]) => encodeURIComponent(toText(text)),
  not: ([value]) => !isTrue(value),
  and: (values) => values[decisive(values, false)],
  or: (values) => values[decisive(values, true)],
  eq: ([value, ...others]) => others.some((other) => other === value),
  ne: ([a, b]) => a !== b,
  lt: ([a, b]) => compare(a, b) < 0,
  le: ([a, b]) => compare(a, b) <= 0,
  gt: ([a, b]) => compare(a, b) > 0,
  ge: ([a, b]) => compare(a, b) >= 0,
};

export const FUNCTION_NAMES: ReadonlySet<string> = new Set(Object.keys(FUNCTIONS));

export function callFunction(name: string, values: readonly unknown[], site: CallSite): unknown {
  return FUNCTIONS[name]?.(values, site);
}

/** Go's idea of an empty value. */
export function isTrue(value: unknown): boolean {
  if (value === NO_VALUE || value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return value !== "" && value !== 0 && value !== false;
}

/** The first value that is true (or false), else the last. */
function decisive(values: readonly unknown[], truth: boolean): number {
  const at = values.findIndex((value) => isTrue(value) === truth);
  return at < 0 ? values.length - 1 : at;
}

/** fmt.Sprint parts two values of which neither is a string. */
function spaceBefore(values: readonly unknown[], at: number): string {
  return at > 0 && typeof values[at] !== "string" && typeof values[at - 1] !== "string" ? " " : "";
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : formatValue(value);
}

function titleCase(text: string): string {
  let result = "";
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    const starts = at === 0 || " \t\n-.,:/".includes(text.charAt(at - 1));
    result += starts ? letter.toUpperCase() : letter;
  }
  return result;
}

function padText(text: string, before: number, after: number): string {
  return text === "" ? text : " ".repeat(before) + text + " ".repeat(after);
}

function indexValue(owner: unknown, key: unknown, site: CallSite): unknown {
  if (Array.isArray(owner) || typeof owner === "string") return indexList(owner, key, site);
  if (owner === null || owner === undefined || owner === NO_VALUE) throw failure(site, "index of nil pointer");
  if (typeof owner !== "object") throw failure(site, `can't index item of type ${goType(owner)}`);
  const keys = goValueOf(owner)?.key;
  if (keys !== undefined) throw failure(site, `value has type ${goType(key)}; should be ${keys}`);
  const map = owner as Readonly<Record<string, unknown>>;
  // An absent key is the zero value of what the map holds; for Docker's maps of strings that prints as nothing.
  return Object.hasOwn(map, String(key)) ? map[String(key)] : "";
}

function indexList(list: readonly unknown[] | string, key: unknown, site: CallSite): unknown {
  if (typeof key !== "number") throw failure(site, `cannot index slice/array with type ${goType(key)}`);
  if (key < 0 || key >= list.length) throw failure(site, `index out of range: ${key}`);
  return typeof list === "string" ? list.charCodeAt(key) : list[key];
}

function failure(site: CallSite, message: string): TemplateError {
  return new TemplateError(
    `template: :1:${site.offset}: executing "" at <${site.source}>: error calling ${site.source.split(" ", 1)[0]}: ${message}`,
  );
}

function goType(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function measure(value: unknown, site: CallSite): number {
  if (Array.isArray(value) || typeof value === "string") return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  throw failure(site, `len of type ${goType(value)}`);
}

function sliceValue(value: unknown, from: unknown, to: unknown): unknown {
  const start = from === undefined ? 0 : Number(from);
  const end = to === undefined ? undefined : Number(to);
  return Array.isArray(value) ? value.slice(start, end) : toText(value).slice(start, end);
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [toText(a), toText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** %s %v %d %q %t %x with a width and the `-` flag: what people write in a --format. */
function formatPrintf(format: string, values: readonly unknown[]): string {
  let text = "";
  let next = 0;
  for (let at = 0; at < format.length; at++) {
    if (format.charAt(at) !== "%") {
      text += format.charAt(at);
      continue;
    }
    let end = at + 1;
    while ("-0123456789.+# ".includes(format.charAt(end)) && end < format.length) end++;
    const verb = format.charAt(end);
    text += verb === "%" ? "%" : formatVerb(verb, format.slice(at + 1, end), values[next++]);
    at = end;
  }
  return text;
}

function formatVerb(verb: string, flags: string, value: unknown): string {
  const left = flags.startsWith("-");
  const width = Number.parseInt(left ? flags.slice(1) : flags, 10);
  const text = verb === "q" ? JSON.stringify(toText(value)) : verb === "x" ? toHex(value) : formatArgument(value);
  if (Number.isNaN(width)) return text;
  const fill = !left && flags.startsWith("0") ? "0" : " ";
  return left ? text.padEnd(width) : text.padStart(width, fill);
}

function toHex(value: unknown): string {
  if (typeof value === "number") return value.toString(16);
  return [...toText(value)].map((letter) => (letter.codePointAt(0) ?? 0).toString(16)).join("");
}
