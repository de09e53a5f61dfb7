import type { ContainerSummary } from "../api/contract/container.ts";
import type {
  BuildPruneResponse,
  DiskUsage,
  ImagePruneResponse,
  NetworkPruneResponse,
  VolumePruneResponse,
} from "../api/contract/disk-usage.ts";
import type { ImageSummary } from "../api/contract/image.ts";
import type { SystemInfo, SystemVersion } from "../api/contract/system.ts";
import { API_VERSION, ENGINE_VERSION, MIN_API_VERSION } from "../api/contract/versions.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import type { Containers } from "./containers/containers.ts";
import { LOG_DRIVERS } from "./containers/log-options.ts";
import { readDiskUsage } from "./disk-usage.ts";
import type { EventListener, EventLog, EventQuery } from "./events.ts";
import type { Filters } from "./filters.ts";
import { randomId } from "./ids.ts";
import type { ImageStore } from "./images/image-store.ts";
import { type KernelFeatures, kernelWarnings } from "./kernel-warnings.ts";
import { DOCKER_ROOT, ENGINE_ID } from "./layout.ts";
import { pruneBuildCache, pruneImages, pruneNetworks, pruneVolumes } from "./prune.ts";
import { formatTime } from "./time.ts";

export interface SystemOptions {
  readonly sys: Sys;
  readonly containers: Containers;
  readonly images: ImageStore;
  /** `docker images -a`. */
  readonly listImages: () => readonly ImageSummary[];
  /** Of the engine's start. */
  readonly warnings: readonly string[];
  readonly events: EventLog;
}

const RUNTIME = "drydock";
/** The runtime is the engine's own: there is no other project's commit to name. */
const NO_COMMIT = { ID: "", Expected: "" };

/** `docker info`, `docker version`, `docker events`, `docker system df` and `prune`. */
export class System {
  readonly #options: SystemOptions;
  readonly #warned: string[] = [];

  constructor(options: SystemOptions) {
    this.#options = options;
  }

  /** From now on `docker info` says so. */
  warn(text: string): void {
    this.#warned.push(`WARNING: ${text}`);
  }

  diskUsage(types: readonly string[]): DiskUsage {
    const { sys, images, containers, listImages } = this.#options;
    const all = { all: true, limit: 0, size: true, filters: new Map() };
    const rows = (): readonly ContainerSummary[] =>
      JSON.parse(
        containers
          .list(all)
          .map((piece) => sys.utf8Decode(piece))
          .join(""),
      );
    return readDiskUsage({ images: () => images.list(), summaries: listImages, containers: rows }, types);
  }

  pruneImages(filters: Filters): ImagePruneResponse {
    return pruneImages(filters);
  }

  pruneNetworks(filters: Filters): NetworkPruneResponse {
    return pruneNetworks(filters);
  }

  pruneVolumes(filters: Filters): VolumePruneResponse {
    return pruneVolumes(filters);
  }

  pruneBuildCache(filters: Filters): BuildPruneResponse {
    return pruneBuildCache(filters);
  }

  version(): SystemVersion {
    const { release, machine } = this.#options.sys.uname();
    const arch = goArchitecture(machine);
    const details = {
      ApiVersion: API_VERSION,
      Arch: arch,
      BuildTime: "",
      Experimental: "false",
      GitCommit: "",
      GoVersion: "",
      KernelVersion: release,
      MinAPIVersion: MIN_API_VERSION,
      Os: "linux",
    };
    return {
      Platform: { Name: "Drydock Engine" },
      Components: [
        { Name: "Engine", Version: ENGINE_VERSION, Details: details },
        { Name: RUNTIME, Version: ENGINE_VERSION, Details: { GitCommit: "" } },
      ],
      Version: ENGINE_VERSION,
      ApiVersion: API_VERSION,
      MinAPIVersion: MIN_API_VERSION,
      GitCommit: "",
      GoVersion: "",
      Os: "linux",
      Arch: arch,
      KernelVersion: release,
      BuildTime: "",
    };
  }

