/** The fields of `docker stats`: one row for each container. The sums are docker/cli's. */
import type { ContainerStats, CpuStats, MemoryStats } from "../../api/contract/stats.ts";
import { truncateId } from "./container-fields.ts";
import type { Field, Listing } from "./listing.ts";
import { formatBinarySize, formatSize } from "./units.ts";

export interface StatsRow {
  /** As it was asked for. */
  readonly container: string;
  /** null: nothing has come. */
  readonly stats: ContainerStats | null;
  /** Something went wrong: what is known is out of date. */
  readonly invalid: boolean;
}

export interface StatsView {
  readonly truncate: boolean;
}

const COLUMNS = { names: ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"] };
const UNKNOWN = "--";

export function statsListing(view: StatsView): Listing<StatsRow, StatsView> {
  return { columns: COLUMNS, quiet: "ID", typeName: "*container.statsContext", fields: FIELDS, view };
}

/** A value that is not known any more is two dashes. */
function known(
  read: (stats: ContainerStats | null) => string,
  otherwise = UNKNOWN,
): Field<StatsRow, StatsView>["read"] {
  return ({ stats, invalid }) => (invalid ? otherwise : read(stats));
}

const FIELDS: Readonly<Record<string, Field<StatsRow, StatsView>>> = {
  Container: { header: "CONTAINER", read: ({ container }) => container },
  Name: { header: "NAME", read: ({ stats }) => stats?.name.slice(1) || UNKNOWN },
  ID: {
    header: "CONTAINER ID",
    read: ({ stats }, { truncate }) => (truncate ? truncateId(stats?.id ?? "") : (stats?.id ?? "")),
  },
  CPUPerc: { header: "CPU %", read: known((stats) => formatPercent(cpuPercent(stats))) },
  MemUsage: {
    header: "MEM USAGE / LIMIT",
    read: known((stats) => {
      const { memory_stats: memory = {} } = stats ?? {};
      return `${formatBinarySize(usedMemory(memory))} / ${formatBinarySize(memory.limit ?? 0)}`;
    }, "-- / --"),
  },
  MemPerc: { header: "MEM %", read: known((stats) => formatPercent(memoryPercent(stats?.memory_stats ?? {}))) },
  NetIO: {
    header: "NET I/O",
    read: known((stats) => {
      const interfaces = Object.values(stats?.networks ?? {});
      const received = sum(interfaces.map(({ rx_bytes }) => rx_bytes));
      return `${formatSize(received)} / ${formatSize(sum(interfaces.map(({ tx_bytes }) => tx_bytes)))}`;
    }),
  },
  BlockIO: {
    header: "BLOCK I/O",
    read: known((stats) => `${formatSize(blockBytes(stats, "r"))} / ${formatSize(blockBytes(stats, "w"))}`),
  },
  PIDs: { header: "PIDS", read: known((stats) => String(stats?.pids_stats.current ?? 0)) },
};

function formatPercent(value: number): string {
  return `${value.toFixed(2)}%`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Of one processor: 200 % are two. */
export function cpuPercent(stats: ContainerStats | null): number {
  if (stats === null) return 0;
  const { cpu_stats: now, precpu_stats: before } = stats;
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = machineTime(now) - machineTime(before);
  return used > 0 && passed > 0 ? (used / passed) * (now.online_cpus ?? 0) * 100 : 0;
}

function machineTime({ system_cpu_usage: time = 0 }: CpuStats): number {
  return time;
}

/** What the kernel could take back at once does not count. */
export function usedMemory({ usage = 0, stats = {} }: MemoryStats): number {
  const reclaimable = stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0;
  return reclaimable < usage ? usage - reclaimable : usage;
}

function memoryPercent(memory: MemoryStats): number {
  return memory.limit === undefined || memory.limit === 0 ? 0 : (usedMemory(memory) / memory.limit) * 100;
}

function blockBytes(stats: ContainerStats | null, operation: "r" | "w"): number {
  const entries = stats?.blkio_stats.io_service_bytes_recursive ?? [];
  return sum(entries.filter(({ op }) => op.toLowerCase().startsWith(operation)).map(({ value }) => value));
}
