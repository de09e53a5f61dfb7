import type { ContainerConfig, HostConfig } from "../../api/contract/container.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { ContainerPaths } from "../layout.ts";

/** libnetwork's etchosts: what every container can resolve. */
const LOCAL =
  "127.0.0.1\tlocalhost\n" +
  "::1\tlocalhost ip6-localhost ip6-loopback\n" +
  "fe00::0\tip6-localnet\n" +
  "ff00::0\tip6-mcastprefix\n" +
  "ff02::1\tip6-allnodes\n" +
  "ff02::2\tip6-allrouters\n";

/** The three files that are bound over those of the image. They belong to the container and outlive a stop. */
export function writeEtcFiles(sys: Sys, paths: ContainerPaths, config: ContainerConfig, host: HostConfig): void {
  sys.writeFile(paths.hostname, `${config.Hostname ?? ""}\n`, { mode: 0o644 });
  sys.writeFile(paths.hosts, hostsText(sys, host), { mode: 0o644 });
  sys.writeFile(paths.resolvConf, resolvText(sys, host), { mode: 0o644 });
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
  return `${bare === "host-gateway" ? "127.0.0.1" : bare}\t${entry.slice(0, at)}\n`;
}

/** --dns and its kin replace those lines of the machine's file. */
export function resolvText(sys: Sys, { Dns, DnsSearch, DnsOptions }: HostConfig): string {
  const lines = readOr(sys, "/etc/resolv.conf", "").split("\n");
  const keep = (word: string): string[] => lines.filter((line) => line.startsWith(`${word} `));
  const text = [
    ...(given(Dns) ? Dns.map((address) => `nameserver ${address}`) : keep("nameserver")),
    ...(given(DnsSearch) ? [`search ${DnsSearch.join(" ")}`] : keep("search")),
    ...(given(DnsOptions) ? [`options ${DnsOptions.join(" ")}`] : keep("options")),
  ];
  return text.map((line) => `${line}\n`).join("");
}

function given(list: readonly string[] | null | undefined): list is readonly string[] {
  return list !== null && list !== undefined && list.length > 0;
}

function readOr(sys: Sys, path: string, otherwise: string): string {
  try {
    return sys.readFile(path);
  } catch (error) {
    if (error instanceof SysError && error.code === "ENOENT") return otherwise;
    throw error;
  }
}
