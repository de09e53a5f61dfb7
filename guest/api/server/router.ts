import type { Reply } from "./reply.ts";
import type { ApiRequest } from "./request.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE" | "HEAD";

/** One line of a resource's table. In `path`, `{id}` is one segment and `{name...}` one or more: image names have slashes. */
export interface Route<Backend> {
  readonly method: Method;
  readonly path: string;
  readonly handle: (backend: Backend, request: ApiRequest, reply: Reply) => void | Promise<void>;
}

export type Params = Readonly<Record<string, string>>;

export interface Match<Backend> {
  readonly route: Route<Backend>;
  readonly params: Params;
}

interface Compiled<Backend> {
  readonly route: Route<Backend>;
  readonly segments: readonly string[];
}

/** Finds the line of the tables that a request is for; the first one that fits. */
export class Router<Backend> {
  readonly #groups = new Map<string, Compiled<Backend>[]>();

  constructor(tables: readonly (readonly Route<Backend>[])[]) {
    for (const route of tables.flat()) {
      const segments = route.path.slice(1).split("/");
      const key = `${route.method} ${segments[0] ?? ""}`;
      const group = this.#groups.get(key);
      if (group === undefined) this.#groups.set(key, [{ route, segments }]);
      else group.push({ route, segments });
    }
  }

  /** `path` begins with a slash and has no version. HEAD falls back on GET. */
  find(method: string, path: string): Match<Backend> | null {
    const segments = path.slice(1).split("/");
    const found = this.#search(`${method} ${segments[0] ?? ""}`, segments);
    if (found !== null || method !== "HEAD") return found;
    return this.#search(`GET ${segments[0] ?? ""}`, segments);
  }

  #search(key: string, segments: readonly string[]): Match<Backend> | null {
    for (const { route, segments: pattern } of this.#groups.get(key) ?? []) {
      const params = matchSegments(pattern, segments);
      if (params !== null) return { route, params };
    }
    return null;
  }
}

export function matchSegments(pattern: readonly string[], segments: readonly string[]): Params | null {
  const params: Record<string, string> = {};
  let at = 0;
  for (let n = 0; n < pattern.length; n++) {
    const part = pattern[n] ?? "";
    if (part.endsWith("...}")) {
      const end = segments.length - (pattern.length - n - 1);
      if (end <= at) return null;
      params[part.slice(1, -4)] = segments.slice(at, end).join("/");
      at = end;
      continue;
    }
    const segment = segments[at++];
    if (segment === undefined) return null;
    if (part.startsWith("{")) {
      if (segment === "") return null;
      params[part.slice(1, -1)] = segment;
    } else if (part !== segment) return null;
  }
  return at === segments.length ? params : null;
}
