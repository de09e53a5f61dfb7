/** What rtnetlink(7) tells of the network namespace of the caller: `ip -d link`, `ip addr` and `ip route` ask for the same. */
import { AF_INET, NETLINK_ROUTE } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import { formatAddress } from "./address.ts";
import { Attributes } from "./attributes.ts";
import { dumpNetlink } from "./dump.ts";
import { formatMac } from "./link.ts";

/** linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h */
const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTM_GETROUTE = 26;
const IFINFO = 16;
const IFADDR = 8;
const RTMSG = 12;
const IFLA = { address: 1, name: 3, mtu: 4, link: 5, master: 10, info: 18 } as const;
const IFLA_INFO_KIND = 1;
const IFA = { address: 1, local: 2 } as const;
const RTA = { to: 1, device: 4, via: 5, source: 7 } as const;
const IFF_UP = 1;
const RT_TABLE_MAIN = 254;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** "veth", "bridge" …; null: the kernel names none. */
  readonly kind: string | null;
  /** With colons; "" without. */
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** Number of the bridge that it is a port of. */
  readonly master: number | null;
  /** Number of the other end, perhaps in another namespace. */
  readonly peer: number | null;
  /** "172.17.0.2/16" */
  readonly addresses: readonly string[];
}

export interface Route {
  /** "default", "172.17.0.0/16" */
  readonly to: string;
  readonly via: string | null;
  readonly device: string | null;
  readonly source: string | null;
}

export function readLinks(sys: Sys): readonly Link[] {
  const addresses = readAddresses(sys);
  return dumpNetlink(sys, NETLINK_ROUTE, { type: RTM_GETLINK, body: new Uint8Array(IFINFO) }).map(({ body }) => {
    const view = new DataView(body.buffer, body.byteOffset);
    const index = view.getInt32(4, true);
    const attributes = new Attributes(body.subarray(IFINFO), "cpu");
    const optional = (type: number): number | null => (attributes.has(type) ? attributes.number(type) : null);
    return {
      index,
      name: attributes.text(IFLA.name),
      kind: attributes.nested(IFLA.info).text(IFLA_INFO_KIND) || null,
      mac: formatMac(attributes.bytes(IFLA.address)),
      mtu: attributes.number(IFLA.mtu),
      up: (view.getUint32(8, true) & IFF_UP) !== 0,
      master: optional(IFLA.master),
      peer: optional(IFLA.link),
      addresses: addresses.get(index) ?? [],
    };
  });
}

/** By the number of the interface. */
function readAddresses(sys: Sys): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  for (const { body } of dumpNetlink(sys, NETLINK_ROUTE, { type: RTM_GETADDR, body: new Uint8Array(IFADDR) })) {
    if (body[0] !== AF_INET) continue;
    const index = new DataView(body.buffer, body.byteOffset).getUint32(4, true);
    const attributes = new Attributes(body.subarray(IFADDR), "cpu");
    const address = attributes.bytes(attributes.has(IFA.local) ? IFA.local : IFA.address);
    found.set(index, [...(found.get(index) ?? []), `${formatAddress(address)}/${body[1]}`]);
  }
  return found;
}

/** Of the main table; the local one repeats the addresses. */
export function readRoutes(sys: Sys, links: readonly Pick<Link, "index" | "name">[]): readonly Route[] {
  const request = { type: RTM_GETROUTE, body: new Uint8Array(RTMSG) };
  return dumpNetlink(sys, NETLINK_ROUTE, request).flatMap(({ body }): readonly Route[] => {
    if (body[0] !== AF_INET || body[4] !== RT_TABLE_MAIN) return [];
    const attributes = new Attributes(body.subarray(RTMSG), "cpu");
    const address = (type: number): string | null =>
      attributes.has(type) ? formatAddress(attributes.bytes(type)) : null;
    const to = address(RTA.to);
    return [
      {
        to: to === null ? "default" : `${to}/${body[1]}`,
        via: address(RTA.via),
        device: links.find(({ index }) => index === attributes.number(RTA.device))?.name ?? null,
        source: address(RTA.source),
      },
    ];
  });
}
