import type { ContainerInspectResponse } from "../../api/contract/container.ts";
import { containerPaths, initLayerDirectory } from "../layout.ts";
import { describeNetworkSettings } from "../networks/describe.ts";
import type { Container } from "./container.ts";
import { listedMounts } from "./mounts.ts";

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
    LogPath: hostConfig.LogConfig?.Type === "json-file" ? paths.log : "",
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
    Mounts: listedMounts(container),
    Config: container.config,
    NetworkSettings: describeNetworkSettings({
      mode: hostConfig.NetworkMode ?? "",
      network: container.state.Network,
    }),
  };
}
