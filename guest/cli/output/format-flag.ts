/** `--format` and `--filter`, which read the same wherever they appear. */
import type { Filters } from "../../api/client.ts";
import type { Flag } from "../args/flag.ts";

const TEMPLATE_HELP =
  "'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\n" +
  "Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";

/** Of commands that print one object. */
export const FORMAT_FLAG: Flag = {
  name: "format",
  short: "f",
  kind: "string",
  usage: `Format output using a custom template:\n${TEMPLATE_HELP}`,
};

/** Of commands that print a table. */
export const TABLE_FORMAT_FLAG: Flag = {
  name: "format",
  kind: "string",
  usage:
    "Format output using a custom template:\n'table':            Print output in table format with column headers " +
    `(default)\n'table TEMPLATE':   Print output in table format using the given Go template\n${TEMPLATE_HELP}`,
};

export const FILTER_FLAG: Flag = {
  name: "filter",
  short: "f",
  kind: "filter",
  usage: "Filter output based on conditions provided",
  check: (value) => (value.includes("=") ? null : "bad format of filter (expected name=value)"),
};

export function readFilters(values: readonly string[]): Record<string, string[]> {
  const filters: Record<string, string[]> = {};
  if (values.length === 0) return filters;
  for (const value of values) {
    const equals = value.indexOf("=");
    const name = value.slice(0, equals).trim().toLowerCase();
    filters[name] = [...(filters[name] ?? []), value.slice(equals + 1).trim()];
  }
  return Object.fromEntries(
    Object.keys(filters)
      .sort()
      .map((name) => [name, filters[name] ?? []]),
  );
}

/** Absent when there are none: the request then has no `filters` at all. */
export function filtersOption(filters: Filters): { readonly filters?: Filters } {
  return Object.keys(filters).length === 0 ? {} : { filters };
}
