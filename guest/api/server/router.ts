import type { Reply } from "./reply.ts";
import type { ApiRequest } from "./request.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE" | "HEAD";

/** One line of a resource's table. In `path`, `{id}` is one segment and `{name...}` one or more: image names have slashes. */
export interface Route<Backend> {
  readonly method: Method;
  readonly path: string;
  /** "stream": the handler reads the body itself (ApiRequest.takeBody). */
  readonly body?: "stream";
  readonly handle: (backend: Backend, request: ApiRequest, reply: Reply) => void | Promise<void>;
}

export type Params = Readonly<Record<string, string>>;

export interface Match<Backend> {
  readonly route: Route<Backend>;
  readonly params: Params;
}

/** A segment of a path pattern: its text, or the name of what stands there. */
type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "one"; readonly name: string }
  | { readonly kind: "many"; readonly name: string };

interface Compiled<Backend> {
  readonly route: Route<Backend>;
  readonly segments: readonly Segment[];
}

/** Finds the line of the tables that a request is for; the first one that fits. */
export class Router<Backend> {
  /** By method, first and last segment: usually one line is left. A last segment that is not fixed is under "*". */
  readonly #groups = new Map<string, Compiled<Backend>[]>();

  #last: { readonly method: string; readonly path: string; readonly found: Match<Backend> | null } | null = null;

  constructor(tables: readonly (readonly Route<Backend>[])[]) {
    for (const route of tables.flat()) {
      const segments = compile(route.path);
      const last = segments.at(-1);
      const key = `${route.method} ${fixed(segments[0])} ${fixed(last)}`;
      const group = this.#groups.get(key);
      if (group === undefined) this.#groups.set(key, [{ route, segments }]);
      else group.push({ route, segments });
    }
  }

  /** `path` begins with a slash and has no version. HEAD falls back on GET. */
  find(method: string, path: string): Match<Backend> | null {
    // A request with a body is looked up before its body is read and after.
    const last = this.#last;
    if (last !== null && last.path === path && last.method === method) return last.found;
    const segments = path.slice(1).split("/");
    const own = this.#search(method, segments);
    const found = own !== null || method !== "HEAD" ? own : this.#search("GET", segments);
    this.#last = { method, path, found };
    return found;
  }

  #search(method: string, segments: readonly string[]): Match<Backend> | null {
    const start = `${method} ${segments[0] ?? ""} `;
    return (
      firstMatch(this.#groups.get(start + (segments.at(-1) ?? "")), segments) ??
      firstMatch(this.#groups.get(`${start}*`), segments)
    );
  }
}

function firstMatch<Backend>(
  group: readonly Compiled<Backend>[] | undefined,
  path: readonly string[],
): Match<Backend> | null {
  if (group === undefined) return null;
  for (let n = 0; n < group.length; n++) {
    const candidate = group[n];
    const params = candidate === undefined ? null : matchSegments(candidate.segments, path);
    if (candidate !== undefined && params !== null) return { route: candidate.route, params };
  }
  return null;
}

function compile(path: string): readonly Segment[] {
  return path
    .slice(1)
    .split("/")
    .map((part) => {
      if (!part.startsWith("{")) return { kind: "text", text: part };
      if (part.endsWith("...}")) return { kind: "many", name: part.slice(1, -4) };
      return { kind: "one", name: part.slice(1, -1) };
    });
}

function fixed(segment: Segment | undefined): string {
  return segment?.kind === "text" ? segment.text : "*";
}

function matchSegments(pattern: readonly Segment[], path: readonly string[]): Params | null {
  const params: Record<string, string> = {};
  let at = 0;
  for (let n = 0; n < pattern.length; n++) {
    const part = pattern[n];
    const segment = path[at];
    if (part === undefined || segment === undefined) return null;
    at++;
    if (part.kind === "text") {
      if (part.text !== segment) return null;
    } else if (part.kind === "one") {
      if (segment === "") return null;
      params[part.name] = segment;
    } else {
      const end = path.length - (pattern.length - n - 1);
      if (end < at) return null;
      params[part.name] = path.slice(at - 1, end).join("/");
      at = end;
    }
  }
  return at === path.length ? params : null;
}
