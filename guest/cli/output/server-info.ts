/** The server's half of `docker info`. */
import type { SystemInfo } from "../../api/contract/system.ts";
import { formatBinarySize } from "./units.ts";

export function formatServerInfo(info: SystemInfo): string {
  return (
    formatCounts(info) +
    formatStorage(info) +
    formatPlugins(info) +
    formatRuntimes(info) +
    formatSecurity(info.SecurityOptions ?? []) +
    formatHost(info) +
    formatDaemon(info)
  );
}

function formatCounts(info: SystemInfo): string {
  return (
    ` Containers: ${info.Containers}\n  Running: ${info.ContainersRunning}\n  Paused: ${info.ContainersPaused}\n` +
    `  Stopped: ${info.ContainersStopped}\n Images: ${info.Images}\n${field("Server Version", info.ServerVersion)}`
  );
}

/** Left out when there is nothing to say. */
function field(name: string, value: string | undefined): string {
  return value === undefined || value === "" ? "" : ` ${name}: ${value}\n`;
}

function formatStorage(info: SystemInfo): string {
  const status = (info.DriverStatus ?? []).map(([name, value]) => `  ${name}: ${value}\n`).join("");
  return (
    field("Storage Driver", info.Driver) +
    status +
    field("Logging Driver", info.LoggingDriver) +
    field("Cgroup Driver", info.CgroupDriver) +
    field("Cgroup Version", info.CgroupVersion)
  );
}

function formatPlugins({ Plugins: plugins }: SystemInfo): string {
  const authorization = plugins.Authorization ?? [];
  return (
    ` Plugins:\n  Volume: ${plugins.Volume.join(" ")}\n  Network: ${plugins.Network.join(" ")}\n` +
    (authorization.length === 0 ? "" : `  Authorization: ${authorization.join(" ")}\n`) +
    `  Log: ${plugins.Log.join(" ")}\n`
  );
}

function formatRuntimes(info: SystemInfo): string {
  return (
    ` Swarm: ${info.Swarm.LocalNodeState}\n Runtimes: ${Object.keys(info.Runtimes).sort().join(" ")}\n` +
    ` Default Runtime: ${info.DefaultRuntime}\n Init Binary: ${info.InitBinary}\n` +
    field("containerd version", info.ContainerdCommit.ID) +
    field("runc version", info.RuncCommit.ID) +
    field("init version", info.InitCommit.ID)
  );
}

/** `name=seccomp,profile=builtin` becomes two lines. */
function formatSecurity(options: readonly string[]): string {
  if (options.length === 0) return "";
  let text = " Security Options:\n";
  for (const option of options) {
    for (const pair of option.split(",")) {
      const equals = pair.indexOf("=");
      const [key, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
      text += key === "name" ? `  ${value}\n` : `   ${key.charAt(0).toUpperCase()}${key.slice(1)}: ${value}\n`;
    }
  }
  return text;
}

function formatHost(info: SystemInfo): string {
  return (
    field("Kernel Version", info.KernelVersion) +
    field("Operating System", info.OperatingSystem) +
    field("OSType", info.OSType) +
    field("Architecture", info.Architecture) +
    ` CPUs: ${info.NCPU}\n Total Memory: ${formatBinarySize(info.MemTotal)}\n` +
    field("Name", info.Name) +
    field("ID", info.ID)
  );
}

function formatDaemon(info: SystemInfo): string {
  const insecure = insecureRegistries(info);
  return (
    ` Docker Root Dir: ${info.DockerRootDir}\n Debug Mode: ${info.Debug}\n` +
    field("HTTP Proxy", info.HttpProxy) +
    field("HTTPS Proxy", info.HttpsProxy) +
    field("No Proxy", info.NoProxy) +
    ((info.Labels ?? []).length === 0 ? "" : ` Labels:\n${info.Labels.map((label) => `  ${label}\n`).join("")}`) +
    ` Experimental: ${info.ExperimentalBuild}\n` +
    (insecure.length === 0 ? "" : ` Insecure Registries:\n${insecure.map((entry) => `  ${entry}\n`).join("")}`) +
    ` Live Restore Enabled: ${info.LiveRestoreEnabled}\n`
  );
}

/** Part of the answers of engines that pull; ours may leave it out. */
function insecureRegistries(info: SystemInfo): readonly string[] {
  const config = (info as { readonly RegistryConfig?: { readonly InsecureRegistryCIDRs?: readonly string[] | null } })
    .RegistryConfig;
  return config?.InsecureRegistryCIDRs ?? [];
}
