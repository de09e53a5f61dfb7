import type { ContainerSummary } from "../../../../guest/api/contract/container.ts";
import { joinBytes } from "../../../../guest/api/wire/text.ts";
import { ContainerUsers } from "../../../../guest/engine/containers/container-users.ts";
import { Containers } from "../../../../guest/engine/containers/containers.ts";
import type { ListQuery } from "../../../../guest/engine/containers/listing.ts";
import { EventLog } from "../../../../guest/engine/events.ts";
import { HealthChecks, type RunProbe } from "../../../../guest/engine/health/health-checks.ts";
import { ImageStore } from "../../../../guest/engine/images/image-store.ts";
import { Images } from "../../../../guest/engine/images/images.ts";
import { InitLayers } from "../../../../guest/engine/images/init-layers.ts";
import { CONTAINERS, IMAGES, OVERLAY } from "../../../../guest/engine/layout.ts";
import { Networks } from "../../../../guest/engine/networks/networks.ts";
import { Tracing } from "../../../../guest/engine/trace/tracing.ts";
import { FakeSys } from "../../../../guest/sys/fake.ts";
import { Tracer } from "../../../../guest/sys/trace.ts";

export const IMAGE_ID = `sha256:${"ab".repeat(32)}`;
export const DIFF_ID = `sha256:${"cd".repeat(32)}`;

export const IMAGE_CONFIG = {
  architecture: "386",
  os: "linux",
  created: "2025-01-01T00:00:00Z",
  config: { Env: ["PATH=/bin"], Cmd: ["sh"], Labels: { from: "image" } },
  rootfs: { type: "layers", diff_ids: [DIFF_ID] },
};

/** A machine with one image in its store: busybox:latest. */
export function fakeMachine(): FakeSys {
  const sys = new FakeSys();
  for (const directory of [CONTAINERS, OVERLAY, `${OVERLAY}/base/diff`]) sys.mkdirAll(directory);
  const layer = `${IMAGES}/layerdb/sha256/${DIFF_ID.slice(7)}`;
  sys.mkdirAll(layer);
  sys.mkdirAll(`${IMAGES}/imagedb/content/sha256`);
  sys.writeFile(`${layer}/cache-id`, "base");
  sys.writeFile(`${layer}/size`, "1234\n");
  sys.writeFile(`${IMAGES}/imagedb/content/sha256/${IMAGE_ID.slice(7)}`, JSON.stringify(IMAGE_CONFIG));
  const references = { busybox: { "busybox:latest": IMAGE_ID } };
  sys.writeFile(`${IMAGES}/repositories.json`, JSON.stringify({ Repositories: references }));
  return sys;
}

export interface FakeEngine {
  readonly sys: FakeSys;
  readonly containers: Containers;
  readonly images: Images;
  readonly events: EventLog;
  readonly store: ImageStore;
  readonly health: HealthChecks;
  readonly tracing: Tracing;
}

const NO_PROBES: RunProbe = () => ({ kill: () => {} });

/** What `docker ps` gets. */
export function rowsOf({ sys, containers }: FakeEngine, query: ListQuery): readonly ContainerSummary[] {
  return JSON.parse(sys.utf8Decode(joinBytes(containers.list(query))));
}

/** The engine's parts on that machine, as far as they need no process. */
export function fakeEngine(sys: FakeSys = fakeMachine(), run: RunProbe = NO_PROBES): FakeEngine {
  const log = (): void => {};
  const events = new EventLog(sys);
  const store = new ImageStore(sys);
  const images = new Images(store);
  const networks = new Networks(sys, log);
  const initLayers = new InitLayers(sys);
  const crash = (): void => {};
  const health = new HealthChecks({ sys, events, run, log });
  const find = (name: string): string => containers.find(name).id;
  const tracing = new Tracing({ sys, trace: new Tracer(sys), find, resolve: ({ id = "" }) => containers.idOf(id) });
  const users = new ContainerUsers(sys);
  const options = { sys, images, initLayers, users, store, events, networks, health, tracing, crash, log };
  const containers = new Containers(options);
  return { sys, containers, images, events, store, health, tracing };
}
