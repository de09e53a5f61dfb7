import type { EngineError } from "../../api/contract/errors.ts";
import { writeBundle } from "../../runtime/bundle.ts";
import { isCgroupFrozen } from "../../runtime/cgroups/cgroup.ts";
import { memoryEventsFile, oomKills } from "../../runtime/cgroups/stats.ts";
import {
  abandonContainer,
  type CreatedContainer,
  createContainer,
  deleteContainer,
  isAlive,
  startContainer,
} from "../../runtime/container.ts";
import { NETWORK_SYSCTLS } from "../../runtime/network-namespace.ts";
import { mountOverlay } from "../../runtime/overlay.ts";
import { MNT_DETACH } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { CrashAt } from "../crash.ts";
import { startFailure, toEngineError, translated } from "../errors.ts";
import type { EventLog } from "../events.ts";
import type { HealthChecks } from "../health/health-checks.ts";
import type { ImageStore } from "../images/image-store.ts";
import type { InitLayers } from "../images/init-layers.ts";
import { type ContainerPaths, containerPaths } from "../layout.ts";
import { NO_NETWORK, type RunNetwork } from "../networks/endpoint.ts";
import type { Networks } from "../networks/networks.ts";
import { readJson, writeJson } from "../store.ts";
import type { Tracing } from "../trace/tracing.ts";
import type { Container, StateRecord } from "./container.ts";
import type { ContainerUsers } from "./container-users.ts";
import { writeHosts } from "./etc-files.ts";
import { planLog } from "./log-options.ts";
import { checkSources, planMounts } from "./mounts.ts";
import { checkPropagation } from "./propagation.ts";
import { publishContainer } from "./publish.ts";
import { Backoff } from "./restart-policy.ts";
import { pastRun, Restarts } from "./restarts.ts";
import { sharedNamespaces } from "./shared-namespaces.ts";
import { type ProcessEnd, parseExitFile, ShimConnection } from "./shim.ts";
import { Signals } from "./signalling.ts";
import { buildSpec } from "./spec.ts";
import { toEnded, toFailed, toRunning } from "./transitions.ts";

/** What the steps of a container's life need of the engine. */
export interface LifecycleContext {
  readonly sys: Sys;
  readonly images: ImageStore;
  readonly initLayers: InitLayers;
  readonly users: ContainerUsers;
  readonly events: EventLog;
  readonly networks: Networks;
  readonly health: HealthChecks;
  readonly tracing: Tracing;
  readonly crash: CrashAt;
  /** Throws for what is not there. */
  find(name: string): Container;
  /** The container is over and cleaned up; its records say so. */
  over(container: Container): void;
  log(text: string): void;
}

/** A program that left no word about its end. */
const UNKNOWN_END = 255;

/**
 * The start and the end of a container. The order of the steps is what makes a kill of the engine at any point
 * recoverable: see "Recovery" in the engine's README.
 */
export class Lifecycle {
  readonly #context: LifecycleContext;
  readonly #restarts: Restarts;
  readonly signals: Signals;

  constructor(context: LifecycleContext) {
    this.#context = context;
    const { sys, log, events, health } = context;
    const restarts = new Restarts({ sys, log, start: (container) => this.#startOnce(container) });
    const persist = (container: Container): void => this.#attempt(container, () => this.persist(container));
    this.#restarts = restarts;
    this.signals = new Signals({ sys, events, health, restarts, persist });
  }

  /** By hand: its policy begins anew. The program runs when this returns. Throws EngineError, and then the container is
   *  what it was but for its error. */
  start(container: Container): void {
    container.backoff = new Backoff();
    container.state = { ...container.state, RestartCount: 0, ManuallyStopped: false };
    this.#startOnce(container);
  }

  #startOnce(container: Container): void {
    this.#context.tracing.about(container.id, "start", () => this.#startTraced(container));
  }

  #startTraced(container: Container): void {
    const { crash } = this.#context;
    const paths = containerPaths(container.id);
    const before = container.state;
    let network = NO_NETWORK;
    try {
      this.#mount(container, paths);
      crash("start:mounted");
      network = this.#join(container);
      const created = this.#create(container, paths, network);
      crash("start:created");
      this.#launch(container, created, network);
    } catch (error) {
      throw this.#failStart(container, before, network, error);
    }
    crash("start:running");
    this.#context.health.start(container);
    this.#publish(container, "start");
  }

