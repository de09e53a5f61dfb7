import type { ContainerConfig, HostConfig } from "../../api/contract/container.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { type ContainerPaths, containerPaths } from "../layout.ts";
import { SUBNET } from "../networks/docker0.ts";
import type { Container } from "./container.ts";
import { resolvText } from "./resolv-conf.ts";

/** libnetwork's etchosts: what every container can resolve. */
const LOCAL =
  "127.0.0.1\tlocalhost\n" +
  "::1\tlocalhost ip6-localhost ip6-loopback\n" +
  "fe00::0\tip6-localnet\n" +
  "ff00::0\tip6-mcastprefix\n" +
  "ff02::1\tip6-allnodes\n" +
  "ff02::2\tip6-allrouters\n";

/**
 * The files that are bound over those of the image. They belong to the container and outlive a stop. /etc/hosts of one that
 * gets an address is written when it has got it.
 */
export function writeEtcFiles(sys: Sys, paths: ContainerPaths, config: ContainerConfig, host: HostConfig): void {
  sys.writeFile(paths.hostname, `${config.Hostname ?? ""}\n`, { mode: 0o644 });
  sys.writeFile(paths.resolvConf, resolvConf(sys, host), { mode: 0o644 });
  if (host.NetworkMode !== "bridge") sys.writeFile(paths.hosts, hostsText(sys, host), { mode: 0o644 });
}

/** With the container's own address at the end: each start may bring another. */
export function writeHosts(sys: Sys, { id, config, hostConfig }: Container, address: string): void {
  const { Hostname = "", Domainname = "" } = config;
  const names = Domainname === "" ? Hostname : `${Hostname}.${Domainname} ${Hostname}`;
  sys.writeFile(containerPaths(id).hosts, `${hostsText(sys, hostConfig)}${address}\t${names}\n`, { mode: 0o644 });
}

/** With the machine's own network, the machine's own file. */
function hostsText(sys: Sys, host: HostConfig): string {
  const base = host.NetworkMode === "host" ? readOr(sys, "/etc/hosts", LOCAL) : LOCAL;
  return base + (host.ExtraHosts ?? []).map(extraHost).join("");
}

/** "name:address" or "name=address"; an IPv6 address may stand in brackets. */
function extraHost(entry: string): string {
  const at = entry.search(/[:=]/);
  const address = entry.slice(at + 1);
  const bare = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
  return `${bare === "host-gateway" ? SUBNET.gateway : bare}\t${entry.slice(0, at)}\n`;
}

function resolvConf(sys: Sys, host: HostConfig): string {
  const own = readOr(sys, "/etc/resolv.conf", "");
  const { Dns, DnsSearch, DnsOptions } = host;
  const asked = { nameservers: Dns ?? [], search: DnsSearch ?? [], options: DnsOptions ?? [] };
  return resolvText(own, asked, { isolated: host.NetworkMode !== "host" });
}

function readOr(sys: Sys, path: string, otherwise: string): string {
  try {
    return sys.readFile(path);
  } catch (error) {
    if (error instanceof SysError && error.code === "ENOENT") return otherwise;
    throw error;
  }
}
