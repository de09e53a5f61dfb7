/** A veth pair is a cable: what goes in at one end comes out at the other, which may be in another network namespace: veth(4). */
import { encodeAttributes, u32 } from "./encode.ts";
import { addLinkRequest, interfaceName, linkMessage } from "./link.ts";
import type { NetlinkRequest } from "./netlink.ts";

/** linux/if_link.h, linux/veth.h */
const IFLA_MASTER = 10;
const IFLA_NET_NS_FD = 28;
const VETH_INFO_PEER = 1;

export interface VethPair {
  /** The end that stays here. */
  readonly name: string;
  /** Interface number of the bridge that it is plugged into. */
  readonly bridge: number;
  readonly peer: { readonly name: string /** Descriptor of its network namespace. */; readonly namespace: number };
}

/** The peer is born where it belongs, under the name that it has there. It is down: it may not be up before both ends are. */
export function addVethRequest({ name, bridge, peer }: VethPair): NetlinkRequest {
  const header = linkMessage(0, 0);
  const attributes = encodeAttributes([interfaceName(peer.name), u32(IFLA_NET_NS_FD, peer.namespace)]);
  const value = new Uint8Array(header.length + attributes.length);
  value.set(header);
  value.set(attributes, header.length);
  return addLinkRequest({
    name,
    kind: "veth",
    data: [{ type: VETH_INFO_PEER, value }],
    more: [u32(IFLA_MASTER, bridge)],
  });
}
