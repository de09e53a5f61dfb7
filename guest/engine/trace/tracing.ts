import type { TraceCall, TraceLine } from "../../api/contract/drydock.ts";
import type { TracedRequest, TraceReader, TraceWanted } from "../../api/routes/backend.ts";
import type { Sys } from "../../sys/sys.ts";
import type { Trace, TraceRecord, TraceSubject } from "../../sys/trace.ts";
import { format, nameArguments } from "./argument-names.ts";
import { SourceLines } from "./source-lines.ts";
import { TraceFilter } from "./trace-filter.ts";

/** Made with the bundle; without it nobody knows the lines. */
const SOURCE_LINES = "/usr/lib/drydock/main.lines";
/** The server's own calls say nothing of containers, and those that deliver the trace would be told for ever. */
const SERVER = "guest/api/";

export interface TracingOptions {
  readonly sys: Sys;
  readonly trace: Trace;
  /** Id of a container. Throws Docker's refusal. */
  readonly find: (name: string) => string;
  /** Id of the container that the parts of a path stand for; null when it is none. */
  readonly resolve: (params: Readonly<Record<string, string>>) => string | null;
}

interface Subscription {
  readonly filter: TraceFilter;
  readonly reader: TraceReader;
  lost: number;
}

/** Who reads the trace, and what each call is made for. While nobody reads, nothing is recorded. */
export class Tracing {
  readonly #options: TracingOptions;
  readonly #pid: number;
  readonly #readers = new Set<Subscription>();
  #next = 0;
  #sources: SourceLines | null = null;

  constructor(options: TracingOptions) {
    this.#options = options;
    this.#pid = options.sys.getpid();
  }

  /** `work` is done for this request. */
  request<T>({ method, path, params, client }: TracedRequest, work: () => T): T {
    if (this.#readers.size === 0) return work();
    if (client !== null) this.#announce({ method, path, client });
    const container = this.#options.resolve(params);
    return this.#during({ container, occasion: `${method} ${path}`, asked: true, client }, work);
  }

  /** `work` is done for this container; `occasion` says why, when no request does. */
  about<T>(container: string, occasion: string, work: () => T): T {
    if (this.#readers.size === 0) return work();
    const subject = this.#options.trace.subject ?? { occasion, asked: false, client: null };
    return this.#during({ ...subject, container }, work);
  }

  /** What follows in the work that goes on is about this container, which is new. */
  note(container: string): void {
    const { trace } = this.#options;
    if (this.#readers.size > 0 && trace.subject !== null) trace.subject = { ...trace.subject, container };
  }

  open({ container, client }: TraceWanted, reader: TraceReader): () => void {
    const id = container === "" ? null : this.#options.find(container);
    const subscription = { filter: new TraceFilter(id, client === "" ? null : client), reader, lost: 0 };
    if (this.#readers.size === 0) this.#start();
    this.#readers.add(subscription);
    return () => {
      this.#readers.delete(subscription);
      if (this.#readers.size === 0) this.#stop();
    };
  }

  #during<T>(subject: TraceSubject, work: () => T): T {
    const { trace } = this.#options;
    const before = trace.subject;
    trace.subject = subject;
    try {
      return work();
    } finally {
      trace.subject = before;
    }
  }

  #start(): void {
    const { trace, sys } = this.#options;
    this.#sources = readSourceLines(sys);
    trace.start();
    this.#next = trace.read(0).next;
    trace.onRecords(() => this.#deliver());
  }

  #stop(): void {
    const { trace } = this.#options;
    trace.onRecords(null);
    trace.stop();
    trace.subject = null;
    this.#sources = null;
  }

  /** What was recorded before the request comes before it. */
  #announce(request: { readonly method: string; readonly path: string; readonly client: string }): void {
    this.#deliver();
    const line: TraceLine = { kind: "request", time: toMilliseconds(this.#options.sys.now()), ...request };
    for (const { filter, reader } of this.#readers) if (filter.wantsRequest(request.client)) reader.write([line]);
  }

  #deliver(): void {
    const { sys, trace } = this.#options;
    // A forked child has a copy of all this, and of the client's descriptors.
    if (sys.getpid() !== this.#pid) return;
    const { records, next, lost } = trace.read(this.#next);
    this.#next = next;
    for (const subscription of [...this.#readers]) this.#deliverTo(subscription, records, lost);
  }

  #deliverTo(subscription: Subscription, records: readonly TraceRecord[], lost: number): void {
    const { filter, reader } = subscription;
    const mine = records.filter(({ subject }) => filter.wants(subject));
    subscription.lost += lost;
    if (!reader.ready()) {
      subscription.lost += mine.length;
      return;
    }
    const calls = mine.map((record) => this.#describe(record)).filter(({ source }) => !source?.file.startsWith(SERVER));
    if (calls.length === 0) return;
    calls.sort(byBeginning);
    const gap: readonly TraceLine[] = subscription.lost === 0 ? [] : [{ kind: "lost", count: subscription.lost }];
    subscription.lost = 0;
    reader.write([...gap, ...calls]);
  }

  #describe(record: TraceRecord): TraceCall {
    const { sequence, time, duration, pid, process, call, args, outcome, source, subject } = record;
    return {
      kind: "call",
      sequence,
      time: toMilliseconds(time),
      duration: duration / 1e6,
      process: { pid, role: process.role, depth: process.depth },
      call,
      args: nameArguments(call, args),
      result: outcome.kind === "result" && outcome.value !== null ? format(outcome.value, `${call}.result`) : null,
      error: outcome.kind === "error" ? outcome.code : null,
      source: source && (this.#sources?.find(source.line, source.column) ?? null),
      container: subject?.container ?? null,
      occasion: subject?.occasion ?? null,
      client: subject?.client ?? null,
    };
  }
}

/** They come in the order in which they ended: a child's calls before the clone3 that waited for it. */
function byBeginning(a: TraceCall, b: TraceCall): number {
  return a.time - b.time || a.process.depth - b.process.depth;
}

function readSourceLines(sys: Sys): SourceLines | null {
  if (!sys.exists(SOURCE_LINES)) return null;
  return new SourceLines(sys.readFileBytes(SOURCE_LINES), (bytes) => sys.utf8Decode(bytes));
}

/** Of nanoseconds, to the microsecond. */
function toMilliseconds(time: bigint): number {
  return Number(time / 1000n) / 1000;
}
