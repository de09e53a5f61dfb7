import { describe, expect, test } from "vitest";
import { AddressPool, macOf } from "../../../../../guest/engine/networks/addresses.ts";
import { formatAddress, parseAddress } from "../../../../../guest/runtime/net/address.ts";
import { formatMac, parseMac } from "../../../../../guest/runtime/net/link.ts";

/** null: none was left. */
function take(pool: AddressPool): string | null {
  const address = pool.take();
  return address === null ? null : formatAddress(address);
}

const SMALL = { network: "10.0.0.0", prefix: 29, gateway: "10.0.0.1" };

describe("a network's addresses", () => {
  test("are given from the lowest up, without network, gateway and broadcast", () => {
    const pool = new AddressPool(SMALL);
    const taken = Array.from({ length: 6 }, () => take(pool));
    expect(taken).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", null]);
  });

  test("one that is given back is the next", () => {
    const pool = new AddressPool(SMALL);
    for (let i = 0; i < 3; i++) pool.take();
    pool.release("10.0.0.3");
    expect([take(pool), take(pool)]).toEqual(["10.0.0.3", "10.0.0.5"]);
  });

  test("one that somebody has is not given", () => {
    const pool = new AddressPool(SMALL);
    pool.reserve("10.0.0.2");
    expect(take(pool)).toBe("10.0.0.3");
  });

  test("cross the boundaries of bytes", () => {
    const pool = new AddressPool({ network: "172.17.0.0", prefix: 16, gateway: "172.17.0.1" });
    for (let i = 2; i < 256; i++) pool.take();
    expect(take(pool)).toBe("172.17.1.0");
  });
});

test("a hardware address is made of the address", () => {
  expect(formatMac(macOf(parseAddress("172.17.0.2")))).toBe("02:42:ac:11:00:02");
  expect(formatMac(parseMac("02-42-AC-11-00-0a"))).toBe("02:42:ac:11:00:0a");
});
