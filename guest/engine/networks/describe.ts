import type { EndpointSettings, NetworkSettings, Port } from "../../api/contract/network.ts";
import type { RunNetwork } from "./endpoint.ts";

/** What can be told of a container's network, running or not. */
export interface Described {
  /** HostConfig.NetworkMode, complete. */
  readonly mode: string;
  readonly network: RunNetwork;
}

const NOWHERE: EndpointSettings = Object.freeze({
  IPAMConfig: null,
  Links: null,
  Aliases: null,
  MacAddress: "",
  DriverOpts: null,
  NetworkID: "",
  EndpointID: "",
  Gateway: "",
  IPAddress: "",
  IPPrefixLen: 0,
  IPv6Gateway: "",
  GlobalIPv6Address: "",
  GlobalIPv6PrefixLen: 0,
  DNSNames: null,
});

/** NetworkSettings of `docker inspect`: what stands outside of Networks is the default bridge's, kept for old clients. */
export function describeNetworkSettings({ mode, network }: Described): NetworkSettings {
  const { SandboxID, SandboxKey, Endpoint: endpoint } = network;
  return {
    Bridge: "",
    SandboxID,
    SandboxKey,
    Ports: endpoint?.Ports ?? {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: endpoint?.EndpointID ?? "",
    Gateway: endpoint?.Gateway ?? "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    IPAddress: endpoint?.IPAddress ?? "",
    IPPrefixLen: endpoint?.IPPrefixLen ?? 0,
    IPv6Gateway: "",
    MacAddress: endpoint?.MacAddress ?? "",
    Networks: describeNetworks({ mode, network }),
  };
}

/** By name. One that shares another's network has none of its own. */
export function describeNetworks({ mode, network }: Described): Readonly<Record<string, EndpointSettings>> {
  if (mode.startsWith("container:")) return {};
  if (network.Endpoint === null) return { [mode]: NOWHERE };
  const { Ports: _ports, ...endpoint } = network.Endpoint;
  return { [mode]: { ...NOWHERE, ...endpoint } };
}

/** The PORTS of `docker ps`. */
export function describePorts({ Endpoint: endpoint }: RunNetwork): readonly Port[] {
  return Object.entries(endpoint?.Ports ?? {}).flatMap(([key, bindings]) => {
    const [text = "", protocol = "tcp"] = key.split("/");
    const port = { PrivatePort: Number(text), Type: protocol as Port["Type"] };
    if (bindings === null || bindings.length === 0) return [port];
    return bindings.map(({ HostIp = "", HostPort = "" }) => ({ IP: HostIp, ...port, PublicPort: Number(HostPort) }));
  });
}
