/** Addresses and routes of version 4: rtnetlink(7), RTM_NEWADDR and RTM_NEWROUTE. `ip addr`, `ip route` show them. */
import { AF_INET } from "../../sys/constants.ts";
import { u32 } from "./encode.ts";
import { type NetlinkRequest, NLM_F_CREATE, NLM_F_EXCL } from "./netlink.ts";

/** linux/rtnetlink.h, linux/if_addr.h */
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;

/** `ip addr add ADDRESS/PREFIX brd + dev …`: also the route to its own network. EEXIST when it is there. */
export function addAddressRequest(index: number, address: Uint8Array, prefix: number): NetlinkRequest {
  const body = new Uint8Array(8);
  body[0] = AF_INET;
  body[1] = prefix;
  new DataView(body.buffer).setUint32(4, index, true);
  return {
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body,
    attributes: [
      { type: IFA_LOCAL, value: address },
      { type: IFA_ADDRESS, value: address },
      { type: IFA_BROADCAST, value: broadcastOf(address, prefix) },
    ],
  };
}

/** `ip route add default via GATEWAY dev …` */
export function addDefaultRouteRequest(index: number, gateway: Uint8Array): NetlinkRequest {
  const body = new Uint8Array(12);
  body[0] = AF_INET;
  body[4] = RT_TABLE_MAIN;
  body[5] = RTPROT_BOOT;
  body[7] = RTN_UNICAST;
  return {
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body,
    attributes: [{ type: RTA_GATEWAY, value: gateway }, u32(RTA_OIF, index)],
  };
}

/** "172.17.0.2" → its four bytes, in the network's order. Throws RangeError. */
export function parseAddress(text: string): Uint8Array {
  const parts = text.split(".");
  const bytes = new Uint8Array(4);
  for (let n = 0; n < bytes.length; n++) bytes[n] = Number(parts[n]);
  if (formatAddress(bytes) !== text) throw new RangeError(`"${text}" is no IPv4 address`);
  return bytes;
}

export function formatAddress(bytes: Uint8Array): string {
  return bytes.join(".");
}

function broadcastOf(address: Uint8Array, prefix: number): Uint8Array {
  return address.map((byte, at) => byte | (0xff >> Math.min(8, Math.max(0, prefix - 8 * at))));
}
