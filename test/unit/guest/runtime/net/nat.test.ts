import { describe, expect, test } from "vitest";
import { Attributes } from "../../../../../guest/runtime/net/attributes.ts";
import { type PublishedPort, publishPorts, replaceNat, unpublishPorts } from "../../../../../guest/runtime/net/nat.ts";
import { NetlinkKernel } from "../fake-netlink.ts";

const NFT = 10 << 8;
const [BEGIN, END] = [0x10, 0x11];
const [NEW_TABLE, DELETE_TABLE, NEW_ELEMENT, DELETE_ELEMENT] = [NFT, NFT | 2, NFT | 12, NFT | 14];
const GENERIC_HEADER = 4;
const BRIDGE = { bridge: "docker0", network: "172.17.0.0", prefix: 16 };

const web: PublishedPort = {
  protocol: "tcp",
  hostAddress: "0.0.0.0",
  hostPort: 8080,
  address: "172.17.0.2",
  port: 80,
  comment: "web",
};
const dns: PublishedPort = {
  ...web,
  protocol: "udp",
  hostAddress: "127.0.0.1",
  hostPort: 53,
  port: 5353,
  comment: "dns",
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const types = (sys: NetlinkKernel): readonly number[] => sys.told.map(({ type }) => type);

/** [map, key, value, comment] of each element that was told. */
function elements(sys: NetlinkKernel): readonly (readonly string[])[] {
  return sys.told
    .filter(({ type }) => type === NEW_ELEMENT || type === DELETE_ELEMENT)
    .flatMap(({ body }) => {
      const message = new Attributes(body.slice(GENERIC_HEADER), "network");
      return message.list(3).map((element) => {
        const comment = new TextDecoder().decode(element.bytes(6).slice(2, -1));
        return [message.text(2), hex(element.nested(1).bytes(1)), hex(element.nested(2).bytes(1)), comment];
      });
    });
}

describe("published ports", () => {
  test("are elements of two maps: protocol and port in the network's order, each in a register", () => {
    const sys = new NetlinkKernel();
    publishPorts(sys, [web, dns]);
    expect(types(sys)).toEqual([BEGIN, NEW_ELEMENT, NEW_ELEMENT, END]);
    expect(elements(sys)).toEqual([
      ["published", "060000001f900000", "ac11000200500000", "web"],
      ["published-on-address", "7f0000011100000000350000", "ac11000214e90000", "dns"],
    ]);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("go by their keys", () => {
    const sys = new NetlinkKernel();
    unpublishPorts(sys, [web]);
    expect(elements(sys)).toEqual([["published", "060000001f900000", "", ""]]);
  });

  test("none is no message", () => {
    const sys = new NetlinkKernel();
    publishPorts(sys, []);
    unpublishPorts(sys, []);
    expect(sys.told).toEqual([]);
  });

  test("a refusal is thrown and leaves no socket", () => {
    const sys = new NetlinkKernel();
    sys.refuses = { type: NEW_ELEMENT, code: "EEXIST" };
    expect(() => publishPorts(sys, [web])).toThrow("EEXIST");
    expect(sys.openDescriptors()).toEqual([]);
  });
});

describe("the rules", () => {
  test("take the place of the old ones in one batch, with what is published", () => {
    const sys = new NetlinkKernel();
    replaceNat(sys, BRIDGE, [web]);
    const told = types(sys);
    expect(told.slice(0, 4)).toEqual([BEGIN, NEW_TABLE, DELETE_TABLE, NEW_TABLE]);
    expect(told.slice(-2)).toEqual([NEW_ELEMENT, END]);
    expect(told.filter((type) => type === BEGIN || type === END)).toHaveLength(2);
  });
});
