/** Where the engine keeps things, as Docker does: what must outlive it below /var/lib, what a reboot ends below /run. */
export const DOCKER_ROOT = "/var/lib/docker";
export const CONTAINERS = `${DOCKER_ROOT}/containers`;
export const OVERLAY = `${DOCKER_ROOT}/overlay2`;
export const IMAGES = `${DOCKER_ROOT}/image/overlay2`;
export const DOCKER_RUN = "/run/docker";
export const SHIMS = `${DOCKER_RUN}/shim`;
export const NETNS = `${DOCKER_RUN}/netns`;
export const BUNDLES = `${DOCKER_RUN}/runtime`;
export const ENGINE_LOCK = "/run/docker.pid";
/** See crash.ts. */
export const CRASH_FILE = "/run/docker-crash-at";
/** The default bridge network. */
export const BRIDGE_NETWORK = `${DOCKER_ROOT}/network/bridge.json`;
export const NETWORKS = `${DOCKER_ROOT}/network`;
export const ENGINE_ID = `${DOCKER_ROOT}/engine-id`;
export const CGROUP_ROOT = "/sys/fs/cgroup";
export const DAEMON_CONFIG = "/etc/docker/daemon.json";
/** Below CGROUP_ROOT; each container has a child of it. */
export const CGROUP_PARENT = "docker";
/** guest/sys/tools.c. */
export const LOGS_PROGRAM = "/usr/bin/docker-logs";
export const INIT_PROGRAM = "/usr/bin/docker-init";

/** What is between an image's layers and a container's: see runtime/init-layer.ts. */
export function initLayerDirectory(imageId: string): string {
  return `${OVERLAY}/${imageId.slice(imageId.indexOf(":") + 1)}-init`;
}

/** The files of one container. */
export interface ContainerPaths {
  /** Beside its configuration: the files bound into it, and its log. */
  readonly directory: string;
  readonly config: string;
  readonly hostConfig: string;
  readonly state: string;
  readonly log: string;
  /** Directory of the driver "local", of which inspect says nothing. */
  readonly localLogs: string;
  readonly hosts: string;
  readonly hostname: string;
  readonly resolvConf: string;
  /** The writable layer. */
  readonly layer: string;
  readonly upper: string;
  readonly work: string;
  readonly merged: string;
  readonly bundle: string;
  readonly exitFile: string;
  readonly shim: string;
  /** Relative to CGROUP_ROOT. */
  readonly cgroup: string;
}

/** One container's paths are asked for a dozen times in its start, one after the other. */
let last: { readonly id: string; readonly paths: ContainerPaths } | null = null;

export function containerPaths(id: string): ContainerPaths {
  if (last?.id !== id) last = { id, paths: makePaths(id) };
  return last.paths;
}

function makePaths(id: string): ContainerPaths {
  const directory = `${CONTAINERS}/${id}`;
  const layer = `${OVERLAY}/${id}`;
  const bundle = `${BUNDLES}/${id}`;
  return {
    directory,
    config: `${directory}/config.v2.json`,
    hostConfig: `${directory}/hostconfig.json`,
    state: `${directory}/state.json`,
    log: `${directory}/${id}-json.log`,
    localLogs: `${directory}/local-logs`,
    hosts: `${directory}/hosts`,
    hostname: `${directory}/hostname`,
    resolvConf: `${directory}/resolv.conf`,
    layer,
    upper: `${layer}/diff`,
    work: `${layer}/work`,
    merged: `${layer}/merged`,
    bundle,
    exitFile: `${bundle}/exit.json`,
    shim: `${SHIMS}/${id}.sock`,
    cgroup: `${CGROUP_PARENT}/${id}`,
  };
}
