import { goValueOf } from "./go-types.ts";

/** How Go prints a value: `[a b]`, `map[k:v]`, `<nil>`; and how its JSON encoder does. */

/** A field that is not there. */
export const NO_VALUE = Symbol("no value");

export function formatValue(value: unknown): string {
  if (value === NO_VALUE) return "<no value>";
  if (value === null || value === undefined) return "<nil>";
  const known = goValueOf(value);
  if (known?.text != null) return known.text;
  // Go prints the address of a struct that is in another one; what stands there says more.
  if (known?.fields != null) return `{${known.fields.map(formatValue).join(" ")}}`;
  if (Array.isArray(value)) return `[${value.map(formatValue).join(" ")}]`;
  if (typeof value === "object") return formatObject(value as Readonly<Record<string, unknown>>);
  return String(value);
}

/** As an argument of print and its like, which are given a pointer as such. */
export function formatArgument(value: unknown): string {
  const known = goValueOf(value);
  return known?.pointer === true && known.fields !== null ? `&${formatValue(value)}` : formatValue(value);
}

function formatObject(map: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(map).sort();
  return `map[${keys.map((key) => `${key}:${formatValue(map[key])}`).join(" ")}]`;
}

export function formatJson(value: unknown): string {
  return value === NO_VALUE ? "null" : (JSON.stringify(value) ?? "null");
}
