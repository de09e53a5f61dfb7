import type { HostConfig, RestartPolicy } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { ALL_CAPABILITIES } from "../../runtime/default-spec.ts";
import { sortKeys } from "./config.ts";
import { validateLimits } from "./limits.ts";
import { completeLogConfig, validateLog } from "./log-options.ts";
import { planRlimits } from "./resources.ts";

const DEFAULT_SHM = 64 * 1024 * 1024;
const KNOWN_CAPABILITIES: ReadonlySet<string> = new Set(["ALL", ...ALL_CAPABILITIES]);
const RESTART_POLICIES = new Set(["", "no", "always", "unless-stopped", "on-failure"]);

export interface TakenHostConfig {
  /** Frozen. */
  readonly host: HostConfig;
  /** What of it is written to hostconfig.json. */
  readonly stored: string;
}

/** One container mostly asks for the same as the one before, and then it is the same. */
let last: { readonly asked: string; readonly taken: TakenHostConfig } | null = null;

/** A request's, complete and valid. Throws Docker's refusals. `resolve` turns a container's name into its id. */
export function takeHostConfig(request: HostConfig, resolve: (name: string) => string): TakenHostConfig {
  const asked = JSON.stringify(request);
  if (last?.asked === asked) return last.taken;
  const host = completeHostConfig(request, resolve);
  validateHostConfig(host);
  const taken = { host: Object.freeze(host), stored: JSON.stringify(hostConfigToStore(request, host)) };
  // A name may be another container's by the next time.
  if (!asked.includes('"container:')) last = { asked, taken };
  return taken;
}

/** What is kept of a request: the rest is filled in again when it is read. */
function hostConfigToStore(asked: HostConfig, { NetworkMode, IpcMode, PidMode }: HostConfig): HostConfig {
  return {
    ...asked,
    ...(NetworkMode === undefined ? {} : { NetworkMode }),
    ...(IpcMode === undefined ? {} : { IpcMode }),
    ...(PidMode === undefined ? {} : { PidMode }),
  };
}

