import type { ContainerPathStat } from "../../api/contract/archive.ts";
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
} from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { removeFile } from "../../runtime/remove-file.ts";
import { SIGKILL } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import type { CrashAt } from "../crash.ts";
import { isRestarting, toEngineError, translated } from "../errors.ts";
import type { EventLog } from "../events.ts";
import type { Filters } from "../filters.ts";
import type { HealthChecks } from "../health/health-checks.ts";
import type { ImageStore } from "../images/image-store.ts";
import type { Images } from "../images/images.ts";
import type { InitLayers } from "../images/init-layers.ts";
import { containerPaths } from "../layout.ts";
import type { Networks } from "../networks/networks.ts";
import type { Tracing } from "../trace/tracing.ts";
import { archivePath, type ExtractQuery, extractTo, statPath, type TakenBody } from "./archive.ts";
import type { AttachQuery, TakenStream, TakeStream } from "./attach.ts";
import { attachClient } from "./attach-client.ts";
import type { Container } from "./container.ts";
import { ContainerIndex } from "./container-index.ts";
import type { ContainerUsers } from "./container-users.ts";
import { checkPlatform, createRecord } from "./create.ts";
import { diffContainer } from "./diff.ts";
import { exportContainer } from "./export.ts";
import { validateUpdate } from "./host-config.ts";
import { sizesOf } from "./image-of.ts";
import { inspectContainer } from "./inspect.ts";
import { Lifecycle } from "./lifecycle.ts";
import { listSource } from "./list-source.ts";
import { type ListQuery, listContainers } from "./listing.ts";
import { type LogsQuery, spawnLogs } from "./logs.ts";
import { pruneContainers } from "./prune.ts";
import { publishContainer } from "./publish.ts";
import { renameContainer } from "./rename.ts";
import { isDueAtBoot } from "./restarts.ts";
import { parseSignal } from "./signals.ts";
import { type StatsListeners, type StatsQuery, watchStats } from "./stats.ts";
import { endContainer, type StopContext, type StopOptions, stopContainer } from "./stop.ts";
import { topContainer } from "./top.ts";
import { updateContainer } from "./update.ts";

export interface ContainersOptions {
  readonly sys: Sys;
  readonly images: Images;
  readonly store: ImageStore;
  readonly initLayers: InitLayers;
  readonly users: ContainerUsers;
  readonly events: EventLog;
  readonly networks: Networks;
  readonly health: HealthChecks;
  readonly tracing: Tracing;
  readonly crash: CrashAt;
  readonly log: (text: string) => void;
}

/** The containers of the engine, and what can be done with them. */
export class Containers {
  readonly #options: ContainersOptions;
  readonly #index: ContainerIndex;
  readonly #stopping: StopContext;
  readonly lifecycle: Lifecycle;
  #pruning = false;

  constructor(options: ContainersOptions) {
    this.#options = options;
    this.#index = new ContainerIndex(options.sys);
    this.lifecycle = new Lifecycle({
      sys: options.sys,
      images: options.store,
      initLayers: options.initLayers,
      users: options.users,
      events: options.events,
      networks: options.networks,
      health: options.health,
      tracing: options.tracing,
      crash: options.crash,
      find: (name) => this.find(name),
      over: (container) => this.#over(container),
      log: options.log,
    });
    this.#stopping = { ...options, lifecycle: this.lifecycle };
  }

  /** All of them, the oldest first. */
  all(): Iterable<Container> {
    return this.#index.all();
  }

  /** One that was read from disk. */
  adopt(container: Container): void {
    this.#index.names.reserve(container.name, container.id);
    this.#index.add(container);
  }

