/** "a=1&b=%20" read. The first of repeated names wins, as in Go's Query().Get. Undecodable escapes stay as they are. */
export function parseQuery(text: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  if (text === "") return query;
  for (const pair of text.split("&")) {
    const equals = pair.indexOf("=");
    const name = decodeQuery(equals < 0 ? pair : pair.slice(0, equals));
    if (name !== "" && !query.has(name)) query.set(name, equals < 0 ? "" : decodeQuery(pair.slice(equals + 1)));
  }
  return query;
}

/** Every value of a name that may be repeated. */
export function parseQueryAll(text: string, name: string): readonly string[] {
  const pairs = text.split("&").map((pair) => [...parseQuery(pair)][0]);
  return pairs.flatMap((pair) => (pair?.[0] === name ? [pair[1]] : []));
}

function decodeQuery(text: string): string {
  return decodePercent(text.indexOf("+") < 0 ? text : text.replaceAll("+", " "));
}

/** decodeURIComponent that never throws. */
export function decodePercent(text: string): string {
  if (text.indexOf("%") < 0) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export type QueryValue = string | number | boolean | undefined;

/** "?a=1&b=2", or "" when every value is undefined. true is written 1, false is left out as Docker's clients do. */
export function formatQuery(values: Readonly<Record<string, QueryValue>>): string {
  let text = "";
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value === undefined || value === false) continue;
    text += `${text === "" ? "?" : "&"}${name}=${value === true ? "1" : encodeURIComponent(value)}`;
  }
  return text;
}

/** Docker's idea of a true form value: anything but "", "0", "no", "false" and "none". */
export function isTrue(value: string | undefined): boolean {
  if (value === undefined) return false;
  const text = value.trim().toLowerCase();
  return !(text === "" || text === "0" || text === "no" || text === "false" || text === "none");
}

/** Docker's filters: name → values, any of which may match. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** As the `filters` of a query; undefined when there are none. */
export function formatFilters(filters: Filters | undefined): string | undefined {
  if (filters === undefined) return undefined;
  const map: Record<string, Record<string, boolean>> = {};
  for (const name of Object.keys(filters)) {
    const values: Record<string, boolean> = {};
    for (const value of filters[name] ?? []) values[value] = true;
    map[name] = values;
  }
  return Object.keys(map).length === 0 ? undefined : JSON.stringify(map);
}
