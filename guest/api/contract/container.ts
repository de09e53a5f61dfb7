import type { EndpointSettings, NetworkingConfig, NetworkSettings, Port, PortMap } from "./network.ts";

/** Durations are nanoseconds. */
export interface HealthConfig {
  readonly Test?: readonly string[] | null;
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly Retries?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
}

/** What travels with an image: the program and its surroundings. `StopTimeout` is in seconds. */
export interface ContainerConfig {
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>> | null;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Healthcheck?: HealthConfig | null;
  readonly ArgsEscaped?: boolean | null;
  readonly Image?: string;
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>> | null;
  readonly WorkingDir?: string;
  readonly Entrypoint?: readonly string[] | null;
  readonly NetworkDisabled?: boolean | null;
  readonly MacAddress?: string | null;
  readonly OnBuild?: readonly string[] | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string | null;
  readonly StopTimeout?: number | null;
  readonly Shell?: readonly string[] | null;
}

export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

export interface ThrottleDevice {
  readonly Path: string;
  readonly Rate: number;
}

export interface WeightDevice {
  readonly Path: string;
  readonly Weight: number;
}

export interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

/** Bytes, shares, microseconds (CpuPeriod, CpuQuota) and billionths of a CPU (NanoCpus). 0 or absent: unlimited. */
export interface Resources {
  readonly CpuShares?: number;
  readonly Memory?: number;
  readonly CgroupParent?: string;
  readonly BlkioWeight?: number;
  readonly BlkioWeightDevice?: readonly WeightDevice[] | null;
  readonly BlkioDeviceReadBps?: readonly ThrottleDevice[] | null;
  readonly BlkioDeviceWriteBps?: readonly ThrottleDevice[] | null;
  readonly BlkioDeviceReadIOps?: readonly ThrottleDevice[] | null;
  readonly BlkioDeviceWriteIOps?: readonly ThrottleDevice[] | null;
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpuRealtimePeriod?: number;
  readonly CpuRealtimeRuntime?: number;
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
  readonly Devices?: readonly DeviceMapping[] | null;
  readonly DeviceCgroupRules?: readonly string[] | null;
  readonly DeviceRequests?: readonly unknown[] | null;
  readonly KernelMemory?: number;
  readonly KernelMemoryTCP?: number;
  readonly MemoryReservation?: number;
  readonly MemorySwap?: number;
  readonly MemorySwappiness?: number | null;
  readonly NanoCpus?: number;
  readonly OomKillDisable?: boolean | null;
  readonly Init?: boolean | null;
  readonly PidsLimit?: number | null;
  readonly Ulimits?: readonly Ulimit[] | null;
  readonly CpuCount?: number;
  readonly CpuPercent?: number;
  readonly IOMaximumIOps?: number;
  readonly IOMaximumBandwidth?: number;
}

export interface RestartPolicy {
  readonly Name?: "" | "no" | "always" | "unless-stopped" | "on-failure";
  readonly MaximumRetryCount?: number;
}

export interface LogConfig {
  readonly Type?: string;
  readonly Config?: Readonly<Record<string, string>> | null;
}

export type MountType = "bind" | "volume" | "tmpfs" | "npipe" | "cluster";

/** Swagger Mount: one `--mount`. */
export interface Mount {
  readonly Type?: MountType;
  readonly Source?: string;
  readonly Target?: string;
  readonly ReadOnly?: boolean;
  readonly Consistency?: string;
  readonly BindOptions?: {
    readonly Propagation?: string;
    readonly NonRecursive?: boolean;
    readonly CreateMountpoint?: boolean;
    readonly ReadOnlyNonRecursive?: boolean;
    readonly ReadOnlyForceRecursive?: boolean;
  } | null;
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly DriverConfig?: {
      readonly Name?: string;
      readonly Options?: Readonly<Record<string, string>> | null;
    } | null;
    readonly Subpath?: string;
  } | null;
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number } | null;
}

