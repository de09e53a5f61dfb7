import type { ContainerWaitResponse } from "../../../../guest/api/contract/container.ts";
import { EngineError } from "../../../../guest/api/contract/errors.ts";
import type { EventMessage } from "../../../../guest/api/contract/event.ts";
import type {
  AttachQuery,
  Backend,
  ListQuery,
  LogsQuery,
  StatsListeners,
  TakenStream,
  TraceReader,
} from "../../../../guest/api/routes/backend.ts";
import type { TakenBody } from "../../../../guest/api/server/connection.ts";

type Call = readonly [method: string, ...args: readonly unknown[]];

/** An engine that only notes what it was asked, and answers with what the test put there. */
export class FakeBackend implements Backend {
  readonly calls: Call[] = [];
  failure: Error | null = null;
  answer: unknown = {};
  waiting: ((answer: ContainerWaitResponse) => void) | null = null;
  waitEnded = false;
  publish: ((event: EventMessage) => void) | null = null;
  taken: TakenStream | null = null;
  multiplexed = true;
  body: TakenBody | null = null;
  statsListeners: StatsListeners | null = null;

  readonly containers: Backend["containers"] = {
    list: (query: ListQuery) => [new TextEncoder().encode(`${JSON.stringify(this.#note("list", query))}\n`)],
    create: (request, options) => this.#note("create", request, options),
    inspect: (name, options) => this.#note("inspect", name, options),
    start: (name) => this.#note("start", name),
    stop: async (name, options) => this.#note<void>("stop", name, options),
    restart: async (name, options) => this.#note<void>("restart", name, options),
    kill: (name, signal) => this.#note("kill", name, signal),
    pause: (name) => this.#note("pause", name),
    unpause: (name) => this.#note("unpause", name),
    update: (name, asked) => this.#note("update", name, asked),
    rename: (name, wanted) => this.#note("rename", name, wanted),
    remove: (name, options) => this.#note("remove", name, options),
    resize: (name, size) => this.#note("resize", name, size),
    wait: (name, condition, done) => {
      this.#note("wait", name, condition);
      this.waiting = done;
      return () => {
        this.waitEnded = true;
      };
    },
    attach: (name, query: AttachQuery, take) => {
      this.#note("attach", name, query);
      this.taken = take(this.multiplexed);
    },
    logs: (name, query: LogsQuery, take) => {
      this.#note("logs", name, query);
      this.taken = take(this.multiplexed);
    },
    changes: (name) => this.#note("changes", name),
    export: (name, take) => {
      this.#note("export", name);
      this.taken = take();
    },
    prune: async (filters) => this.#note("prune", filters),
    stats: (name, query, listeners) => {
      this.#note("stats", name, query);
      this.statsListeners = listeners;
      return () => {
        this.statsListeners = null;
      };
    },
    statPath: async (name, path) => this.#note("stat path", name, path),
    archive: async (name, path, take) => {
      this.taken = take(this.#note("archive", name, path));
    },
    extract: async (name, query, take) => {
      const done = this.#note<void | Promise<void>>("extract", name, query);
      this.body = take();
      await done;
    },
    top: (name, psArgs) => this.#note("top", name, psArgs),
  };

  readonly execs: Backend["execs"] = {
    create: (container, config) => this.#note("exec create", container, config),
    start: (id, config, take) => {
      this.#note("exec start", id, config);
      if (config.Detach !== true) this.taken = take(this.multiplexed);
    },
    resize: (id, size) => this.#note("exec resize", id, size),
    inspect: (id) => this.#note("exec inspect", id),
  };

  readonly images: Backend["images"] = {
    list: (query) => this.#note("images", query),
    inspect: (name) => this.#note("image", name),
    pull: (request) => this.#note("pull", request),
  };

  reader: TraceReader | null = null;

  readonly kernel: Backend["kernel"] = { view: (container) => this.#note("kernel", container) };

  readonly tracing: Backend["tracing"] = {
    request: (request, work) => {
      if (request.client !== null) this.#note("traced", request);
      return work();
    },
    open: (wanted, reader) => {
      this.#note("trace", wanted);
      this.reader = reader;
      return () => this.#note("trace ended");
    },
  };

  readonly system: Backend["system"] = {
    info: () => this.#note("info"),
    version: () => this.#note("version"),
    diskUsage: (types) => this.#note("df", types),
    pruneImages: (filters) => this.#note("prune images", filters),
    pruneNetworks: (filters) => this.#note("prune networks", filters),
    pruneVolumes: (filters) => this.#note("prune volumes", filters),
    pruneBuildCache: (filters) => this.#note("prune cache", filters),
    subscribe: (query, listener, done) => {
      this.#note("subscribe", query);
      this.publish = listener;
      if (query.until !== "") done();
      return () => {
        this.publish = null;
      };
    },
  };

  refuse(kind: EngineError["kind"], message: string): void {
    this.failure = new EngineError(kind, message);
  }

  #note<T>(...call: Call): T {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
    return this.answer as T;
  }
}
