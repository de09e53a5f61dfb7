import type { ContainerPathStat } from "../contract/archive.ts";
import type {
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerInspectResponse,
  ContainerPruneResponse,
  ContainerTopResponse,
  ContainerUpdateRequest,
  ContainerUpdateResponse,
  ContainerWaitResponse,
  FilesystemChange,
  WaitCondition,
} from "../contract/container.ts";
import type {
  BuildPruneResponse,
  DiskUsage,
  ImagePruneResponse,
  NetworkPruneResponse,
  VolumePruneResponse,
} from "../contract/disk-usage.ts";
import type { KernelView, TraceLine } from "../contract/drydock.ts";
import type { EventMessage } from "../contract/event.ts";
import type { ExecConfig, ExecInspectResponse, ExecStartConfig, IdResponse } from "../contract/exec.ts";
import type { ImageInspect, ImageSummary } from "../contract/image.ts";
import type { ContainerStats } from "../contract/stats.ts";
import type { SystemInfo, SystemVersion } from "../contract/system.ts";
import type { TakenBody } from "../server/connection.ts";
import type { Filters } from "./filters.ts";

/**
 * What the routes need of an engine. Methods throw EngineError; those that wait give a promise or take a callback and
 * give back how to stop waiting. A `take` function is called when the client's descriptor is wanted: until then a
 * refusal is still an ordinary answer.
 */
export interface Backend {
  readonly containers: ContainerBackend;
  readonly execs: ExecBackend;
  readonly images: ImageBackend;
  readonly system: SystemBackend;
  readonly tracing: TracingBackend;
  readonly kernel: KernelBackend;
}

/** The client's socket, now the engine's, and the bytes of it that were already read. */
export interface TakenStream {
  readonly fd: number;
  readonly rest: Uint8Array;
}

/** With `multiplexed` the stream carries frames (no terminal). */
export type TakeStream = (multiplexed: boolean) => TakenStream;

export interface ListQuery {
  readonly all: boolean;
  /** 0: all of them. */
  readonly limit: number;
  readonly size: boolean;
  readonly filters: Filters;
}

export interface AttachQuery {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly stream: boolean;
  readonly logs: boolean;
  /** "" is the engine's own. */
  readonly detachKeys: string;
}

export interface LogsQuery {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly details: boolean;
  readonly tail: string;
  readonly since: string;
  readonly until: string;
}

export interface StatsQuery {
  readonly stream: boolean;
  /** Without a second sample to be compared with. */
  readonly oneShot: boolean;
}

export interface StatsListeners {
  readonly sample: (stats: ContainerStats) => void;
  readonly done: () => void;
}

export interface ExtractQuery {
  readonly path: string;
  readonly noOverwriteDirNonDir: boolean;
  /** Everything becomes the container's user's. */
  readonly copyUIDGID: boolean;
}

export interface ContainerBackend {
  /** The JSON of ContainerSummary[] in pieces: most of it stands ready as bytes. */
  list(query: ListQuery): readonly Uint8Array[];
  create(
    request: ContainerCreateRequest,
    options: { readonly name: string; readonly platform: string },
  ): ContainerCreateResponse;
  inspect(name: string, options: { readonly size: boolean }): ContainerInspectResponse;
  start(name: string): void | Promise<void>;
  /** Seconds; null is the container's own timeout. */
  stop(name: string, options: { readonly signal: string; readonly timeout: number | null }): Promise<void>;
  restart(name: string, options: { readonly signal: string; readonly timeout: number | null }): Promise<void>;
  kill(name: string, signal: string): void | Promise<void>;
  pause(name: string): void;
  unpause(name: string): void;
  rename(name: string, wanted: string): void;
  update(name: string, asked: ContainerUpdateRequest): ContainerUpdateResponse;
  remove(name: string, options: { readonly force: boolean; readonly volumes: boolean }): void | Promise<void>;
  resize(name: string, size: { readonly rows: number; readonly columns: number }): void;
  wait(name: string, condition: WaitCondition, done: (answer: ContainerWaitResponse) => void): () => void;
  attach(name: string, query: AttachQuery, take: TakeStream): void;
  logs(name: string, query: LogsQuery, take: TakeStream): void;
  /** What was changed in the container's files. */
  changes(name: string): readonly FilesystemChange[];
  /** All files as a tar, written to what `take` gives. */
  export(name: string, take: () => TakenStream): void;
  prune(filters: Filters): Promise<ContainerPruneResponse>;
  /** Samples from now on; `done` after the last one. Gives what ends it. */
  stats(name: string, query: StatsQuery, listeners: StatsListeners): () => void;
  statPath(name: string, path: string): Promise<ContainerPathStat>;
  /** What is at `path` as a tar. Settles when `take` has been called: the bytes follow. */
  archive(name: string, path: string, take: (stat: ContainerPathStat) => TakenStream): Promise<void>;
  /** Unpacks the tar that `take` gives. */
  extract(name: string, query: ExtractQuery, take: () => TakenBody): Promise<void>;
  /** `psArgs` are options of ps(1); "" is -ef. */
  top(name: string, psArgs: string): ContainerTopResponse;
}

export interface ExecBackend {
  create(container: string, config: ExecConfig): IdResponse;
  /** With a `take` that is never called the exec was detached. */
  start(id: string, config: ExecStartConfig, take: TakeStream): void;
  resize(id: string, size: { readonly rows: number; readonly columns: number }): void;
  inspect(id: string): ExecInspectResponse;
}

export interface ImageBackend {
  list(query: { readonly all: boolean; readonly filters: Filters }): readonly ImageSummary[];
  inspect(name: string): ImageInspect;
  pull(request: { readonly image: string; readonly tag: string; readonly platform: string }): void;
}

export interface EventQuery {
  /** As the client wrote them; "" is absent. */
  readonly since: string;
  readonly until: string;
  readonly filters: Filters;
}

export interface SystemBackend {
  info(): SystemInfo;
  version(): SystemVersion;
  /** Chapters as in the API's `type`; none means all. */
  diskUsage(types: readonly string[]): DiskUsage;
  pruneImages(filters: Filters): ImagePruneResponse;
  pruneNetworks(filters: Filters): NetworkPruneResponse;
  pruneVolumes(filters: Filters): VolumePruneResponse;
  pruneBuildCache(filters: Filters): BuildPruneResponse;
  /** `done` is called when `until` has passed. */
  subscribe(query: EventQuery, listener: (event: EventMessage) => void, done: () => void): () => void;
}

/** A request, for the trace of what is done for it. */
export interface TracedRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** The client's word; null without. */
  readonly client: string | null;
}

/** Which calls; "" asks for no such thing. */
export interface TraceWanted {
  /** By id, name, or the beginning of an id. */
  readonly container: string;
  /** Of requests with this word, and of what the engine does by itself to the containers that these are about. */
  readonly client: string;
}

/** Takes lines, and says whether it keeps up: while it does not, calls are counted instead of given. */
export interface TraceReader {
  readonly ready: () => boolean;
  readonly write: (lines: readonly TraceLine[]) => void;
}

export interface TracingBackend {
  /** Does `work` and records it as done for the request, when somebody reads the trace. */
  request<T>(request: TracedRequest, work: () => T): T;
  /** Gives back how to stop. */
  open(wanted: TraceWanted, reader: TraceReader): () => void;
}

export interface KernelBackend {
  /** By id, name, or the beginning of an id; it must run. */
  view(container: string): KernelView;
}
