import type { HostConfig } from "../api/contract/container.ts";
import { removeCgroup } from "../runtime/cgroups/cgroup.ts";
import { removeNetworkNamespace } from "../runtime/network-namespace.ts";
import { removeFile } from "../runtime/remove-file.ts";
import type { Sys } from "../sys/sys.ts";
import { Container, type ContainerRecord, CREATED, type StateRecord } from "./containers/container.ts";
import type { Containers } from "./containers/containers.ts";
import { removeDirectories } from "./containers/create.ts";
import { completeHostConfig } from "./containers/host-config.ts";
import { unmount } from "./containers/lifecycle.ts";
import { Backoff } from "./containers/restart-policy.ts";
import { toEngineError } from "./errors.ts";
import type { Execs } from "./execs/execs.ts";
import { BUNDLES, CGROUP_PARENT, CGROUP_ROOT, CONTAINERS, containerPaths, NETNS, OVERLAY, SHIMS } from "./layout.ts";
import type { RunningEndpoint } from "./networks/endpoint.ts";
import type { Networks } from "./networks/networks.ts";
import { readJson } from "./store.ts";
import { parseDate } from "./time.ts";

/** What is found again is told to them. */
export interface Recovered {
  readonly containers: Containers;
  readonly execs: Execs;
  readonly networks: Networks;
}

/**
 * After the death of an engine: what it had written down is read, what runs is found again, and what belongs to nobody
 * is removed. Every rule is listed in the engine's README.
 */
export function recover(sys: Sys, recovered: Recovered, log: (text: string) => void): void {
  const { containers, execs } = recovered;
  const attempt = (what: string, step: () => void): void => {
    try {
      step();
    } catch (error) {
      // One container that cannot be helped must not cost the others their engine.
      log(`recovery: ${what}: ${toEngineError(error).message}`);
    }
  };
  const found: Container[] = [];
  for (const id of namesIn(sys, CONTAINERS)) {
    attempt(`container ${id}`, () => {
      const container = readContainer(sys, id);
      if (container === null) removeHalf(sys, id);
      else found.push(container);
    });
  }
  for (const container of found.sort(byAge)) attempt(`container ${container.id}`, () => containers.adopt(container));
  attempt("networks", () => recovered.networks.restore(endpointsOf(containers.all())));
  const mounted = mountedLayers(sys);
  for (const container of [...containers.all()]) {
    attempt(`container ${container.id}`, () => recoverContainer(sys, containers, container, mounted));
  }
  for (const container of [...containers.all()]) {
    if (container.running) attempt(`execs of container ${container.id}`, () => execs.reconnect(container));
  }
  removeStrays(sys, recovered, mounted, attempt);
}

function endpointsOf(all: Iterable<Container>): readonly RunningEndpoint[] {
  return [...all].flatMap(({ name, running, state }) =>
    running && state.Network.Endpoint !== null ? [{ name, endpoint: state.Network.Endpoint }] : [],
  );
}

/** The order of creation is what listings go by. */
function byAge(a: Container, b: Container): number {
  return Number((parseDate(a.record.Created) ?? 0n) - (parseDate(b.record.Created) ?? 0n));
}

/** null: its create was cut short, or its removal. */
function readContainer(sys: Sys, id: string): Container | null {
  const paths = containerPaths(id);
  const record = readJson(sys, paths.config) as ContainerRecord | null;
  if (record === null) return null;
  const host = completeHostConfig((readJson(sys, paths.hostConfig) ?? {}) as HostConfig, (name) => name);
  const state = (readJson(sys, paths.state) ?? CREATED) as StateRecord;
  // The timer for its next start went with the engine: it is started like those that ended meanwhile.
  const waiting = state.Status === "restarting";
  return new Container(record, host, waiting ? { ...state, Status: "exited" } : state);
}

function removeHalf(sys: Sys, id: string): void {
  const paths = containerPaths(id);
  unmount(sys, paths.merged);
  removeDirectories(sys, id);
}

function recoverContainer(sys: Sys, containers: Containers, container: Container, mounted: ReadonlySet<string>): void {
  if (container.running) {
    // Who ended meanwhile is started when all have been found: it may want to join the namespaces of another.
    container.backoff.cancel();
    containers.lifecycle.reconnect(container);
    container.backoff = new Backoff();
    return;
  }
  const { cgroup, bundle } = containerPaths(container.id);
  const begun = mounted.has(container.id) || sys.exists(bundle) || sys.exists(`${CGROUP_ROOT}/${cgroup}`);
  if (begun) containers.lifecycle.discard(container);
  // It had ended, and the engine died before it could be removed.
  if (container.hostConfig.AutoRemove === true && container.state.Status === "exited") containers.discard(container);
}

function removeStrays(
  sys: Sys,
  { containers, execs }: Recovered,
  mounted: ReadonlySet<string>,
  attempt: (what: string, step: () => void) => void,
): void {
  const all = [...containers.all()];
  const running = new Set(all.filter((container) => container.running).map(({ id }) => id));
  const sandboxes = new Set(all.map(({ state }) => state.Network.SandboxKey));
  for (const id of childGroups(sys)) {
    if (!running.has(id)) attempt(`cgroup ${id}`, () => removeCgroup(sys, `${CGROUP_PARENT}/${id}`));
  }
  for (const id of mounted) {
    if (!running.has(id)) attempt(`mount ${id}`, () => unmount(sys, containerPaths(id).merged));
  }
  for (const name of namesIn(sys, NETNS)) {
    const path = `${NETNS}/${name}`;
    if (!sandboxes.has(path)) attempt(`network namespace ${name}`, () => removeNetworkNamespace(sys, path));
  }
  for (const id of namesIn(sys, BUNDLES)) {
    if (!running.has(id)) attempt(`bundle ${id}`, () => sys.removeAll(`${BUNDLES}/${id}`));
  }
  for (const name of namesIn(sys, SHIMS)) {
    const id = name.replace(/\.sock$/, "");
    if (!running.has(id) && !execs.runs(id)) attempt(`shim ${id}`, () => removeFile(sys, `${SHIMS}/${name}`));
  }
}

/** Ids of the containers whose root is mounted. */
function mountedLayers(sys: Sys): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const line of sys.readFile("/proc/self/mountinfo").split("\n")) {
    const target = line.split(" ")[4] ?? "";
    if (target.startsWith(`${OVERLAY}/`) && target.endsWith("/merged")) {
      ids.add(target.slice(OVERLAY.length + 1, -"/merged".length));
    }
  }
  return ids;
}

function childGroups(sys: Sys): readonly string[] {
  return namesIn(sys, `${CGROUP_ROOT}/${CGROUP_PARENT}`).filter((name) => /^[0-9a-f]{64}$/.test(name));
}

function namesIn(sys: Sys, directory: string): readonly string[] {
  return sys.exists(directory) ? sys.readdir(directory) : [];
}