  /** Finds a container again that ran when the engine last wrote: its shim, its exit file, or nothing. */
  reconnect(container: Container): void {
    const { sys } = this.#context;
    const paths = containerPaths(container.id);
    try {
      this.#connect(container, paths);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      const end = parseExitFile(readJson(sys, paths.exitFile));
      if (end === null && isAlive(sys, container.state.Pid, container.state.ProcessStart)) this.signals.end(container);
      this.ended(container, end);
      return;
    }
    if (container.hostConfig.Memory && oomKills(sys, paths.cgroup) > 0) this.#noteOom(container);
    container.paused = isCgroupFrozen(sys, paths.cgroup);
    if (!container.paused) this.#context.health.resume(container);
  }

  /** Removes what a start that was cut short has left, without a change to the records. */
  discard(container: Container): void {
    this.#releaseKernel(container, container.state.Network);
  }

  /** null: nobody knows how. */
  ended(container: Container, end: ProcessEnd | null): void {
    this.#context.tracing.about(container.id, "exit", () => this.#end(container, end));
  }

  #end(container: Container, end: ProcessEnd | null): void {
    const { sys, crash, health } = this.#context;
    const paths = containerPaths(container.id);
    crash("exit:seen");
    health.stop(container);
    // Before the cgroup goes, and before anybody is told.
    if (oomKills(sys, paths.cgroup) > 0) this.#noteOom(container);
    const shim = container.shim;
    container.shim = null;
    container.paused = false;
    const network = container.state.Network;
    const { state, delay } = toEnded(container, { code: end?.code ?? UNKNOWN_END, at: end?.at ?? sys.now() });
    container.state = state;
    // Recorded before the exit file goes. One that is removed at once needs no record: a new engine finds it running,
    // without a shim, and ends it once more.
    if (container.hostConfig.AutoRemove !== true) this.#attempt(container, () => this.persist(container));
    crash("exit:recorded");
    this.#attempt(container, () => this.#releaseKernel(container, network));
    crash("exit:cleaned");
    shim?.quit();
    this.#publishNetwork(container, network, "disconnect");
    this.#publishEnd(container);
    container.settle("exit");
    if (delay === null) this.#context.over(container);
    // Who heard of the end may have stopped it meanwhile.
    else if (container.restarting) this.#restarts.schedule(container, delay);
  }

  /** The end of a container is an end, also on a full disk or with a mount that will not go: that much is only noted. */
  #attempt(container: Container, step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#context.log(`container ${container.id}: ${toEngineError(error).message}`);
    }
  }

  persist(container: Container): void {
    writeJson(this.#context.sys, containerPaths(container.id).state, container.state);
  }

  #mount(container: Container, paths: ContainerPaths): void {
    const { sys, images, initLayers } = this.#context;
    const image = images.get(container.record.Image);
    sys.mkdirAll(paths.bundle, 0o700);
    mountOverlay(sys, {
      layers: [...image.layers, initLayers.of(image)],
      upper: { directory: paths.upper, work: paths.work },
      target: paths.merged,
    });
  }

  /** The files that tell of its address are written with it. */
  #join(container: Container): RunNetwork {
    const { sys, networks } = this.#context;
    const network = networks.join(container);
    if (network.Endpoint === null) return network;
    try {
      writeHosts(sys, container, network.Endpoint.IPAddress);
    } catch (error) {
      networks.leave(network);
      throw error;
    }
    this.#publishNetwork(container, network, "connect");
    return network;
  }

  #create(container: Container, paths: ContainerPaths, network: RunNetwork): CreatedContainer {
    const { sys, users } = this.#context;
    const mounts = planMounts(container.config, container.hostConfig);
    checkSources(sys, mounts);
    checkPropagation(sys, mounts);
    const namespaces = sharedNamespaces(container, network.SandboxKey, this.#context.find);
    const user = users.resolve(container, container.config.User ?? "");
    const spec = buildSpec(sys, { container, face: this.#faceOf(container), user, mounts, namespaces });
    writeBundle(sys, paths.bundle, spec);
    return createContainer(sys, {
      id: container.id,
      spec,
      bundle: paths.bundle,
      rootfs: paths.merged,
      cgroup: paths.cgroup,
      netns: null,
      settled: network.SandboxKey === "" ? {} : NETWORK_SYSCTLS,
      shim: {
        listenSocketPath: paths.shim,
        exitFile: paths.exitFile,
        log: planLog(container, paths),
        memoryEvents: container.hostConfig.Memory ? memoryEventsFile(paths.cgroup) : null,
        openStdin: container.config.OpenStdin === true,
        stdinOnce: container.config.StdinOnce === true,
      },
    });
  }

  #faceOf(container: Container): Container {
    const mode = container.hostConfig.NetworkMode ?? "";
    return mode.startsWith("container:") ? this.#context.find(mode.slice("container:".length)) : container;
  }

  /** Everything that waits for the shim is connected before there is one: who attached before the start misses nothing. */
  #launch(container: Container, created: CreatedContainer, network: RunNetwork): void {
    const { sys, crash } = this.#context;
    try {
      this.#connect(container, containerPaths(container.id));
    } catch (error) {
      abandonContainer(sys, created);
      throw error;
    }
    startContainer(sys, created, (born) => {
      // Recorded by the new process itself: what has run a single instruction is known to a new engine.
      container.state = toRunning(container.state, { born, at: sys.now(), network });
      translated(() => this.persist(container));
      crash("start:recorded");
    });
  }

  #connect(container: Container, paths: ContainerPaths): void {
    const { sys } = this.#context;
    const shim = new ShimConnection(sys, paths.shim, {
      ended: (end) => this.ended(container, end ?? parseExitFile(readJson(sys, paths.exitFile))),
      detached: () => this.#publish(container, "detach"),
      oom: () => this.#noteOom(container),
    });
    container.shim = shim;
    for (const { words, stream } of container.pending) shim.offer(words, stream);
    this.#dropPending(container);
  }

  /** Once a run, as Docker does: at once, or at its end when nobody had been told. */
  #noteOom(container: Container): void {
    if (container.state.OOMKilled) return;
    container.state = { ...container.state, OOMKilled: true };
    this.#publish(container, "oom");
  }

  #failStart(container: Container, before: StateRecord, network: RunNetwork, error: unknown): EngineError {
    const failure = startFailure(error);
    container.shim?.quit();
    container.shim = null;
    this.#attempt(container, () => this.#releaseKernel(container, network));
    this.#publishNetwork(container, network, "disconnect");
    container.state = toFailed(before, failure);
    this.#dropPending(container);
    this.#attempt(container, () => this.persist(container));
    container.settle("exit");
    this.#context.over(container);
    return failure.error;
  }

  #dropPending(container: Container): void {
    for (const { stream } of container.pending) this.#context.sys.close(stream.fd);
    container.pending = [];
  }

  /** Processes, cgroup, network namespace, mount and files of a run; each may be gone already. */
  #releaseKernel(container: Container, network: RunNetwork): void {
    const { sys, networks } = this.#context;
    const paths = containerPaths(container.id);
    deleteContainer(sys, { id: container.id, cgroup: paths.cgroup, files: [paths.shim] });
    this.#attempt(container, () => networks.leave(network));
    unmount(sys, paths.merged);
    sys.removeAll(paths.bundle);
  }

  #publishEnd(container: Container): void {
    const { exitCode, milliseconds } = pastRun(container.state);
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    this.#publish(container, "die", { exitCode: String(exitCode), execDuration: String(seconds) });
  }

  #publishNetwork({ id }: Container, { Endpoint: endpoint }: RunNetwork, action: "connect" | "disconnect"): void {
    if (endpoint === null) return;
    const attributes = { container: id, name: "bridge", type: "bridge" };
    this.#context.events.publish("network", action, endpoint.NetworkID, attributes);
  }

  #publish(container: Container, action: string, more: Readonly<Record<string, string>> = {}): void {
    publishContainer(this.#context.events, container, action, more);
  }
}

/** No error when nothing is mounted there. */
export function unmount(sys: Sys, target: string): void {
  try {
    sys.umount(target, MNT_DETACH);
  } catch (error) {
    if (!(error instanceof SysError && (error.code === "EINVAL" || error.code === "ENOENT"))) throw error;
  }
}
