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

export const SYSTEM_SCENARIOS: readonly Scenario[] = [
  stats("all"),
  stats("two", "web", "idle"),
  stats("no-trunc", "--no-trunc", "web"),
  stats("json", "--format", "json", "web", "idle"),
  stats("template", "--format", "table {{.Container}}\t{{.CPUPerc}}\t{{.MemPerc}}", "web"),
  stats("refused", "web", "nope"),
  stats("bad-template", "--format", "{{.Nope}}", "web"),
];
