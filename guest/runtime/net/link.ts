/**
 * Interfaces: rtnetlink(7), RTM_NEWLINK with struct ifinfomsg {family, type, index, flags, change}. A new network
 * namespace has one, "lo", number 1, and it is down: until it is up not even 127.0.0.1 answers.
 */
import type { Netlink, NetlinkRequest } from "./netlink.ts";

/** linux/rtnetlink.h, linux/if.h */
const RTM_NEWLINK = 16;
const IFF_UP = 1;

/** The kernel gives it to the first interface of every network namespace. */
export const LOOPBACK_INDEX = 1;

/** `ip link set dev … up` */
export function linkUp(netlink: Netlink, index: number): void {
  netlink.request(linkUpRequest(index));
}

export function linkUpRequest(index: number): NetlinkRequest {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setInt32(4, index, true);
  view.setUint32(8, IFF_UP, true);
  view.setUint32(12, IFF_UP, true);
  return { type: RTM_NEWLINK, body };
}
