import { EngineCalls, isBodiless } from "./client-calls.ts";
import { type BodyStream, type Exchange, type ExchangeHead, engineErrorOf, type RawStream } from "./client-exchange.ts";
import type {
  AttachOptions,
  EventsOptions,
  ListOptions,
  LogsOptions,
  Ping,
  Subscription,
  TraceOptions,
  Upload,
  Waiting,
} from "./client-options.ts";
import { type ContainerPathStat, PATH_STAT_HEADER } from "./contract/archive.ts";
import type {
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerInspectResponse,
  ContainerPruneResponse,
  ContainerSummary,
  ContainerTopResponse,
  ContainerUpdateRequest,
  ContainerUpdateResponse,
  ContainerWaitResponse,
  FilesystemChange,
  WaitCondition,
} from "./contract/container.ts";
import type {
  BuildPruneResponse,
  DiskUsage,
  ImagePruneResponse,
  NetworkPruneResponse,
  VolumePruneResponse,
} from "./contract/disk-usage.ts";
import type { KernelView, TraceLine } from "./contract/drydock.ts";
import { EngineError } from "./contract/errors.ts";
import type { EventMessage } from "./contract/event.ts";
import type { ExecConfig, ExecInspectResponse, ExecStartConfig, IdResponse } from "./contract/exec.ts";
import type { CreateImageInfo, ImageInspect, ImageSummary } from "./contract/image.ts";
import type { ContainerStats } from "./contract/stats.ts";
import type { SystemInfo, SystemVersion } from "./contract/system.ts";
import { decodeBase64 } from "./wire/base64.ts";
import { JsonStreamReader } from "./wire/json-stream.ts";
import { type Filters, formatFilters, formatQuery } from "./wire/query.ts";
import type { TextCodec } from "./wire/text.ts";

export type { BodyStream, Connection, RawStream, Transport } from "./client-exchange.ts";
export type * from "./client-options.ts";
export type { Filters } from "./wire/query.ts";

/** The Engine API as methods. Refusals are EngineError; one idle connection is kept for the next call. */
export class EngineClient extends EngineCalls {
  // --- system ---------------------------------------------------------------------------------------------------

  async ping(): Promise<Ping> {
    const { exchange, head } = await this.send({ method: "HEAD", target: "/_ping" });
    const { status, headers } = await head;
    await exchange.readText(true);
    this.keep(exchange);
    if (status !== 200) throw engineErrorOf(status, "");
    return {
      apiVersion: headers.get("api-version") ?? "",
      osType: headers.get("ostype") ?? "",
      builderVersion: headers.get("builder-version") ?? "",
      server: headers.get("server") ?? "",
    };
  }

  version(): Promise<SystemVersion> {
    return this.json("GET", "/version");
  }

  info(): Promise<SystemInfo> {
    return this.json("GET", "/info");
  }

  /** `types` are chapters: container, image, volume, build-cache; all of them when there are none. */
  diskUsage(types: readonly string[] = []): Promise<DiskUsage> {
    const query = types.map((type) => `type=${encodeURIComponent(type)}`).join("&");
    return this.json("GET", `/system/df${query === "" ? "" : `?${query}`}`);
  }

  pruneImages(options: { readonly filters?: Filters } = {}): Promise<ImagePruneResponse> {
    return this.json("POST", "/images/prune", { filters: formatFilters(options.filters) });
  }

  pruneNetworks(options: { readonly filters?: Filters } = {}): Promise<NetworkPruneResponse> {
    return this.json("POST", "/networks/prune", { filters: formatFilters(options.filters) });
  }

  pruneVolumes(options: { readonly filters?: Filters } = {}): Promise<VolumePruneResponse> {
    return this.json("POST", "/volumes/prune", { filters: formatFilters(options.filters) });
  }

  pruneBuildCache(options: { readonly all?: boolean; readonly filters?: Filters } = {}): Promise<BuildPruneResponse> {
    const filters = formatFilters(options.filters) ?? "";
    return this.json("POST", "/build/prune", { all: options.all, filters, "keep-storage": 0 });
  }

  /** Calls `onEvent` for the past since `since`, then for what happens. Settles when the engine has accepted. */
  async events(options: EventsOptions, onEvent: (event: EventMessage) => void): Promise<Subscription> {
    const { since, until } = options;
    const target = `/events${formatQuery({ since, until, filters: formatFilters(options.filters) })}`;
    return this.listen(target, (value) => onEvent(value as EventMessage));
  }

  // --- containers -----------------------------------------------------------------------------------------------

  createContainer(
    request: ContainerCreateRequest,
    options: { readonly name?: string; readonly platform?: string } = {},
  ): Promise<ContainerCreateResponse> {
    return this.json("POST", "/containers/create", { name: options.name, platform: options.platform }, request);
  }

  /** `members`: those that the rows need, if they do not need all. */
  listContainers(options: ListOptions = {}, members?: readonly string[]): Promise<readonly ContainerSummary[]> {
    const { all, limit, size } = options;
    const query = { all, limit, size, filters: formatFilters(options.filters) };
    if (members === undefined) return this.json("GET", "/containers/json", query);
    return this.rows("/containers/json", query, members);
  }

