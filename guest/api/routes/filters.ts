import { EngineError } from "../contract/errors.ts";

/** Filter name → the values of which one must match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

const NONE: Filters = new Map();

/** Both spellings of the API: {"label":{"a=b":true}} of today and {"label":["a=b"]} of before 1.22. */
export function parseFilters(text: string | undefined): Filters {
  if (text === undefined || text === "") return NONE;
  const value = parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(text);
  const filters = new Map<string, readonly string[]>();
  for (const [name, values] of Object.entries(value)) filters.set(name, readValues(values, text));
  return filters;
}

function readValues(values: unknown, text: string): readonly string[] {
  if (Array.isArray(values)) {
    const strings = values.filter((value) => typeof value === "string");
    if (strings.length === values.length) return strings;
  } else if (typeof values === "object" && values !== null) {
    const entries = Object.entries(values);
    if (entries.every(([, chosen]) => typeof chosen === "boolean")) {
      return entries.filter(([, chosen]) => chosen).map(([name]) => name);
    }
  }
  throw invalid(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(text);
  }
}

function invalid(text: string): EngineError {
  return new EngineError("invalid", `invalid filter: ${JSON.stringify(text)} is not a map of filters`);
}
