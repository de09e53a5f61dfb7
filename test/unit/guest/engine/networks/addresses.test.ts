import { describe, expect, test } from "vitest";
import { AddressPool, macOf } from "../../../../../guest/engine/networks/addresses.ts";
import { formatMac, parseMac } from "../../../../../guest/runtime/net/link.ts";

const SMALL = { network: "10.0.0.0", prefix: 29, gateway: "10.0.0.1" };

describe("a network's addresses", () => {
  test("are given from the lowest up, without network, gateway and broadcast", () => {
    const pool = new AddressPool(SMALL);
    const taken = Array.from({ length: 6 }, () => pool.take());
    expect(taken).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", null]);
  });

  test("one that is given back is the next", () => {
    const pool = new AddressPool(SMALL);
    for (let i = 0; i < 3; i++) pool.take();
    pool.release("10.0.0.3");
    expect([pool.take(), pool.take()]).toEqual(["10.0.0.3", "10.0.0.5"]);
  });

  test("one that somebody has is not given", () => {
    const pool = new AddressPool(SMALL);
    pool.reserve("10.0.0.2");
    expect(pool.take()).toBe("10.0.0.3");
  });

  test("cross the boundaries of bytes", () => {
    const pool = new AddressPool({ network: "172.17.0.0", prefix: 16, gateway: "172.17.0.1" });
    for (let i = 2; i < 256; i++) pool.take();
    expect(pool.take()).toBe("172.17.1.0");
  });
});

test("a hardware address is made of the address", () => {
  expect(formatMac(macOf("172.17.0.2"))).toBe("02:42:ac:11:00:02");
  expect(formatMac(parseMac("02-42-AC-11-00-0a"))).toBe("02:42:ac:11:00:0a");
});
