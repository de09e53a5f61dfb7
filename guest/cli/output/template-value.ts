/** How Go prints a value: `[a b]`, `map[k:v]`, `<nil>`; and how its JSON encoder does. */

/** A field that is not there. */
export const NO_VALUE = Symbol("no value");

export function formatValue(value: unknown): string {
  if (value === NO_VALUE) return "<no value>";
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(formatValue).join(" ")}]`;
  if (typeof value === "object") return formatObject(value as Readonly<Record<string, unknown>>);
  return String(value);
}

function formatObject(map: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(map).sort();
  return `map[${keys.map((key) => `${key}:${formatValue(map[key])}`).join(" ")}]`;
}

export function formatJson(value: unknown): string {
  return value === NO_VALUE ? "null" : (JSON.stringify(value) ?? "null");
}