  info(): SystemInfo {
    const { sys, containers, images, events } = this.#options;
    const { nodename, release, machine } = sys.uname();
    const all = [...containers.all()];
    const running = all.filter((container) => container.running).length;
    const paused = all.filter((container) => container.paused).length;
    const features = readFeatures(sys);
    return {
      ID: this.#engineId(),
      Containers: all.length,
      ContainersRunning: running - paused,
      ContainersPaused: paused,
      ContainersStopped: all.length - running,
      Images: images.count,
      Driver: "overlay2",
      DriverStatus: [
        ["Backing Filesystem", "tmpfs"],
        ["Supports d_type", "true"],
        ["Using metacopy", "false"],
        ["Native Overlay Diff", "true"],
        ["userxattr", "false"],
      ],
      Plugins: { Volume: [], Network: ["bridge", "host", "null"], Authorization: null, Log: LOG_DRIVERS },
      ...features,
      PidsLimit: true,
      Debug: false,
      NFd: sys.readdir("/proc/self/fd").length,
      OomKillDisable: false,
      NGoroutines: 1,
      SystemTime: formatTime(sys.now()),
      LoggingDriver: "json-file",
      CgroupDriver: "cgroupfs",
      CgroupVersion: "2",
      NEventsListener: events.listeners,
      KernelVersion: release,
      OperatingSystem: "Drydock",
      OSVersion: "",
      OSType: "linux",
      Architecture: machine,
      IndexServerAddress: "https://index.docker.io/v1/",
      NCPU: 1,
      MemTotal: sys.sysinfo().totalMemory,
      DockerRootDir: DOCKER_ROOT,
      HttpProxy: "",
      HttpsProxy: "",
      NoProxy: "",
      Name: nodename,
      Labels: [],
      ExperimentalBuild: false,
      ServerVersion: ENGINE_VERSION,
      Runtimes: { [RUNTIME]: { path: RUNTIME } },
      DefaultRuntime: RUNTIME,
      Swarm: {
        NodeID: "",
        NodeAddr: "",
        LocalNodeState: "inactive",
        ControlAvailable: false,
        Error: "",
        RemoteManagers: null,
      },
      LiveRestoreEnabled: true,
      Isolation: "",
      InitBinary: "docker-init",
      ContainerdCommit: NO_COMMIT,
      RuncCommit: NO_COMMIT,
      InitCommit: NO_COMMIT,
      SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
      CDISpecDirs: [],
      Warnings: [...kernelWarnings(features), ...this.#options.warnings, ...this.#warned],
    };
  }

  subscribe(query: EventQuery, listener: EventListener, done: () => void): () => void {
    return this.#options.events.subscribe(query, listener, done);
  }

  /** Made when it is first asked for, so that two machines of one snapshot differ. */
  #engineId(): string {
    const { sys } = this.#options;
    if (sys.exists(ENGINE_ID)) return sys.readFile(ENGINE_ID).trim();
    const hex = randomId(sys);
    const id = [8, 12, 16, 20, 32].map((end, at, ends) => hex.slice(at === 0 ? 0 : ends[at - 1], end)).join("-");
    try {
      sys.writeFile(ENGINE_ID, `${id}\n`, { atomic: true, mode: 0o600 });
    } catch (error) {
      // Who asks on a full disk wants to know more than this; it is made once more for the next.
      if (!(error instanceof SysError)) throw error;
    }
    return id;
  }
}

/** The kernel is built without SMP, and so without cpusets. */
function readFeatures(sys: Sys): KernelFeatures {
  return {
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: false,
    IPv4Forwarding: readFlag(sys, "/proc/sys/net/ipv4/ip_forward"),
    BridgeNfIptables: readFlag(sys, "/proc/sys/net/bridge/bridge-nf-call-iptables"),
    BridgeNfIp6tables: readFlag(sys, "/proc/sys/net/bridge/bridge-nf-call-ip6tables"),
  };
}

function readFlag(sys: Sys, path: string): boolean {
  return sys.exists(path) && sys.readFile(path).trim() === "1";
}

/** As Go names them. */
function goArchitecture(machine: string): string {
  if (/^i[3-6]86$/.test(machine)) return "386";
  return machine === "x86_64" ? "amd64" : machine;
}
