/** Scenarios of the commands that look at the machine as a whole. */
import type { Scenario } from "./scenario.ts";

const CPU = (total: number, system: number): object => ({
  cpu_usage: { total_usage: total, usage_in_kernelmode: 0, usage_in_usermode: total },
  system_cpu_usage: system,
  online_cpus: 2,
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
});

const WEB_STATS = {
  read: "2026-01-01T00:00:01Z",
  preread: "2026-01-01T00:00:00Z",
  pids_stats: { current: 3, limit: 10 },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 8, minor: 0, op: "read", value: 4_200_000 },
      { major: 8, minor: 0, op: "write", value: 512 },
    ],
  },
  num_procs: 0,
  storage_stats: {},
  cpu_stats: CPU(35_000_000, 2_000_000_000),
  precpu_stats: CPU(10_000_000, 1_000_000_000),
  memory_stats: { usage: 6_537_216, stats: { inactive_file: 200_000 }, limit: 67_108_864 },
  name: "/web",
  id: "4f66ad9ae0a5f4d7b7a2f7d3f0a4c1b4f66ad9ae0a5f4d7b7a2f7d3f0a4c1b12",
  networks: { eth0: { rx_bytes: 5338, tx_bytes: 648 }, eth1: { rx_bytes: 1, tx_bytes: 2 } },
};

const IDLE_STATS = {
  read: "0001-01-01T00:00:00Z",
  preread: "0001-01-01T00:00:00Z",
  pids_stats: {},
  blkio_stats: { io_service_bytes_recursive: null },
  cpu_stats: { cpu_usage: { total_usage: 0 } },
  precpu_stats: { cpu_usage: { total_usage: 0 } },
  memory_stats: {},
  name: "/idle",
  id: "000000000000f4d7b7a2f7d3f0a4c1b4f66ad9ae0a5f4d7b7a2f7d3f0a4c1b12",
};

const STATS_ROUTES: Scenario["routes"] = [
  { request: "GET /version", body: { Os: "linux" } },
  { request: "GET /info", body: { OSType: "linux" } },
  { request: "GET /events", bytes: Buffer.alloc(0) },
  { request: "GET /containers/json", body: [{ Id: WEB_STATS.id }, { Id: IDLE_STATS.id }] },
  { request: "GET /containers/4f66ad9ae0a5/stats", body: WEB_STATS },
  { request: "GET /containers/web/stats", body: WEB_STATS },
  { request: "GET /containers/000000000000/stats", body: IDLE_STATS },
  { request: "GET /containers/idle/stats", body: IDLE_STATS },
  { request: "GET /containers/nope/stats", status: 404, body: { message: "No such container: nope" } },
];

/** Ours asks neither for the engine's system nor, for one look, for events. */
function stats(name: string, ...argv: readonly string[]): Scenario {
  return { name: `stats-${name}`, argv: ["stats", "--no-stream", ...argv], routes: STATS_ROUTES, omit: ["requests"] };
}

const IMAGE = {
  Id: "sha256:8ca4688f4f356596b5ae539337c9941abc78eda10021d35cbc52659c74d9b443",
  ParentId: "",
  RepoTags: ["busybox:latest", "busybox:1"],
  RepoDigests: [],
  Created: 1_700_000_000,
  Size: 4_260_000,
  SharedSize: 1_000_000,
  Labels: null,
  Containers: 1,
};

const CONTAINER = {
  Id: WEB_STATS.id,
  Names: ["/web"],
  Image: "busybox",
  ImageID: IMAGE.Id,
  Command: "httpd -f -h /www",
  Created: 1_700_000_000,
  Ports: [],
  Labels: {},
  State: "running",
  Status: "Up 2 hours",
  SizeRw: 2048,
  SizeRootFs: 4_262_048,
  HostConfig: { NetworkMode: "default" },
  NetworkSettings: { Networks: {} },
  Mounts: [],
};

