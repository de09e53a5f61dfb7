import type { ContainerInspectResponse } from "../../api/contract/container.ts";
import type { NetworkSettings } from "../../api/contract/network.ts";
import { containerPaths, initLayerDirectory } from "../layout.ts";
import type { Container } from "./container.ts";
import { describeNetworks } from "./summary.ts";

/** `docker inspect`, in Docker's order. `layers` are those of the image, the base first. */
export function inspectContainer(container: Container, layers: readonly string[]): ContainerInspectResponse {
  const { record, hostConfig, id } = container;
  const paths = containerPaths(id);
  return {
    Id: id,
    Created: record.Created,
    Path: record.Path,
    Args: record.Args,
    State: container.describeState(),
    Image: record.Image,
    ResolvConfPath: paths.resolvConf,
    HostnamePath: paths.hostname,
    HostsPath: paths.hosts,
    LogPath: hostConfig.LogConfig?.Type === "none" ? "" : paths.log,
    Name: `/${record.Name}`,
    RestartCount: container.state.RestartCount,
    Driver: record.Driver,
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    ExecIDs: container.execs.size === 0 ? null : [...container.execs],
    HostConfig: hostConfig,
    GraphDriver: {
      Data: {
        LowerDir: [`${initLayerDirectory(record.Image)}/diff`, ...[...layers].reverse()].join(":"),
        MergedDir: paths.merged,
        UpperDir: paths.upper,
        WorkDir: paths.work,
      },
      Name: "overlay2",
    },
    Mounts: record.MountPoints,
    Config: container.config,
    NetworkSettings: describeNetworkSettings(container),
  };
}

function describeNetworkSettings({ hostConfig, state }: Container): NetworkSettings {
  return {
    Bridge: "",
    SandboxID: state.SandboxKey.slice(state.SandboxKey.lastIndexOf("/") + 1),
    SandboxKey: state.SandboxKey,
    Ports: {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: "",
    Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    IPAddress: "",
    IPPrefixLen: 0,
    IPv6Gateway: "",
    MacAddress: "",
    Networks: describeNetworks(hostConfig.NetworkMode ?? "bridge"),
  };
}