/** Fills in what Docker fills in and prints every field, in Docker's order. `resolve` turns a name into an id. */
export function completeHostConfig(asked: HostConfig, resolve: (name: string) => string): HostConfig {
  const networkMode = asked.NetworkMode === undefined || asked.NetworkMode === "" ? "default" : asked.NetworkMode;
  const memory = asked.Memory ?? 0;
  const swap = asked.MemorySwap ?? 0;
  return {
    Binds: asked.Binds ?? null,
    ContainerIDFile: asked.ContainerIDFile ?? "",
    LogConfig: completeLogConfig(asked.LogConfig),
    NetworkMode: networkMode === "default" ? "bridge" : sharedWith(networkMode, resolve),
    PortBindings: sortKeys(asked.PortBindings ?? {}),
    RestartPolicy: completePolicy(asked.RestartPolicy),
    AutoRemove: asked.AutoRemove === true,
    VolumeDriver: asked.VolumeDriver ?? "",
    VolumesFrom: asked.VolumesFrom ?? null,
    ConsoleSize: asked.ConsoleSize ?? [0, 0],
    CapAdd: asked.CapAdd ?? null,
    CapDrop: asked.CapDrop ?? null,
    CgroupnsMode: asked.CgroupnsMode || "private",
    Dns: asked.Dns ?? [],
    DnsOptions: asked.DnsOptions ?? [],
    DnsSearch: asked.DnsSearch ?? [],
    ExtraHosts: asked.ExtraHosts ?? null,
    GroupAdd: asked.GroupAdd ?? null,
    IpcMode: sharedWith(asked.IpcMode || "private", resolve),
    Cgroup: asked.Cgroup ?? "",
    Links: asked.Links ?? null,
    OomScoreAdj: asked.OomScoreAdj ?? 0,
    PidMode: sharedWith(asked.PidMode ?? "", resolve),
    Privileged: asked.Privileged === true,
    PublishAllPorts: asked.PublishAllPorts === true,
    ReadonlyRootfs: asked.ReadonlyRootfs === true,
    SecurityOpt: asked.SecurityOpt ?? null,
    ...(asked.StorageOpt ? { StorageOpt: sortKeys(asked.StorageOpt) } : {}),
    ...(asked.Tmpfs ? { Tmpfs: sortKeys(asked.Tmpfs) } : {}),
    UTSMode: asked.UTSMode ?? "",
    UsernsMode: asked.UsernsMode ?? "",
    ShmSize: asked.ShmSize || DEFAULT_SHM,
    ...(asked.Sysctls ? { Sysctls: sortKeys(asked.Sysctls) } : {}),
    Runtime: asked.Runtime || "drydock",
    Isolation: asked.Isolation ?? "",
    CpuShares: asked.CpuShares ?? 0,
    Memory: memory,
    NanoCpus: asked.NanoCpus ?? 0,
    CgroupParent: asked.CgroupParent ?? "",
    BlkioWeight: asked.BlkioWeight ?? 0,
    BlkioWeightDevice: asked.BlkioWeightDevice ?? [],
    BlkioDeviceReadBps: asked.BlkioDeviceReadBps ?? [],
    BlkioDeviceWriteBps: asked.BlkioDeviceWriteBps ?? [],
    BlkioDeviceReadIOps: asked.BlkioDeviceReadIOps ?? [],
    BlkioDeviceWriteIOps: asked.BlkioDeviceWriteIOps ?? [],
    CpuPeriod: asked.CpuPeriod ?? 0,
    CpuQuota: asked.CpuQuota ?? 0,
    CpuRealtimePeriod: asked.CpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: asked.CpuRealtimeRuntime ?? 0,
    CpusetCpus: asked.CpusetCpus ?? "",
    CpusetMems: asked.CpusetMems ?? "",
    Devices: asked.Devices ?? [],
    DeviceCgroupRules: asked.DeviceCgroupRules ?? null,
    DeviceRequests: asked.DeviceRequests ?? null,
    MemoryReservation: asked.MemoryReservation ?? 0,
    MemorySwap: memory > 0 && swap === 0 ? memory * 2 : swap,
    MemorySwappiness: null,
    OomKillDisable: null,
    PidsLimit: asked.PidsLimit ? asked.PidsLimit : null,
    Ulimits: asked.Ulimits ?? [],
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    ...(asked.Mounts && asked.Mounts.length > 0 ? { Mounts: asked.Mounts } : {}),
    MaskedPaths: asked.MaskedPaths ?? null,
    ReadonlyPaths: asked.ReadonlyPaths ?? null,
    ...(asked.Init === undefined || asked.Init === null ? {} : { Init: asked.Init }),
    ...(asked.Annotations ? { Annotations: sortKeys(asked.Annotations) } : {}),
  };
}

/** Refuses what Docker refuses, and what this engine cannot do yet: nothing that was asked for is silently ignored. */
export function validateHostConfig(host: HostConfig): void {
  validateLimits(host, { update: false });
  validateRestart(host);
  validateLog(host);
  validateModes(host);
  validateIsolation(host);
  validateCapabilities(host);
  planRlimits(host.Ulimits);
  refuseLater(host);
}

/** The same for limits that are to change: those that are not named stand already. */
export function validateUpdate(asked: HostConfig): void {
  validateLimits(asked, { update: true });
  validateRestart(asked);
}

