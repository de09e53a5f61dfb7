import { describe, expect, test } from "vitest";
import type { PortMap } from "../../../../../guest/api/contract/network.ts";
import { HostPorts } from "../../../../../guest/engine/networks/host-ports.ts";
import { portKeys, validatePortBindings, wantedPorts } from "../../../../../guest/engine/networks/port-bindings.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";

const ANY = "0.0.0.0";
const http = { protocol: "tcp", port: 80, hostAddress: ANY } as const;
const on = (first: number, last = first): typeof http & { hostPorts: { first: number; last: number } } => ({
  ...http,
  hostPorts: { first, last },
});

describe("ports that are asked for", () => {
  const ask = (exposed: readonly string[], bindings: PortMap, all = false): readonly string[] =>
    wantedPorts({ exposed, bindings, all }).map(
      ({ protocol, port, hostAddress, hostPorts }) =>
        `${hostAddress}:${hostPorts === null ? "any" : `${hostPorts.first}-${hostPorts.last}`}->${port}/${protocol}`,
    );

  test("-p 8080:80 -p 127.0.0.1::53/udp -p 9000-9010:90", () => {
    const bindings = {
      "80/tcp": [{ HostIp: "", HostPort: "8080" }],
      "53/udp": [{ HostIp: "127.0.0.1", HostPort: "" }],
      "90/tcp": [{ HostPort: "9000-9010" }],
    };
    expect(ask(Object.keys(bindings), bindings)).toEqual([
      "127.0.0.1:any->53/udp",
      "0.0.0.0:8080-8080->80/tcp",
      "0.0.0.0:9000-9010->90/tcp",
    ]);
  });

  test("-P publishes what is exposed, and not twice what is published", () => {
    expect(ask(["443/tcp", "80"], { "80/tcp": [{ HostPort: "8080" }] }, true)).toEqual([
      "0.0.0.0:8080-8080->80/tcp",
      "0.0.0.0:any->443/tcp",
    ]);
  });

  test("exposed ones are known without being published", () => {
    expect(ask(["443/tcp"], {})).toEqual([]);
    expect(portKeys({ exposed: ["443/tcp", "80"], bindings: {} })).toEqual(["80/tcp", "443/tcp"]);
  });

  test.each<[PortMap, string]>([
    [{ "x/tcp": [] }, 'invalid port specification: "x"'],
    [{ "80/nope": [] }, 'invalid port specification: "80/nope"'],
    [{ "80/tcp": [{ HostPort: "70000" }] }, 'invalid port specification: "70000"'],
    [{ "80/tcp": [{ HostPort: "9-8" }] }, 'invalid port specification: "9-8"'],
    [{ "80/tcp": [{ HostIp: "1.2.3.400" }] }, "invalid IP address 1.2.3.400"],
  ])("%j is refused", (bindings, message) => {
    expect(() => validatePortBindings(bindings)).toThrow(message);
  });
});

describe("the machine's ports", () => {
  test("are held by sockets until they are given back", () => {
    const sys = new FakeSys();
    const ports = new HostPorts(sys);
    expect(ports.claim(on(8080))).toBe(8080);
    expect(sys.openDescriptors()).toHaveLength(1);
    ports.release({ protocol: "tcp", hostAddress: ANY, hostPort: 8080 });
    ports.release({ protocol: "tcp", hostAddress: ANY, hostPort: 8080 });
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("are not given twice: Docker's words for one of ours, and for one of somebody else", () => {
    const sys = new FakeSys();
    const ports = new HostPorts(sys);
    ports.claim(on(8080));
    expect(() => ports.claim(on(8080))).toThrow("Bind for 0.0.0.0:8080 failed: port is already allocated");
    sys.fail("bind", "EADDRINUSE");
    expect(() => ports.claim(on(8081))).toThrow(
      "Error starting userland proxy: listen tcp4 0.0.0.0:8081: bind: address already in use",
    );
    expect(sys.openDescriptors()).toHaveLength(1);
  });

  test("the same number is another port for another protocol or address", () => {
    const ports = new HostPorts(new FakeSys());
    ports.claim(on(53));
    expect(ports.claim({ ...on(53), protocol: "udp" })).toBe(53);
    expect(ports.claim({ ...on(53), hostAddress: "127.0.0.1" })).toBe(53);
  });

  test("any free one is the next of Docker's range, a range gives its first free one", () => {
    const ports = new HostPorts(new FakeSys());
    const any = { ...http, hostPorts: null };
    expect([ports.claim(any), ports.claim(any)]).toEqual([32768, 32769]);
    expect([ports.claim(on(9000, 9001)), ports.claim(on(9000, 9001))]).toEqual([9000, 9001]);
    expect(() => ports.claim(on(9000, 9001))).toThrow("Bind for 0.0.0.0:9000 failed: port is already allocated");
  });

  test("there is no IPv6", () => {
    expect(() => new HostPorts(new FakeSys()).claim({ ...on(80), hostAddress: "::1" })).toThrow(
      "listen tcp6 [::1]:80: socket: address family not supported by protocol",
    );
  });
});