const USAGE = {
  LayersSize: 9_876_543,
  Images: [IMAGE, { ...IMAGE, Id: `sha256:${"1".repeat(64)}`, RepoTags: null, SharedSize: 0, Containers: 0 }],
  Containers: [CONTAINER, { ...CONTAINER, Id: "2".repeat(64), State: "exited", Status: "Exited (0)", SizeRw: 1024 }],
  Volumes: [
    { Name: "data", UsageData: { Size: 5_000_000, RefCount: 1 } },
    { Name: "old", UsageData: { Size: 1_000_000, RefCount: 0 } },
  ],
  BuildCache: [],
};

const NOTHING = { LayersSize: 0, Images: [], Containers: [], Volumes: [], BuildCache: [] };

function df(name: string, body: unknown, ...argv: readonly string[]): Scenario {
  return { name: `df-${name}`, argv: ["system", "df", ...argv], routes: [{ request: "GET /system/df", body }] };
}

const PRUNE_ROUTES: Scenario["routes"] = [
  {
    request: "POST /containers/prune",
    body: { ContainersDeleted: [WEB_STATS.id, "2".repeat(64)], SpaceReclaimed: 3072 },
  },
  { request: "POST /networks/prune", body: { NetworksDeleted: ["mine"] } },
  { request: "POST /volumes/prune", body: { VolumesDeleted: ["data"], SpaceReclaimed: 5_000_000 } },
  {
    request: "POST /images/prune",
    body: { ImagesDeleted: [{ Untagged: "busybox:1" }, { Deleted: IMAGE.Id }], SpaceReclaimed: 4_260_000 },
  },
  { request: "POST /build/prune", body: { CachesDeleted: ["abc"], SpaceReclaimed: 7 } },
];

const EMPTY_ROUTES: Scenario["routes"] = [
  { request: "POST /containers/prune", body: { ContainersDeleted: null, SpaceReclaimed: 0 } },
  { request: "POST /networks/prune", body: { NetworksDeleted: null } },
  { request: "POST /images/prune", body: { ImagesDeleted: null, SpaceReclaimed: 0 } },
  { request: "POST /build/prune", body: { CachesDeleted: null, SpaceReclaimed: 0 } },
];

function prune(name: string, argv: readonly string[], more: Partial<Scenario> = {}): Scenario {
  return { name: `system-prune-${name}`, argv: ["system", "prune", ...argv], routes: PRUNE_ROUTES, ...more };
}

export const SYSTEM_SCENARIOS: readonly Scenario[] = [
  df("table", USAGE),
  df("nothing", NOTHING),
  df("json", USAGE, "--format", "json"),
  df("template", USAGE, "--format", "{{.Type}} {{.Reclaimable}}"),
  df("verbose", USAGE, "-v"),
  df("verbose-nothing", NOTHING, "-v"),
  df("verbose-template", USAGE, "-v", "--format", "{{range .Containers}}{{.Names}} {{.Size}};{{end}}"),
  prune("force", ["-f"]),
  prune("everything", ["-f", "-a", "--volumes"]),
  prune("filtered", ["-f", "--filter", "label=a=b", "--filter", "until=24h"]),
  prune("asks", [], { stdin: "y\n" }),
  prune("asks-for-all", ["-a", "--volumes", "--filter", "label=a=b"], { stdin: "n\n" }),
  prune("contradiction", ["-f", "--volumes", "--filter", "until=24h"]),
  prune("nothing", ["-f"], { routes: EMPTY_ROUTES }),
  prune("running", ["-f"], {
    routes: [
      {
        request: "POST /containers/prune",
        status: 409,
        body: { message: "a prune operation is already running" },
      },
    ],
  }),
  stats("all"),
  stats("two", "web", "idle"),
  stats("no-trunc", "--no-trunc", "web"),
  stats("json", "--format", "json", "web", "idle"),
  stats("template", "--format", "table {{.Container}}\t{{.CPUPerc}}\t{{.MemPerc}}", "web"),
  stats("refused", "web", "nope"),
  stats("bad-template", "--format", "{{.Nope}}", "web"),
];