  inspectContainer(id: string, options: { readonly size?: boolean } = {}): Promise<ContainerInspectResponse> {
    return this.json("GET", `${containerPath(id)}/json`, { size: options.size });
  }

  startContainer(id: string, options: { readonly detachKeys?: string } = {}): Promise<void> {
    return this.plain("POST", `${containerPath(id)}/start`, { detachKeys: options.detachKeys });
  }

  /** `timeout` in seconds, -1 waits for ever; absent: the container's own. */
  stopContainer(id: string, options: { readonly timeout?: number; readonly signal?: string } = {}): Promise<void> {
    return this.plain("POST", `${containerPath(id)}/stop`, { t: options.timeout, signal: options.signal });
  }

  restartContainer(id: string, options: { readonly timeout?: number; readonly signal?: string } = {}): Promise<void> {
    return this.plain("POST", `${containerPath(id)}/restart`, { t: options.timeout, signal: options.signal });
  }

  killContainer(id: string, signal?: string): Promise<void> {
    return this.plain("POST", `${containerPath(id)}/kill`, { signal });
  }

  pauseContainer(id: string): Promise<void> {
    return this.plain("POST", `${containerPath(id)}/pause`, {});
  }

  unpauseContainer(id: string): Promise<void> {
    return this.plain("POST", `${containerPath(id)}/unpause`, {});
  }

  renameContainer(id: string, name: string): Promise<void> {
    return this.plain("POST", `${containerPath(id)}/rename`, { name });
  }

  updateContainer(id: string, request: ContainerUpdateRequest): Promise<ContainerUpdateResponse> {
    return this.json("POST", `${containerPath(id)}/update`, {}, request);
  }

  removeContainer(
    id: string,
    options: { readonly force?: boolean; readonly volumes?: boolean; readonly link?: boolean } = {},
  ): Promise<void> {
    const { force, volumes, link } = options;
    return this.plain("DELETE", containerPath(id), { force, v: volumes, link });
  }

  resizeContainer(id: string, size: { readonly rows: number; readonly columns: number }): Promise<void> {
    return this.plain("POST", `${containerPath(id)}/resize`, { h: size.rows, w: size.columns });
  }

  /** Settles as soon as the engine waits, so that what happens next cannot be missed; the answer is `result`. */
  async waitContainer(id: string, condition: WaitCondition = "not-running"): Promise<Waiting> {
    const target = `${containerPath(id)}/wait${formatQuery({ condition })}`;
    const { exchange, bodiless } = await this.start({ method: "POST", target });
    const close = (): void => exchange.connection.close();
    const result = exchange.readText(bodiless).then((text) => {
      close();
      return JSON.parse(text) as ContainerWaitResponse;
    });
    return { result, close };
  }

  attachContainer(id: string, options: AttachOptions): Promise<RawStream> {
    const { stdin, stdout, stderr, stream, logs, detachKeys } = options;
    const query = formatQuery({ stdin, stdout, stderr, stream, logs, detachKeys });
    return this.raw({ method: "POST", target: `${containerPath(id)}/attach${query}`, hijack: true });
  }

  containerLogs(id: string, options: LogsOptions = {}): Promise<RawStream> {
    const { stdout = true, stderr = true, follow, timestamps, details, tail, since, until } = options;
    const query = formatQuery({ stdout, stderr, follow, timestamps, details, tail, since, until });
    return this.raw({ method: "GET", target: `${containerPath(id)}/logs${query}` });
  }

  /** `psArgs` are options of ps(1), "-ef" when there are none. */
  topContainer(id: string, psArgs?: string): Promise<ContainerTopResponse> {
    return this.json("GET", `${containerPath(id)}/top`, { ps_args: psArgs });
  }

  /** null: nothing was changed. */
  containerChanges(id: string): Promise<readonly FilesystemChange[] | null> {
    return this.json("GET", `${containerPath(id)}/changes`);
  }

  /** All files of the container as a tar. */
  exportContainer(id: string): Promise<RawStream> {
    return this.raw({ method: "GET", target: `${containerPath(id)}/export` });
  }

  /** Calls `onSample` each second, or once without `stream`. Settles when the engine has accepted. */
  async containerStats(
    id: string,
    options: { readonly stream: boolean; readonly oneShot?: boolean },
    onSample: (stats: ContainerStats) => void,
  ): Promise<Subscription> {
    const query = formatQuery({ stream: options.stream ? 1 : 0, "one-shot": options.oneShot });
    return this.listen(`${containerPath(id)}/stats${query}`, (value) => onSample(value as ContainerStats));
  }

  /** What is at `path` in the container, running or not. A link is not followed, its target is told. */
  async statContainerPath(id: string, path: string): Promise<ContainerPathStat> {
    const target = `${containerPath(id)}/archive${formatQuery({ path })}`;
    const { exchange, head } = await this.start({ method: "HEAD", target });
    await exchange.readText(true);
    this.keep(exchange);
    return readPathStat(head, this.codec);
  }

