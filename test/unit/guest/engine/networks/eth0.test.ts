import { expect, test } from "vitest";
import { Eth0Settings } from "../../../../../guest/engine/networks/eth0.ts";
import { addAddressRequest, addDefaultRouteRequest, parseAddress } from "../../../../../guest/runtime/net/address.ts";
import { parseMac, setHardwareAddressRequest } from "../../../../../guest/runtime/net/link.ts";
import { NetlinkBatch } from "../../../../../guest/runtime/net/netlink.ts";

test("each container's eth0 is told its own addresses and the network's", () => {
  const gateway = parseAddress("172.17.0.1");
  const settings = new Eth0Settings(gateway, 16);
  settings.with(parseAddress("172.17.255.254"), parseMac("02:42:ac:11:ff:fe"));
  const [address, mac] = [parseAddress("172.17.0.2"), parseMac("02:42:ac:11:00:02")];
  const separately = new NetlinkBatch([
    setHardwareAddressRequest(2, mac),
    addAddressRequest(2, address, 16),
    addDefaultRouteRequest(2, gateway),
  ]);
  expect(settings.with(address, mac).numbered(1)).toEqual(separately.numbered(1));
});
