/** What this engine answers beyond Docker's API, below /drydock/. */

/** A line of GET /drydock/trace. */
export type TraceLine = TraceRequest | TraceCall | TraceLost;

/** A request that carries {@link TRACE_HEADER} has come; what is done for it follows. */
export interface TraceRequest {
  readonly kind: "request";
  /** Milliseconds since the epoch, with their fraction. */
  readonly time: number;
  readonly method: string;
  /** Without the version. */
  readonly path: string;
  readonly client: string;
}

/** A call that was made for a request or a container. */
export interface TraceCall {
  readonly kind: "call";
  /** Counts on with every call of the engine. */
  readonly sequence: number;
  /** When it began: milliseconds since the epoch, with their fraction. */
  readonly time: number;
  /** Milliseconds, with their fraction. A call that waits for a child (clone3) takes as long as the child. */
  readonly duration: number;
  readonly process: TraceCallProcess;
  /** "mount", "clone3"; a name with a capital in it ("mkdirAll") stands for several system calls. */
  readonly call: string;
  /** By the names of the man page, readable: `"/proc"`, `MS_NOSUID|MS_NODEV`, `0755`, `<12 bytes>`, `NULL`. */
  readonly args: Readonly<Record<string, string>>;
  /** What it gave, written like arguments. null: nothing, it failed, or it does not return (execve). */
  readonly result: string | null;
  /** "ENOENT"; null when it succeeded. */
  readonly error: string | null;
  /** The TypeScript that made it; null when nobody knows. */
  readonly source: { readonly file: string; readonly line: number } | null;
  /** Id; null when it was for none, or before there was one. */
  readonly container: string | null;
  /** What asked for it: "POST /containers/create", "exit", "start" … */
  readonly occasion: string | null;
  /** What the client gave as {@link TRACE_HEADER}. */
  readonly client: string | null;
}

export interface TraceCallProcess {
  /** In the machine. */
  readonly pid: number;
  /** "engine", "shim" (becomes the container's docker-shim), "init" (becomes its first process), "exec" … */
  readonly role: string;
  /** 0 is the engine, 1 its child, 2 a child of that. */
  readonly depth: number;
}

/** So many calls are missing here: the reader was too slow, or one request made too many. */
export interface TraceLost {
  readonly kind: "lost";
  readonly count: number;
}

/** A word of the client's choice in a request: what is done for the request carries it in the trace. */
export const TRACE_HEADER = "drydock-trace";
