import type { Filters } from "../api/client.ts";
import type { Invocation } from "./command.ts";
import { readFilters } from "./output/format-flag.ts";

/** `--filter` and, behind it, `pruneFilters` of the configuration file, unless the one says the contrary of the other. */
export function readPruneFilters({ cli, options }: Invocation): Record<string, string[]> {
  const filters = readFilters(options.all("filter"));
  for (const text of cli.config.texts("pruneFilters")) {
    const equals = text.indexOf("=");
    const name = text.slice(0, Math.max(equals, 0));
    const value = text.slice(equals + 1);
    const contrary = name === "label" ? "label!" : name === "label!" ? "label" : "";
    if (name === "" || filters[contrary]?.includes(value)) continue;
    filters[name] = [...new Set([...(filters[name] ?? []), value])];
  }
  return filters;
}

/** As an argument of the client. */
export function pruneOption(filters: Filters): { readonly filters?: Filters } {
  return Object.keys(filters).length === 0 ? {} : { filters };
}
