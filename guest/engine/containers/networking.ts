import type { ContainerCreateRequest, HostConfig } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { EndpointSettings } from "../../api/contract/network.ts";
import { validatePortBindings } from "../networks/port-bindings.ts";

const NETWORKS = new Set(["bridge", "host", "none"]);
const OF_DEFAULT = new Set(["default", ...NETWORKS]);
const MAC = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;

/** What a request says of networks, checked. */
export interface Networking {
  /** "": none was asked for. */
  readonly macAddress: string;
  readonly warnings: readonly string[];
}

/** Throws Docker's refusals, and that of networks and flags which this engine has not. `host` is complete. */
export function planNetworking(request: ContainerCreateRequest, host: HostConfig): Networking {
  const mode = host.NetworkMode ?? "";
  // Not "notFound": to a client that would mean the image, and it would pull.
  if (!NETWORKS.has(mode) && !mode.startsWith("container:")) throw invalid(`network ${mode} not found`);
  if (mode.startsWith("container:")) validateShared(request, host);
  if (host.UTSMode === "host" && request.Hostname) throw invalid("conflicting options: hostname and the UTS mode");
  if (mode === "host") validateHost(host, request);
  if ((host.Links ?? []).length > 0) throw notYet("linking containers", "use the address that docker inspect shows");
  validatePortBindings(host.PortBindings ?? {});
  const macAddress = macOf(request);
  if (macAddress !== "" && !MAC.test(macAddress)) throw invalid(`invalid MAC address: ${macAddress}`);
  for (const [name, endpoint] of Object.entries(request.NetworkingConfig?.EndpointsConfig ?? {})) {
    if (!OF_DEFAULT.has(name)) throw invalid(`network ${name} not found`);
    validateEndpoint(endpoint ?? {});
  }
  const discarded = mode === "host" && Object.keys(host.PortBindings ?? {}).length > 0;
  return {
    macAddress,
    warnings: discarded ? ["Published ports are discarded when using host network mode"] : [],
  };
}

/** Everything of the other's network is the other's. */
function validateShared(request: ContainerCreateRequest, host: HostConfig): void {
  if (host.NetworkMode === "container:") {
    throw invalid("Invalid network mode: invalid container format container:<name|id>");
  }
  const conflicts: readonly (readonly [boolean, string])[] = [
    [Boolean(request.Hostname), "hostname and the network mode"],
    [isGiven(host.Links), "container type network can't be used with links. This would result in undefined behavior"],
    [isGiven(host.Dns), "dns and the network mode"],
    [isGiven(host.ExtraHosts), "custom host-to-IP mapping and the network mode"],
    [macOf(request) !== "", "mac-address and the network mode"],
    [
      Object.keys(host.PortBindings ?? {}).length > 0 || host.PublishAllPorts === true,
      "port publishing and the container type network mode",
    ],
    [Object.keys(request.ExposedPorts ?? {}).length > 0, "port exposing and the container type network mode"],
  ];
  refuseFirst(conflicts);
}

function validateHost(host: HostConfig, request: ContainerCreateRequest): void {
  refuseFirst([
    [isGiven(host.Links), "host type networking can't be used with links. This would result in undefined behavior"],
    [macOf(request) !== "", "mac-address and the network mode"],
  ]);
}

function refuseFirst(conflicts: readonly (readonly [boolean, string])[]): void {
  for (const [given, what] of conflicts) if (given) throw invalid(`conflicting options: ${what}`);
}

/** The default bridge gives addresses and knows no names. */
function validateEndpoint({ IPAMConfig, Aliases, Links }: EndpointSettings): void {
  if (IPAMConfig?.IPv4Address || IPAMConfig?.IPv6Address) {
    throw invalid("user specified IP address is supported on user defined networks only");
  }
  if (isGiven(IPAMConfig?.LinkLocalIPs)) throw notYet("--link-local-ip", "the default bridge gives one address");
  if (isGiven(Aliases)) {
    throw invalid("network-scoped alias is supported only for containers in user defined networks");
  }
  if (isGiven(Links)) throw notYet("linking containers", "use the address that docker inspect shows");
}

/** Since API 1.44 it belongs to an endpoint; older clients say it of the container. */
function macOf(request: ContainerCreateRequest): string {
  const endpoints = Object.values(request.NetworkingConfig?.EndpointsConfig ?? {});
  const given = endpoints.map((endpoint) => endpoint?.MacAddress ?? "").find((address) => address !== "");
  return given ?? (request.MacAddress || "");
}

function isGiven(list: readonly unknown[] | null | undefined): boolean {
  return (list ?? []).length > 0;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}

function notYet(what: string, instead: string): EngineError {
  return new EngineError("notImplemented", `${what}: not supported by this engine yet: ${instead}`);
}
