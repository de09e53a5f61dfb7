import { ZERO_TIME } from "../../api/contract/container.ts";
import type { BlkioEntry, BlkioStats, ContainerStats, CpuStats, InterfaceStats } from "../../api/contract/stats.ts";
import { type CgroupStats, type IoStats, readStats } from "../../runtime/cgroups/stats.ts";
import { type InterfaceCounters, readInterfaceCounters } from "../../runtime/net/interface-counters.ts";
import { type Sys, SysError, type Timer } from "../../sys/sys.ts";
import { containerPaths } from "../layout.ts";
import { formatTime } from "../time.ts";
import type { Container } from "./container.ts";

export interface StatsQuery {
  readonly stream: boolean;
  /** One sample at once, which has no other to be compared with. */
  readonly oneShot: boolean;
}

export interface StatsListeners {
  readonly sample: (stats: ContainerStats) => void;
  readonly done: () => void;
}

/** Docker's collector looks once a second. */
const INTERVAL = 1000;

const NO_CPU: CpuStats = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

const NO_BLKIO: BlkioStats = {
  io_service_bytes_recursive: null,
  io_serviced_recursive: null,
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
};

/**
 * Samples of a container, as long as somebody wants them: nothing is counted, and no timer runs, while nobody watches. `done`
 * comes after the last one: when only one was asked for, or the container is gone. Gives what ends it.
 */
export function watchStats(
  sys: Sys,
  container: Container,
  { stream, oneShot }: StatsQuery,
  listeners: StatsListeners,
): () => void {
  if (!stream && (oneShot || !container.running)) {
    listeners.sample(readSample(sys, container, null));
    listeners.done();
    return () => {};
  }
  const watch = new Watch(sys, container, stream, listeners);
  watch.begin();
  return () => watch.end();
}

class Watch {
  readonly #sys: Sys;
  readonly #container: Container;
  readonly #stream: boolean;
  readonly #listeners: StatsListeners;
  #previous: ContainerStats | null = null;
  #timer: Timer | null = null;
  #stopWaiting = (): void => {};

  constructor(sys: Sys, container: Container, stream: boolean, listeners: StatsListeners) {
    this.#sys = sys;
    this.#container = container;
    this.#stream = stream;
    this.#listeners = listeners;
  }

  begin(): void {
    this.#stopWaiting = this.#container.wait("removed", () => this.#finish());
    this.#look();
  }

  end(): void {
    this.#stopWaiting();
    if (this.#timer !== null) this.#sys.clearTimer(this.#timer);
    this.#timer = null;
  }

  #finish(): void {
    this.end();
    this.#listeners.done();
  }

  /** Of one sample alone the second is told: only that has something to be compared with. */
  #look(): void {
    const sample = readSample(this.#sys, this.#container, this.#previous);
    const first = this.#previous === null;
    this.#previous = sample;
    if (this.#stream || !first) this.#listeners.sample(sample);
    if (!this.#stream && !first) this.#finish();
    else this.#timer = this.#sys.setTimer(INTERVAL, () => this.#look());
  }
}

/** Of what does not run there is nothing to tell but its name. */
export function readSample(sys: Sys, container: Container, previous: ContainerStats | null): ContainerStats {
  const live = container.running ? readLive(sys, container) : null;
  return {
    read: live === null ? ZERO_TIME : formatTime(sys.now()),
    preread: previous?.read ?? ZERO_TIME,
    pids_stats: {},
    blkio_stats: NO_BLKIO,
    num_procs: 0,
    storage_stats: {},
    cpu_stats: NO_CPU,
    memory_stats: {},
    ...live,
    precpu_stats: previous?.cpu_stats ?? NO_CPU,
    name: `/${container.name}`,
    id: container.id,
  };
}

type Live = Pick<ContainerStats, "pids_stats" | "blkio_stats" | "cpu_stats" | "memory_stats" | "networks">;

/** null: it ended just now. */
function readLive(sys: Sys, container: Container): Live | null {
  try {
    const stats = readStats(sys, containerPaths(container.id).cgroup);
    const { pids, memory } = stats;
    return {
      pids_stats: { current: pids.current, ...(pids.limit === null ? {} : { limit: pids.limit }) },
      blkio_stats: { ...NO_BLKIO, io_service_bytes_recursive: stats.io.flatMap(describeIo) },
      cpu_stats: describeCpu(stats.cpu, readMachineCpu(sys)),
      memory_stats: {
        usage: memory.usage,
        stats: Object.fromEntries(memory.stat),
        limit: memory.limit ?? sys.sysinfo().totalMemory,
      },
      ...describeNetworks(sys, container),
    };
  } catch (error) {
    if (error instanceof SysError && ["ENOENT", "ENODEV", "ESRCH", "EINVAL"].includes(error.code)) return null;
    throw error;
  }
}

const NANOSECONDS = 1000;

function describeCpu({ usage, user, system, throttling }: CgroupStats["cpu"], machine: MachineCpu): CpuStats {
  return {
    cpu_usage: {
      total_usage: usage * NANOSECONDS,
      usage_in_kernelmode: system * NANOSECONDS,
      usage_in_usermode: user * NANOSECONDS,
    },
    system_cpu_usage: machine.nanoseconds,
    online_cpus: machine.count,
    throttling_data: {
      periods: throttling.periods,
      throttled_periods: throttling.throttledPeriods,
      throttled_time: throttling.throttledTime * NANOSECONDS,
    },
  };
}

interface MachineCpu {
  readonly nanoseconds: number;
  readonly count: number;
}

/**
 * What Docker sums up of /proc/stat, the time of all processors, is the clock times their number. /proc/stat counts in
 * ticks of 10 ms, of which an emulator loses some: a busy container would have more than there is.
 */
function readMachineCpu(sys: Sys): MachineCpu {
  const count = sys.readFile("/proc/stat").match(/^cpu\d/gm)?.length ?? 1;
  return { nanoseconds: Number(sys.monotonic()) * count, count };
}

function describeIo({ major, minor, rbytes, wbytes }: IoStats): readonly BlkioEntry[] {
  return [
    { major, minor, op: "read", value: rbytes },
    { major, minor, op: "write", value: wbytes },
  ];
}

/** With the machine's own network there is none to be told. */
function describeNetworks(sys: Sys, { state, hostConfig }: Container): Pick<ContainerStats, "networks"> {
  if (hostConfig.NetworkMode === "host") return {};
  const counters = readInterfaceCounters(sys, state.Pid).filter(({ name }) => name !== "lo");
  if (counters.length === 0) return {};
  return { networks: Object.fromEntries(counters.map((each) => [each.name, describeInterface(each)])) };
}

function describeInterface({ received, sent }: InterfaceCounters): InterfaceStats {
  return {
    rx_bytes: received.bytes,
    rx_packets: received.packets,
    rx_errors: received.errors,
    rx_dropped: received.dropped,
    tx_bytes: sent.bytes,
    tx_packets: sent.packets,
    tx_errors: sent.errors,
    tx_dropped: sent.dropped,
  };
}
