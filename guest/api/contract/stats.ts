/** Swagger: the answers of GET /containers/{id}/stats, of a cgroup v2 machine. Times in nanoseconds, sizes in bytes. */
export interface ContainerStats {
  readonly read: string;
  readonly preread: string;
  /** `limit` is absent without one: no JavaScript number is Docker's 2 ** 64 - 1. */
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly blkio_stats: BlkioStats;
  readonly num_procs: number;
  readonly storage_stats: object;
  readonly cpu_stats: CpuStats;
  readonly precpu_stats: CpuStats;
  readonly memory_stats: MemoryStats;
  /** With a slash in front. */
  readonly name: string;
  readonly id: string;
  /** By interface of the container, without lo. */
  readonly networks?: Readonly<Record<string, InterfaceStats>>;
}

export interface CpuStats {
  readonly cpu_usage: {
    readonly total_usage: number;
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  /** Of the whole machine, idle time too. */
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: {
    readonly periods: number;
    readonly throttled_periods: number;
    readonly throttled_time: number;
  };
}

export interface MemoryStats {
  readonly usage?: number;
  /** Lines of memory.stat. */
  readonly stats?: Readonly<Record<string, number>>;
  /** The machine's memory where there is none. */
  readonly limit?: number;
}

export interface BlkioStats {
  readonly io_service_bytes_recursive: readonly BlkioEntry[] | null;
  readonly io_serviced_recursive: null;
  readonly io_queue_recursive: null;
  readonly io_service_time_recursive: null;
  readonly io_wait_time_recursive: null;
  readonly io_merged_recursive: null;
  readonly io_time_recursive: null;
  readonly sectors_recursive: null;
}

export interface BlkioEntry {
  readonly major: number;
  readonly minor: number;
  readonly op: "read" | "write";
  readonly value: number;
}

export interface InterfaceStats {
  readonly rx_bytes: number;
  readonly rx_packets: number;
  readonly rx_errors: number;
  readonly rx_dropped: number;
  readonly tx_bytes: number;
  readonly tx_packets: number;
  readonly tx_errors: number;
  readonly tx_dropped: number;
}