  /** Those that their policy wants to run, at the start of an engine. */
  startDue(): void {
    for (const container of [...this.#index.all()]) {
      if (!isDueAtBoot(container)) continue;
      try {
        this.lifecycle.start(container);
      } catch (error) {
        this.#options.log(`cannot start container ${container.id}: ${toEngineError(error).message}`);
      }
    }
  }

  /** Removes one whose run is over and that was to go with it. */
  discard(container: Container): void {
    this.#over(container);
  }

  /** By id, name, or the beginning of an id. Throws Docker's refusals. */
  find(name: string): Container {
    return this.#index.find(name);
  }

  /** Id of what `find` finds; null when it refuses. */
  idOf(name: string): string | null {
    try {
      return this.find(name).id;
    } catch (error) {
      if (error instanceof EngineError) return null;
      throw error;
    }
  }

  requireRunning(name: string): Container {
    const container = this.find(name);
    if (container.running) return container;
    if (container.restarting) throw isRestarting(container.id);
    throw new EngineError("conflict", `container ${container.id} is not running`);
  }

  /** The JSON of ContainerSummary[]. */
  list(query: ListQuery): readonly Uint8Array[] {
    const { sys, store } = this.#options;
    const source = listSource({ sys, store, index: this.#index, find: (name) => this.find(name) });
    return listContainers(source, query);
  }

  create(
    request: ContainerCreateRequest,
    options: { readonly name: string; readonly platform: string },
  ): ContainerCreateResponse {
    const { sys, images, crash, events, tracing } = this.#options;
    checkPlatform(options.platform, request.Image ?? "");
    return translated(() => {
      const context = {
        sys,
        names: this.#index.names,
        crash,
        tracing,
        requireImage: (name: string) => images.require(name),
        resolve: (name: string) => this.#index.resolve(name),
      };
      const { container, response } = createRecord(context, request, options.name);
      this.#index.add(container);
      publishContainer(events, container, "create");
      return response;
    });
  }

  inspect(name: string, { size }: { readonly size: boolean }): ContainerInspectResponse {
    const container = this.find(name);
    const answer = inspectContainer(container, this.#options.store.get(container.record.Image).layers);
    return size ? { ...answer, ...sizesOf(this.#options.sys, this.#options.store, container) } : answer;
  }

  /** At once, unless somebody is busy with its files. */
  start(name: string): void | Promise<void> {
    const container = this.find(name);
    const { busy } = container.files;
    if (busy !== null) return busy.then(() => this.start(name));
    if (container.paused) throw new EngineError("conflict", "cannot start a paused container, try unpause instead");
    if (container.active) throw new EngineError("notModified", "Container is already started");
    this.#start(container);
  }

  #start(container: Container): void {
    if (container.removing || container.state.Status === "dead") {
      throw new EngineError("conflict", "container is marked for removal and cannot be started");
    }
    this.lifecycle.start(container);
  }

  /** Settles when it has stopped. */
  async stop(name: string, how: StopOptions): Promise<void> {
    const container = this.find(name);
    if (how.signal !== "") parseSignal(how.signal);
    if (!container.active) throw new EngineError("notModified", "Container is already stopped");
    await stopContainer(this.#stopping, container, how);
  }

  /** Stops it if it runs, and starts it. */
  async restart(name: string, how: StopOptions): Promise<void> {
    const container = this.find(name);
    try {
      if (container.active) await this.#stopToRestart(container, how);
      // Somebody else who restarts it may have been here first.
      if (!container.active) this.#start(container);
    } catch (error) {
      const { kind, message } = toEngineError(error);
      throw new EngineError(kind, `Cannot restart container ${name}: ${message}`);
    }
    publishContainer(this.#options.events, container, "restart");
  }

  async #stopToRestart(container: Container, how: StopOptions): Promise<void> {
    container.manuallyRestarted = true;
    try {
      await stopContainer(this.#stopping, container, how);
    } finally {
      container.manuallyRestarted = false;
    }
  }

  /** SIGKILL is waited for, as Docker does; any other signal is only sent. */
  async kill(name: string, signal: string): Promise<void> {
    const number = signal === "" ? SIGKILL : parseSignal(signal);
    const container = this.#requireKillable(name);
    if (number === SIGKILL) await endContainer(this.#stopping, container, SIGKILL, -1);
    else this.lifecycle.signals.signal(container, number);
  }

  pause(name: string): void {
    const container = this.requireRunning(name);
    if (container.paused) throw new EngineError("conflict", `Container ${container.id} is already paused`);
    this.lifecycle.signals.pause(container);
  }

  /** The refusal is no conflict: Docker answers with 500. */
  unpause(name: string): void {
    const container = this.find(name);
    if (!container.paused) throw new EngineError("system", `Container ${container.id} is not paused`);
    this.lifecycle.signals.unpause(container);
  }

  rename(name: string, wanted: string): void {
    if (wanted === "") throw new EngineError("invalid", "Neither old nor new names may be empty");
    const { sys, events } = this.#options;
    renameContainer({ sys, events, names: this.#index.names }, this.find(name), wanted);
  }

  update(name: string, asked: ContainerUpdateRequest): ContainerUpdateResponse {
    validateUpdate(asked);
    return updateContainer(this.#options, this.find(name), asked);
  }

  async remove(name: string, { force }: { readonly force: boolean; readonly volumes: boolean }): Promise<void> {
    const container = this.find(name);
    if (container.removing) {
      throw new EngineError("conflict", `removal of container ${name} is already in progress`);
    }
    if (container.active && !force) {
      throw new EngineError(
        "conflict",
        `cannot remove container "/${container.name}": container is ${container.status}: ` +
          `${container.paused ? "unpause and then " : ""}stop the container before removing or force remove`,
      );
    }
    container.removing = true;
    if (container.active) await endContainer(this.#stopping, container, SIGKILL, -1);
    if (container.files.busy !== null) await container.files.busy;
    translated(() => this.#delete(container));
  }

  resize(name: string, { rows, columns }: { readonly rows: number; readonly columns: number }): void {
    const container = this.requireRunning(name);
    container.shim?.resize(rows, columns);
    publishContainer(this.#options.events, container, "resize", { height: String(rows), width: String(columns) });
  }

  wait(name: string, condition: WaitCondition, done: (answer: ContainerWaitResponse) => void): () => void {
    return this.find(name).wait(condition, done);
  }

  attach(name: string, query: AttachQuery, take: TakeStream): void {
    const container = this.find(name);
    if (container.paused) {
      throw new EngineError("conflict", `container ${name} is paused, unpause the container before attach`);
    }
    if (container.restarting) {
      throw new EngineError("conflict", `container ${name} is restarting, wait until the container is running`);
    }
    attachClient(this.#options, container, query, take);
  }

  /** `docker logs`: the helper writes to the client itself. */
  logs(name: string, query: LogsQuery, take: TakeStream): void {
    const container = this.find(name);
    if (container.removing || container.state.Status === "dead") {
      throw new EngineError("conflict", "can not get logs from container which is dead or marked for removal");
    }
    spawnLogs(this.#options.sys, container, query, take);
  }

  top(name: string, psArgs: string): ContainerTopResponse {
    const container = this.requireRunning(name);
    const answer = translated(() => topContainer(this.#options.sys, container, psArgs));
    publishContainer(this.#options.events, container, "top");
    return answer;
  }

  changes(name: string): readonly FilesystemChange[] {
    const container = this.find(name);
    return translated(() => diffContainer(this.#options, container));
  }

  export(name: string, take: () => TakenStream): void {
    const container = this.find(name);
    translated(() => exportContainer(this.#options, container, take));
    publishContainer(this.#options.events, container, "export");
  }

  stats(name: string, query: StatsQuery, listeners: StatsListeners): () => void {
    return watchStats(this.#options.sys, this.find(name), query, listeners);
  }

  async statPath(name: string, path: string): Promise<ContainerPathStat> {
    return statPath(this.#options, { container: this.find(name), name, path });
  }

  async archive(name: string, path: string, take: (stat: ContainerPathStat) => TakenStream): Promise<void> {
    const container = this.find(name);
    await archivePath(this.#options, { container, name, path }, (stat) => {
      publishContainer(this.#options.events, container, "archive-path");
      return take(stat);
    });
  }

  async extract(name: string, query: ExtractQuery, take: () => TakenBody): Promise<void> {
    const container = this.find(name);
    await extractTo(this.#options, { container, name, path: query.path }, query, take);
    publishContainer(this.#options.events, container, "extract-to-dir");
  }

  /** One at a time: two would count the same container's bytes. */
  async prune(filters: Filters): Promise<ContainerPruneResponse> {
    if (this.#pruning) throw new EngineError("conflict", "a prune operation is already running");
    this.#pruning = true;
    try {
      return await pruneContainers(this.#options, this, filters);
    } finally {
      this.#pruning = false;
    }
  }

  /** After the end of a run or a failed start. */
  #over(container: Container): void {
    if (container.hostConfig.AutoRemove !== true || container.removing || container.manuallyRestarted) return;
    container.removing = true;
    try {
      this.#delete(container);
    } catch (error) {
      this.#options.log(`cannot remove container ${container.id}: ${toEngineError(error).message}`);
    }
  }

  /** The record goes first: from then on a new engine removes what is left. */
  #delete(container: Container): void {
    const { sys, crash, events } = this.#options;
    const paths = containerPaths(container.id);
    removeFile(sys, paths.config);
    crash("remove:unlisted");
    for (const { stream } of container.pending) sys.close(stream.fd);
    container.pending = [];
    sys.removeAll(paths.layer);
    crash("remove:layer");
    sys.removeAll(paths.directory);
    this.#index.delete(container);
    publishContainer(events, container, "destroy");
    container.settle("removed");
  }

  /** `docker kill` says in its refusals what it was about. Between two runs a signal ends the waiting. */
  #requireKillable(name: string): Container {
    try {
      const container = this.find(name);
      return container.restarting ? container : this.requireRunning(name);
    } catch (error) {
      const { kind, message } = toEngineError(error);
      throw new EngineError(kind, `cannot kill container: ${name}: ${message}`);
    }
  }
}
