import { describe, expect, test } from "vitest";
import { addAddressRequest, addDefaultRouteRequest, parseAddress } from "../../../../../guest/runtime/net/address.ts";
import { addBridgeRequest, hairpinRequest } from "../../../../../guest/runtime/net/bridge.ts";
import { text } from "../../../../../guest/runtime/net/encode.ts";
import { linkUpRequest } from "../../../../../guest/runtime/net/link.ts";
import { decodeAnswer, encodeRequest, Netlink, NetlinkBatch } from "../../../../../guest/runtime/net/netlink.ts";
import { addVethRequest, VethPairs } from "../../../../../guest/runtime/net/veth.ts";
import { NetlinkKernel } from "../fake-netlink.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const words = (...parts: readonly string[]): string => parts.join("").replaceAll(" ", "");

describe("rtnetlink", () => {
  test("`ip link set lo up` is these thirty-two bytes", () => {
    expect(hex(encodeRequest(linkUpRequest(1), 7))).toBe(
      words("20000000 1000 0100 07000000 00000000", "00 00 0000 01000000 01000000 01000000"),
    );
  });

  test("`ip link set veth1 type bridge_slave hairpin on`: the bridge's data of its port", () => {
    expect(hex(encodeRequest(hairpinRequest("veth1"), 1)).slice(64)).toBe(
      words("0a00 0300 7665746831 00 0000", "1000 1200", "0c00 0500", "0500 0400 01 000000"),
    );
  });

  test("attributes are padded to four bytes and may hold attributes", () => {
    const attributes = [text(3, "lo"), { type: 18, value: [text(1, "veth")] }];
    const message = encodeRequest({ type: 16, body: new Uint8Array(16), attributes }, 1);
    expect(hex(message.slice(32))).toBe(words("0700 0300 6c6f0000", "1000 1200 0900 0100 7665746800000000"));
    expect(new DataView(message.buffer).getUint32(0, true)).toBe(message.length);
  });

  test("`ip addr add 172.17.0.2/16 brd + dev` number 2", () => {
    const message = encodeRequest(addAddressRequest(2, parseAddress("172.17.0.2"), 16), 1);
    expect(hex(message.slice(16))).toBe(
      words("02 10 00 00 02000000", "0800 0200 ac110002", "0800 0100 ac110002", "0800 0400 ac11ffff"),
    );
  });

  test("`ip route add default via 172.17.0.1 dev` number 2", () => {
    const message = encodeRequest(addDefaultRouteRequest(2, parseAddress("172.17.0.1")), 1);
    expect(hex(message.slice(16))).toBe(
      words("02 00 00 00 fe 03 00 01 00000000", "0800 0500 ac110001", "0800 0400 02000000"),
    );
  });

  test("a bridge is made up, with the address that it keeps", () => {
    const message = encodeRequest(addBridgeRequest("docker0", bytes("0242ac110001")), 1);
    expect(hex(message.slice(16, 32))).toBe(words("00 00 0000 00000000 01000000 01000000"));
    expect(hex(message.slice(32))).toBe(
      words("0c00 0300 646f636b65723000", "0a00 0100 0242ac1100010000", "1000 1200 0b00 0100 6272696467650000"),
    );
  });

  test("a cable's far end is named and placed in the same message, and is down", () => {
    const pair = { name: "v1", bridge: 4, peer: { name: "eth0", process: 9 } };
    const message = hex(encodeRequest(addVethRequest(pair), 1));
    const peer = words("00".repeat(16), "0900 0300 6574683000000000", "0800 1300 09000000");
    expect(message).toContain(words("0800 0a00 04000000"));
    expect(message.endsWith(words("2800 0100", peer))).toBe(true);
  });

  test.each(["1.2.3", "1.2.3.256", "1.2.3.x", "01.2.3.4", ""])("%j is no address", (text) => {
    expect(() => parseAddress(text)).toThrow("is no IPv4 address");
  });
});

describe("a batch", () => {
  test("is what its messages are, one after the other, numbered anew each time", () => {
    const [up, hairpin] = [linkUpRequest(1), hairpinRequest("veth1")];
    const batch = new NetlinkBatch([up, hairpin]);
    batch.numbered(1);
    const acknowledged = encodeRequest({ ...hairpin, flags: 4 }, 8);
    expect(hex(batch.numbered(7))).toBe(hex(encodeRequest(up, 7)) + hex(acknowledged));
  });

  test("has values that others can be written over", () => {
    const batch = new NetlinkBatch([linkUpRequest(1), addAddressRequest(2, parseAddress("10.0.0.1"), 8)]);
    for (const type of [1, 2]) batch.value(1, type).set(parseAddress("10.0.0.9"));
    const other = new NetlinkBatch([linkUpRequest(1), addAddressRequest(2, parseAddress("10.0.0.9"), 8)]);
    expect(hex(batch.numbered(1))).toBe(hex(other.numbered(1)));
    expect(() => batch.value(1, 9)).toThrow("no attribute 9");
    expect(() => batch.value(0, 1)).toThrow("no attribute 1");
  });

  test("of a cable is named when it is needed", () => {
    const pair = { name: "veth00", bridge: 4, peer: { name: "eth0", process: 9 } };
    const pairs = new VethPairs(pair);
    pairs.named("veth11");
    const batch = new NetlinkBatch([addVethRequest({ ...pair, name: "vethab" })]);
    expect(hex(pairs.named("vethab").numbered(3))).toBe(hex(batch.numbered(3)));
  });
});

describe("an answer", () => {
  const answer = (error: string): Uint8Array =>
    bytes(`24000000 0200 0000 05000000 00000000 ${error} ${"00".repeat(16)}`);

  test("of zero is yes, a negative one is the errno", () => {
    expect(decodeAnswer(answer("00000000"))).toEqual({ sequence: 5, errno: 0 });
    expect(decodeAnswer(answer("edffffff"))).toEqual({ sequence: 5, errno: 19 });
  });

  test("that is none is refused", () => {
    expect(() => decodeAnswer(bytes(`24000000 0300 0000 05000000 00000000 ${"00".repeat(20)}`))).toThrow("EBADMSG");
    expect(() => decodeAnswer(bytes("2400"))).toThrow("EBADMSG");
  });
});

describe("a socket", () => {
  test("sends many in one message and asks for the answer to the last", () => {
    const sys = new NetlinkKernel();
    new Netlink(sys).requestAll([linkUpRequest(1), linkUpRequest(2), linkUpRequest(3)]);
    expect(sys.told.map(({ flags }) => flags)).toEqual([1, 1, 5]);
  });

  test("tells the first no, and is of use afterwards", () => {
    const sys = new NetlinkKernel();
    const netlink = new Netlink(sys);
    sys.refuses = { type: 20, code: "EEXIST" };
    const address = addAddressRequest(2, parseAddress("172.17.0.2"), 16);
    expect(() => netlink.requestAll([linkUpRequest(1), address, linkUpRequest(2)])).toThrow("EEXIST");
    netlink.request(linkUpRequest(3));
    expect(sys.told).toHaveLength(4);
  });

  test("does not wait for the end of a batch whose beginning was refused", () => {
    const sys = new NetlinkKernel();
    sys.refuses = { type: 16, code: "EPERM" };
    const address = addAddressRequest(2, parseAddress("172.17.0.2"), 16);
    expect(() => new Netlink(sys).requestAll([linkUpRequest(1), address])).toThrow("EPERM");
  });
});