/** What belongs to this host and this run. */
export interface HostConfig extends Resources {
  readonly Binds?: readonly string[] | null;
  readonly ContainerIDFile?: string;
  readonly LogConfig?: LogConfig;
  readonly NetworkMode?: string;
  readonly PortBindings?: PortMap | null;
  readonly RestartPolicy?: RestartPolicy;
  readonly AutoRemove?: boolean;
  readonly VolumeDriver?: string;
  readonly VolumesFrom?: readonly string[] | null;
  readonly Mounts?: readonly Mount[] | null;
  /** [rows, columns] of the terminal at creation. */
  readonly ConsoleSize?: readonly number[] | null;
  readonly Annotations?: Readonly<Record<string, string>> | null;
  readonly CapAdd?: readonly string[] | null;
  readonly CapDrop?: readonly string[] | null;
  readonly CgroupnsMode?: "" | "private" | "host";
  readonly Dns?: readonly string[] | null;
  readonly DnsOptions?: readonly string[] | null;
  readonly DnsSearch?: readonly string[] | null;
  readonly ExtraHosts?: readonly string[] | null;
  readonly GroupAdd?: readonly string[] | null;
  readonly IpcMode?: string;
  readonly Cgroup?: string;
  readonly Links?: readonly string[] | null;
  readonly OomScoreAdj?: number;
  readonly PidMode?: string;
  readonly Privileged?: boolean;
  readonly PublishAllPorts?: boolean;
  readonly ReadonlyRootfs?: boolean;
  readonly SecurityOpt?: readonly string[] | null;
  readonly StorageOpt?: Readonly<Record<string, string>> | null;
  readonly Tmpfs?: Readonly<Record<string, string>> | null;
  readonly UTSMode?: string;
  readonly UsernsMode?: string;
  readonly ShmSize?: number;
  readonly Sysctls?: Readonly<Record<string, string>> | null;
  readonly Runtime?: string;
  readonly Isolation?: "" | "default" | "process" | "hyperv";
  readonly MaskedPaths?: readonly string[] | null;
  readonly ReadonlyPaths?: readonly string[] | null;
}

/** Body of POST /containers/create. */
export interface ContainerCreateRequest extends ContainerConfig {
  readonly HostConfig?: HostConfig | null;
  readonly NetworkingConfig?: NetworkingConfig | null;
}

/** Body of POST /containers/{id}/update. What is 0, "" or absent stays as it is. */
export interface ContainerUpdateRequest extends Resources {
  readonly RestartPolicy?: RestartPolicy;
}

export interface ContainerUpdateResponse {
  readonly Warnings: readonly string[] | null;
}

export interface ContainerCreateResponse {
  readonly Id: string;
  readonly Warnings: readonly string[];
}

export type ContainerStatus = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

export type HealthStatus = "none" | "starting" | "healthy" | "unhealthy";

/** One probe. `ExitCode` is -1 when it was not started, or not in time. */
export interface HealthcheckResult {
  readonly Start: string;
  readonly End: string;
  readonly ExitCode: number;
  readonly Output: string;
}

export interface Health {
  readonly Status: HealthStatus;
  /** Failed probes in a row. */
  readonly FailingStreak: number;
  /** The last five. */
  readonly Log: readonly HealthcheckResult[];
}

/** Times are RFC 3339 with nanoseconds; 0001-01-01T00:00:00Z stands for never. */
export interface ContainerState {
  readonly Status: ContainerStatus;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Health?: Health;
}

/** Swagger MountPoint: a mount as `docker inspect` tells it. */
export interface MountPoint {
  readonly Type: MountType;
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation: string;
}

/** One row of GET /containers/json. `Created` is seconds since the epoch; `Status` is text for people ("Up 3 minutes"). */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  readonly Created: number;
  readonly Ports: readonly Port[];
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: ContainerStatus;
  readonly Status: string;
  readonly HostConfig: { readonly NetworkMode: string };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, EndpointSettings>> };
  readonly Mounts: readonly MountPoint[];
}

/** Swagger GraphDriverData. */
export interface GraphDriverData {
  readonly Name: string;
  readonly Data: Readonly<Record<string, string>>;
}

/** Answer of GET /containers/{id}/json. */
export interface ContainerInspectResponse {
  readonly Id: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly State: ContainerState;
  readonly Image: string;
  readonly ResolvConfPath: string;
  readonly HostnamePath: string;
  readonly HostsPath: string;
  readonly LogPath: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly Driver: string;
  readonly Platform: string;
  readonly MountLabel: string;
  readonly ProcessLabel: string;
  readonly AppArmorProfile: string;
  readonly ExecIDs: readonly string[] | null;
  readonly HostConfig: HostConfig;
  readonly GraphDriver: GraphDriverData;
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Mounts: readonly MountPoint[];
  readonly Config: ContainerConfig;
  readonly NetworkSettings: NetworkSettings;
}

/** Answer of GET /containers/{id}/top: what ps prints, taken apart. */
export interface ContainerTopResponse {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[];
}

/** One row of GET /containers/{id}/changes. 0: changed, 1: added, 2: deleted. */
export interface FilesystemChange {
  readonly Path: string;
  readonly Kind: 0 | 1 | 2;
}

/** Answer of POST /containers/prune. Bytes. */
export interface ContainerPruneResponse {
  readonly ContainersDeleted: readonly string[] | null;
  readonly SpaceReclaimed: number;
}

export type WaitCondition = "not-running" | "next-exit" | "removed";

export interface ContainerWaitExitError {
  readonly Message: string;
}

export interface ContainerWaitResponse {
  readonly StatusCode: number;
  readonly Error?: ContainerWaitExitError | null;
}

/** "Never" in every time field. */
export const ZERO_TIME = "0001-01-01T00:00:00Z";
