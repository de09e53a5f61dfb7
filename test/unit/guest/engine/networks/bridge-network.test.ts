import { describe, expect, test } from "vitest";
import { BridgeNetwork } from "../../../../../guest/engine/networks/bridge-network.ts";
import { describeNetworkSettings, describePorts } from "../../../../../guest/engine/networks/describe.ts";
import { NO_NETWORK } from "../../../../../guest/engine/networks/endpoint.ts";
import { Netlink } from "../../../../../guest/runtime/net/netlink.ts";
import { NetlinkKernel } from "../../runtime/fake-netlink.ts";

const RTM_NEWADDR = 20;
const NEW_ELEMENT = (10 << 8) | 12;
const NO_PORTS = { exposed: [], bindings: {}, all: false };

function machine(): NetlinkKernel {
  const sys = new NetlinkKernel();
  sys.mkdirAll("/var/lib/docker/network");
  return sys;
}

function sandbox(sys: NetlinkKernel): Parameters<BridgeNetwork["connect"]>[0] {
  return {
    id: "ab".repeat(32),
    path: "/run/docker/netns/abababababab",
    cable: "vethabababa",
    netlink: new Netlink(sys),
  };
}

const request = (name: string, ports = {}): Parameters<BridgeNetwork["connect"]>[1] => ({
  name,
  macAddress: "",
  ports: { ...NO_PORTS, ...ports },
});

describe("connecting", () => {
  test("gives the lowest address, and leaves no socket behind", () => {
    const sys = machine();
    const bridge = new BridgeNetwork(sys);
    const plugged = sandbox(sys);
    const endpoint = bridge.connect(plugged, request("web"));
    plugged.netlink.close();
    expect(endpoint).toMatchObject({
      NetworkID: bridge.id,
      IPAddress: "172.17.0.2",
      IPPrefixLen: 16,
      Gateway: "172.17.0.1",
      MacAddress: "02:42:ac:11:00:02",
      Ports: {},
    });
    expect(sys.told.map(({ type }) => type)).toEqual([16, RTM_NEWADDR, 24]);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("that the kernel refuses takes no address", () => {
    const sys = machine();
    const bridge = new BridgeNetwork(sys);
    sys.refuses = { type: RTM_NEWADDR, code: "ENODEV" };
    expect(() => bridge.connect(sandbox(sys), request("web"))).toThrow("no such device");
    sys.refuses = null;
    expect(bridge.connect(sandbox(sys), request("web")).IPAddress).toBe("172.17.0.2");
  });

  test("with a port that is taken gives back the ports before it, in Docker's words", () => {
    const sys = machine();
    const bridge = new BridgeNetwork(sys);
    const plugged = sandbox(sys);
    const bindings = { "80/tcp": [{ HostPort: "8080" }], "81/tcp": [{ HostPort: "8080" }] };
    expect(() => bridge.connect(plugged, request("web", { bindings }))).toThrow(
      /^driver failed programming external connectivity on endpoint web \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8080 failed/,
    );
    plugged.netlink.close();
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("whose rules the kernel refuses gives everything back", () => {
    const sys = machine();
    const bridge = new BridgeNetwork(sys);
    const plugged = sandbox(sys);
    sys.refuses = { type: NEW_ELEMENT, code: "ENOENT" };
    const bindings = { "80/tcp": [{ HostPort: "8080" }] };
    expect(() => bridge.connect(plugged, request("web", { bindings }))).toThrow("endpoint web");
    plugged.netlink.close();
    expect(sys.openDescriptors()).toEqual([]);
    sys.refuses = null;
    expect(bridge.connect(sandbox(sys), request("web", { bindings })).IPAddress).toBe("172.17.0.2");
  });
});

test("a new engine leaves those that run what they have", () => {
  const sys = machine();
  const before = new BridgeNetwork(sys);
  const bindings = { "80/tcp": [{ HostPort: "8080" }] };
  const endpoint = before.connect(sandbox(sys), request("web", { bindings }));
  const after = new BridgeNetwork(sys);
  const complaints: string[] = [];
  after.restore([{ name: "web", endpoint }], (text) => complaints.push(text));
  expect(after.id).toBe(before.id);
  expect(after.connect(sandbox(sys), request("next")).IPAddress).toBe("172.17.0.3");
  expect(() => after.connect(sandbox(sys), request("other", { bindings }))).toThrow("port is already allocated");
  after.disconnect(endpoint);
  expect(after.connect(sandbox(sys), request("other", { bindings })).IPAddress).toBe("172.17.0.2");
});

describe("what is told of it", () => {
  const Ports = { "443/tcp": null, "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] };

  test("by docker ps: exposed and published ports", () => {
    const sys = machine();
    const endpoint = { ...new BridgeNetwork(sys).connect(sandbox(sys), request("web")), Ports };
    expect(describePorts({ ...NO_NETWORK, Endpoint: endpoint })).toEqual([
      { PrivatePort: 443, Type: "tcp" },
      { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
    ]);
  });

  test("by docker inspect: the endpoint twice, and of one that does not run nothing", () => {
    const sys = machine();
    const endpoint = { ...new BridgeNetwork(sys).connect(sandbox(sys), request("web")), Ports };
    const settings = describeNetworkSettings({ mode: "bridge", network: { ...NO_NETWORK, Endpoint: endpoint } });
    expect(settings).toMatchObject({
      IPAddress: "172.17.0.2",
      Ports,
      Networks: { bridge: { IPAddress: "172.17.0.2" } },
    });
    const stopped = describeNetworkSettings({ mode: "bridge", network: NO_NETWORK });
    expect(stopped).toMatchObject({ IPAddress: "", Ports: {}, Networks: { bridge: { IPAddress: "" } } });
    expect(describeNetworkSettings({ mode: "container:web", network: NO_NETWORK }).Networks).toEqual({});
  });
});