  /** The same, and all of it as a tar. */
  async getArchive(id: string, path: string): Promise<{ readonly stat: ContainerPathStat; readonly body: BodyStream }> {
    const target = `${containerPath(id)}/archive${formatQuery({ path })}`;
    const { exchange, head } = await this.start({ method: "GET", target });
    return { stat: readPathStat(head, this.codec), body: exchange.takeBody() };
  }

  /** Unpacks what is written to `connection` from now on, a tar in HTTP chunks, into a directory of the container. */
  async putArchive(
    id: string,
    path: string,
    options: { readonly noOverwriteDirNonDir?: boolean; readonly copyUIDGID?: boolean } = {},
  ): Promise<Upload> {
    const { noOverwriteDirNonDir, copyUIDGID } = options;
    const target = `${containerPath(id)}/archive${formatQuery({ path, noOverwriteDirNonDir, copyUIDGID })}`;
    const { exchange, head } = await this.upload({ method: "PUT", target, upload: true });
    return { connection: exchange.connection, answer: this.#uploaded(exchange, head) };
  }

  async #uploaded(exchange: Exchange, answer: Promise<ExchangeHead>): Promise<void> {
    const { status } = await answer;
    const text = await exchange.readText(isBodiless(status));
    if (status >= 400) throw engineErrorOf(status, text);
  }

  pruneContainers(options: { readonly filters?: Filters } = {}): Promise<ContainerPruneResponse> {
    return this.json("POST", "/containers/prune", { filters: formatFilters(options.filters) });
  }

  // --- exec -----------------------------------------------------------------------------------------------------

  createExec(container: string, config: ExecConfig): Promise<IdResponse> {
    return this.json("POST", `${containerPath(container)}/exec`, {}, config);
  }

  /** Starts it and gives its streams. */
  startExec(id: string, config: ExecStartConfig): Promise<RawStream> {
    const body = { ...config, Detach: false };
    return this.raw({ method: "POST", target: `${execPath(id)}/start`, hijack: true, body });
  }

  /** Starts it and leaves it. */
  startExecDetached(id: string, config: ExecStartConfig): Promise<void> {
    return this.plain("POST", `${execPath(id)}/start`, {}, { ...config, Detach: true });
  }

  resizeExec(id: string, size: { readonly rows: number; readonly columns: number }): Promise<void> {
    return this.plain("POST", `${execPath(id)}/resize`, { h: size.rows, w: size.columns });
  }

  inspectExec(id: string): Promise<ExecInspectResponse> {
    return this.json("GET", `${execPath(id)}/json`);
  }

  // --- images ---------------------------------------------------------------------------------------------------

  listImages(options: { readonly all?: boolean; readonly filters?: Filters } = {}): Promise<readonly ImageSummary[]> {
    return this.json("GET", "/images/json", { all: options.all, filters: formatFilters(options.filters) });
  }

  inspectImage(name: string): Promise<ImageInspect> {
    return this.json("GET", `/images/${imageName(name)}/json`);
  }

  /** `docker pull`: progress as it comes. A failure after the first byte is an object with `error`. */
  async createImage(
    request: { readonly fromImage: string; readonly tag?: string; readonly platform?: string },
    onProgress: (info: CreateImageInfo) => void,
  ): Promise<void> {
    const { fromImage, tag, platform } = request;
    const target = `/images/create${formatQuery({ fromImage, tag, platform })}`;
    const { exchange, bodiless } = await this.start({ method: "POST", target });
    const reader = new JsonStreamReader(this.codec);
    await exchange.readBody(bodiless, (data) => {
      for (const value of reader.push(data)) onProgress(value as CreateImageInfo);
    });
    this.keep(exchange);
  }

  // --- what is ours -----------------------------------------------------------------------------------------------

  /** Calls of the engine's runtime as they are made. Settles when the engine has accepted. */
  async trace(options: TraceOptions, onLine: (line: TraceLine) => void): Promise<Subscription> {
    const { container, client } = options;
    const target = `/drydock/trace${formatQuery({ container, client })}`;
    return this.listen(target, (value) => onLine(value as TraceLine));
  }

  /** What the kernel holds for a container that runs. */
  kernel(container: string): Promise<KernelView> {
    return this.json("GET", "/drydock/kernel", { container });
  }
}

function readPathStat({ headers }: ExchangeHead, text: TextCodec): ContainerPathStat {
  const bytes = decodeBase64(headers.get(PATH_STAT_HEADER) ?? "");
  if (bytes === null || bytes.length === 0)
    throw new EngineError("system", "the engine's answer says no path's status");
  return JSON.parse(text.decode(bytes)) as ContainerPathStat;
}

function containerPath(id: string): string {
  return `/containers/${encodeURIComponent(id)}`;
}

function execPath(id: string): string {
  return `/exec/${encodeURIComponent(id)}`;
}

/** Image names keep their slashes in the path. */
function imageName(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}