function validateRestart(host: HostConfig): void {
  const { Name = "no", MaximumRetryCount = 0 } = host.RestartPolicy ?? {};
  if (!RESTART_POLICIES.has(Name)) {
    throw invalid(
      `invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  if (MaximumRetryCount !== 0 && Name !== "on-failure") {
    const hint = MaximumRetryCount < 0 ? " and cannot be negative" : "";
    throw invalid(`invalid restart policy: maximum retry count can only be used with 'on-failure'${hint}`);
  }
  if (MaximumRetryCount < 0) throw invalid("invalid restart policy: maximum retry count cannot be negative");
  if (host.AutoRemove === true && Name !== "no" && Name !== "") {
    throw invalid("can't create 'AutoRemove' container with restart policy");
  }
}

/** Other technologies are those of Windows. */
function validateIsolation({ Isolation = "", Annotations }: HostConfig): void {
  if (Isolation !== "" && Isolation.toLowerCase() !== "default") {
    throw invalid(`Invalid isolation: ${JSON.stringify(Isolation)} - linux only supports 'default'`);
  }
  if (Object.hasOwn(Annotations ?? {}, "")) {
    throw invalid("invalid Annotations: the empty string is not permitted as an annotation key");
  }
}

const IPC_MODES = new Set(["private", "host", "none", "shareable"]);
const HOST_OR_OWN = new Set(["", "host"]);

function isShared(mode: string): boolean {
  return mode.startsWith("container:") && mode.length > "container:".length;
}

function validateModes(host: HostConfig): void {
  const { IpcMode = "", PidMode = "", UTSMode = "", UsernsMode = "", CgroupnsMode = "" } = host;
  if (!IPC_MODES.has(IpcMode) && !isShared(IpcMode)) throw invalid(`invalid IPC mode: ${IpcMode}`);
  if (!HOST_OR_OWN.has(PidMode) && !isShared(PidMode)) throw invalid(`invalid PID mode: ${PidMode}`);
  if (!HOST_OR_OWN.has(UTSMode)) throw invalid(`invalid UTS mode: ${UTSMode}`);
  if (!HOST_OR_OWN.has(UsernsMode)) throw invalid(`invalid user namespace mode: ${UsernsMode}`);
  if (CgroupnsMode !== "private" && CgroupnsMode !== "host") {
    throw invalid(`invalid cgroup namespace mode: ${CgroupnsMode}`);
  }
  if ((host.ShmSize ?? 0) < 0) throw invalid("SHM size can not be less than 0");
  const score = host.OomScoreAdj ?? 0;
  if (score < -1000 || score > 1000) {
    throw invalid(`Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
  }
  for (const entry of host.ExtraHosts ?? []) {
    if (!/^[^:=]+[:=].+$/.test(entry)) throw invalid(`bad format for add-host: ${JSON.stringify(entry)}`);
  }
}

function validateCapabilities(host: HostConfig): void {
  for (const field of ["CapAdd", "CapDrop"] as const) {
    const unknown = (host[field] ?? []).map(capabilityName).find((name) => !KNOWN_CAPABILITIES.has(name));
    if (unknown !== undefined) throw invalid(`invalid ${field}: unknown capability: ${JSON.stringify(unknown)}`);
  }
}

/** "net_admin" → "CAP_NET_ADMIN", "ALL" stays. */
export function capabilityName(name: string): string {
  const upper = name.toUpperCase();
  return upper === "ALL" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
}

/** Flags whose machinery comes with later stages of the engine. */
function refuseLater(host: HostConfig): void {
  if ((host.VolumesFrom ?? []).length > 0) throw notYet("--volumes-from", "bind the same directories with -v");
  if ((host.DeviceRequests ?? []).length > 0) {
    throw invalid('could not select device driver "" with capabilities: [[gpu]]');
  }
  if (host.StorageOpt && Object.keys(host.StorageOpt).length > 0) {
    throw invalid("--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
  }
  if ((host.VolumeDriver ?? "") !== "" && host.VolumeDriver !== "local") {
    throw notYet("volume drivers", "bind a directory with -v");
  }
  if ((host.CgroupParent ?? "") !== "") throw notYet("--cgroup-parent", "every container is below /docker");
  if (!["drydock", "runc", "io.containerd.runc.v2"].includes(host.Runtime ?? "")) {
    throw invalid(`unknown or invalid runtime name: ${host.Runtime}`);
  }
}

function completePolicy(policy: RestartPolicy | undefined): RestartPolicy {
  return { Name: policy?.Name || "no", MaximumRetryCount: policy?.MaximumRetryCount ?? 0 };
}

/** container:NAME is kept as container:ID: the other may be renamed. */
function sharedWith(mode: string, resolve: (name: string) => string): string {
  return mode.startsWith("container:") ? `container:${resolve(mode.slice("container:".length))}` : mode;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}

function notYet(what: string, instead: string): EngineError {
  return new EngineError("notImplemented", `${what}: not supported by this engine yet: ${instead}`);
}
