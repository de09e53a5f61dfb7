import { EngineError } from "../api/contract/errors.ts";

/** Filter name → the values of which one must match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** Docker's refusal of a name that a resource does not know. */
export function requireKnown(filters: Filters, known: ReadonlySet<string>): void {
  for (const name of filters.keys()) {
    if (!known.has(name)) throw new EngineError("invalid", `invalid filter '${name}'`);
  }
}

/** "key" or "key=value" against labels: all of them must match. */
export function matchesLabels(
  labels: Readonly<Record<string, string>> | null | undefined,
  wanted: readonly string[] | undefined,
): boolean {
  if (wanted === undefined) return true;
  return wanted.every((text) => {
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    const value = labels?.[key];
    return value !== undefined && (equals < 0 || value === text.slice(equals + 1));
  });
}

/** Whether any value is the text itself: the filter's plain form. True without the filter. */
export function matchesExactly(values: readonly string[] | undefined, text: string): boolean {
  return values === undefined || values.length === 0 || values.includes(text);
}

/** Docker's fuzzy match: the text itself, or a regular expression found in it. */
export function matchesPattern(values: readonly string[] | undefined, text: string): boolean {
  if (values === undefined || values.length === 0) return true;
  return values.some((value) => value === text || searches(value, text));
}

function searches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return false;
  }
}
