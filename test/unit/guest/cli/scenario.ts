/** One `docker` command line and the engine that answers it: by the real client when goldens are recorded, by ours in the tests. */
export interface Scenario {
  /** Names the golden file. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly routes: readonly Route[];
  readonly stdin?: string;
  readonly environ?: Readonly<Record<string, string>>;
  /** Not compared: what ours does otherwise on purpose (`requests`: it asks less), or what depends on the hour. */
  readonly omit?: readonly ("requests" | "stdout" | "stderr")[];
  /** The containers are told all at once, in whatever order. */
  readonly unordered?: true;
}

export interface Route {
  /** `GET /containers/json`, without the version and the query. */
  readonly request: string;
  readonly status?: number;
  /** A value is sent as JSON; bytes as they are. */
  readonly body?: unknown;
  readonly bytes?: Uint8Array;
  readonly type?: string;
}

/** What a client did: the bytes it wrote to its user, and what it asked of the engine. */
export interface Transcript {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly requests: readonly RecordedRequest[];
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Answers a scenario's requests. A request that has several routes gets them in turn, the last for good. */
export class Answers {
  readonly #routes: readonly Route[];
  readonly #asked = new Map<string, number>();

  constructor(scenario: Scenario) {
    this.#routes = scenario.routes;
  }

  take(method: string, path: string): Route {
    const request = `${method} ${path}`;
    const routes = this.#routes.filter((route) => route.request === request);
    const count = this.#asked.get(request) ?? 0;
    this.#asked.set(request, count + 1);
    const route = routes[Math.min(count, routes.length - 1)];
    return route ?? { request, status: 404, body: { message: "page not found" } };
  }
}

export function routeBytes(route: Route): Uint8Array {
  if (route.bytes !== undefined) return route.bytes;
  return Buffer.from(route.body === undefined ? "" : `${JSON.stringify(route.body)}\n`);
}

/** `/v1.45/containers/json?all=1` taken apart. */
export function readTarget(target: string): { readonly path: string; readonly query: Record<string, string> } {
  const [path = "", query = ""] = target.split("?", 2);
  return {
    path: path.replace(/^\/v1\.\d+/, ""),
    query: Object.fromEntries([...new URLSearchParams(query)].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Maps whose keys mean something by themselves. */
const KEYED = ["Labels", "ExposedPorts", "Volumes", "Tmpfs", "PortBindings"];
/** What a real client sends when nothing was said, in words that are not empty. */
const UNSET: Readonly<Record<string, string>> = {
  ConsoleSize: "[0,0]",
  MemorySwappiness: "-1",
  RestartPolicy: '{"Name":"no","MaximumRetryCount":0}',
};

/** Real clients spell out every empty field; what matters is what is set. */
export function dropEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => dropEmpty(item) ?? item);
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .map(([key, item]) => [key, isKeyed(key, item) ? sortKeys(item) : dropField(key, item)] as const)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  return value === null || value === "" || value === 0 || value === false ? undefined : value;
}

function isKeyed(key: string, value: unknown): boolean {
  return KEYED.includes(key) && typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function sortKeys(map: unknown): unknown {
  return Object.fromEntries(Object.entries(map as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function dropField(key: string, value: unknown): unknown {
  return UNSET[key] === JSON.stringify(value) ? undefined : dropEmpty(value);
}

/** What a golden file holds. */
export function formatTranscript(scenario: Scenario, transcript: Transcript): string {
  const requests = transcript.requests.map((request) => JSON.stringify(request));
  const sections = {
    stdout: hideDates(transcript.stdout),
    stderr: transcript.stderr,
    requests: (scenario.unordered ? requests.sort() : requests).map((line) => `${line}\n`).join(""),
  };
  let text = `--- exit ${transcript.code}\n`;
  for (const name of ["stdout", "stderr", "requests"] as const) {
    if (!scenario.omit?.includes(name)) text += `--- ${name}\n${sections[name]}`;
  }
  return text;
}

/** Creation dates are counted from today. */
function hideDates(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000/g, "DATE");
}
