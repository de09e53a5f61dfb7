import { warmUp } from "../runtime/warm-up.ts";
import type { Sys } from "../sys/sys.ts";
import type { Trace } from "../sys/trace.ts";
import { ContainerUsers } from "./containers/container-users.ts";
import { Containers } from "./containers/containers.ts";
import { crashAt } from "./crash.ts";
import { EventLog } from "./events.ts";
import { Execs } from "./execs/execs.ts";
import { HealthChecks, type RunProbe } from "./health/health-checks.ts";
import { ImageStore } from "./images/image-store.ts";
import { Images } from "./images/images.ts";
import { InitLayers } from "./images/init-layers.ts";
import { KernelViews } from "./kernel/kernel-view.ts";
import { BUNDLES, CGROUP_PARENT, CONTAINERS, NETNS, NETWORKS, OVERLAY, SHIMS } from "./layout.ts";
import { Networks } from "./networks/networks.ts";
import { recover } from "./recovery.ts";
import { System } from "./system.ts";
import { Tracing } from "./trace/tracing.ts";

export interface EngineOptions {
  readonly log: (text: string) => void;
  /** For `docker info`. */
  readonly warnings: readonly string[];
}

/** Docker's nouns, put together. What the API's routes call. */
export class Engine {
  readonly containers: Containers;
  readonly execs: Execs;
  readonly images: Images;
  readonly system: System;
  readonly tracing: Tracing;
  readonly kernel: KernelViews;

  private constructor(parts: Pick<Engine, "containers" | "execs" | "images" | "system" | "tracing" | "kernel">) {
    this.containers = parts.containers;
    this.execs = parts.execs;
    this.images = parts.images;
    this.system = parts.system;
    this.tracing = parts.tracing;
    this.kernel = parts.kernel;
  }

  /** Reads the store and finds again what runs. The caller holds the engine's lock. */
  static open(sys: Sys, trace: Trace, { log, warnings }: EngineOptions): Engine {
    for (const directory of [CONTAINERS, OVERLAY, NETWORKS, SHIMS, BUNDLES, NETNS]) sys.mkdirAll(directory, 0o711);
    const events = new EventLog(sys);
    const store = new ImageStore(sys);
    const images = new Images(store);
    const networks = new Networks(sys, log);
    const initLayers = new InitLayers(sys);
    const users = new ContainerUsers(sys);
    const crash = crashAt(sys);
    const run: RunProbe = (container, config, ended) =>
      tracing.about(container.id, "health check", () => execs.runProbe(container, config, ended));
    const health = new HealthChecks({ sys, events, run, log });
    const tracing = new Tracing({
      sys,
      trace,
      find: (name) => containers.find(name).id,
      resolve: ({ id }) => (id === undefined ? null : (execs.containerOf(id) ?? containers.idOf(id))),
    });
    const options = { sys, images, initLayers, users, store, events, networks, health, tracing, crash, log };
    const containers = new Containers(options);
    const execs = new Execs({ sys, containers, users, events, crash });
    warmUp(sys, CGROUP_PARENT);
    recover(sys, { containers, execs, networks }, log);
    containers.startDue();
    // When the engine listens already: clients wait for an answer, but nobody is refused.
    sys.setTimer(0, () => {
      networks.prepare();
      initLayers.prepare(store.list(), log);
    });
    const system = new System({
      sys,
      containers,
      images: store,
      listImages: () => images.list({ all: true, filters: new Map() }),
      events,
      warnings,
    });
    return new Engine({ containers, execs, images, system, tracing, kernel: new KernelViews(sys, containers) });
  }
}
