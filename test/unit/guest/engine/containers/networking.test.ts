import { describe, expect, test } from "vitest";
import type { ContainerCreateRequest, HostConfig } from "../../../../../guest/api/contract/container.ts";
import { completeHostConfig } from "../../../../../guest/engine/containers/host-config.ts";
import { type Networking, planNetworking } from "../../../../../guest/engine/containers/networking.ts";

const MAC = "02:42:ac:11:00:09";
const WEB = { NetworkMode: "container:web" };
const bindings = { "80/tcp": [{ HostPort: "8080" }] };

function plan(request: ContainerCreateRequest, host: HostConfig = {}): Networking {
  return planNetworking(
    request,
    completeHostConfig(host, (name) => name),
  );
}

describe("what a request says of networks", () => {
  test("nothing is the default bridge, with an address of its own", () => {
    expect(plan({})).toEqual({ macAddress: "", warnings: [] });
  });

  test("a hardware address, as old clients and as new ones say it", () => {
    expect(plan({ MacAddress: MAC }).macAddress).toBe(MAC);
    const NetworkingConfig = { EndpointsConfig: { default: { MacAddress: MAC } } };
    expect(plan({ NetworkingConfig }).macAddress).toBe(MAC);
  });

  test("ports of the machine's own network are the machine's: that is said", () => {
    const { warnings } = plan({}, { NetworkMode: "host", PortBindings: bindings });
    expect(warnings).toEqual(["Published ports are discarded when using host network mode"]);
  });
});

describe("refused", () => {
  const endpoint = (name: string, settings: object): ContainerCreateRequest => ({
    NetworkingConfig: { EndpointsConfig: { [name]: settings } },
  });

  test.each<[ContainerCreateRequest, HostConfig, string]>([
    [{}, { NetworkMode: "mine" }, "network mine not found"],
    [endpoint("mine", {}), {}, "network mine not found"],
    [
      endpoint("default", { IPAMConfig: { IPv4Address: "172.17.0.9" } }),
      {},
      "user specified IP address is supported on user defined networks only",
    ],
    [
      endpoint("bridge", { Aliases: ["db"] }),
      {},
      "network-scoped alias is supported only for containers in user defined networks",
    ],
    [{}, { Links: ["a:b"] }, "linking containers"],
    [{ MacAddress: "nope" }, {}, "invalid MAC address: nope"],
    [{}, { PortBindings: { "x/tcp": [] } }, 'invalid port specification: "x"'],
    [{}, { NetworkMode: "container:" }, "Invalid network mode: invalid container format container:<name|id>"],
    [{ Hostname: "x" }, WEB, "conflicting options: hostname and the network mode"],
    [{}, { ...WEB, Dns: ["1.1.1.1"] }, "conflicting options: dns and the network mode"],
    [{}, { ...WEB, ExtraHosts: ["a:1.2.3.4"] }, "conflicting options: custom host-to-IP mapping and the network mode"],
    [{ MacAddress: MAC }, WEB, "conflicting options: mac-address and the network mode"],
    [{ MacAddress: MAC }, { NetworkMode: "host" }, "conflicting options: mac-address and the network mode"],
    [
      {},
      { ...WEB, PortBindings: bindings },
      "conflicting options: port publishing and the container type network mode",
    ],
    [{ ExposedPorts: { "80/tcp": {} } }, WEB, "conflicting options: port exposing and the container type network mode"],
  ])("%j %j: %s", (request, host, message) => {
    expect(() => plan(request, host)).toThrow(message);
  });
});
