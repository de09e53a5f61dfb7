/** A veth pair is a cable: what goes in at one end comes out at the other, which may be in another network namespace: veth(4). */
import { encodeAttributes, putText, u32 } from "./encode.ts";
import { addLinkRequest, IFLA_IFNAME, interfaceName, linkMessage } from "./link.ts";
import { NetlinkBatch, type NetlinkRequest } from "./netlink.ts";

/** linux/if_link.h, linux/veth.h */
const IFLA_MASTER = 10;
const IFLA_NET_NS_PID = 19;
const VETH_INFO_PEER = 1;

export interface VethPair {
  /** The end that stays here. */
  readonly name: string;
  /** Interface number of the bridge that it is plugged into. */
  readonly bridge: number;
  readonly peer: {
    readonly name: string;
    /** Number of a process: the peer's network namespace is the one that it is in when the kernel is told. */
    readonly process: number;
  };
}

/** The peer is born where it belongs, under the name that it has there. It is down: it may not be up before both ends are. */
export function addVethRequest({ name, bridge, peer }: VethPair): NetlinkRequest {
  const header = linkMessage(0, 0);
  const attributes = encodeAttributes([interfaceName(peer.name), u32(IFLA_NET_NS_PID, peer.process)]);
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

/** Cables that differ in nothing but the name of the end that stays here. */
export class VethPairs {
  readonly #batch: NetlinkBatch;
  readonly #name: Uint8Array;

  /** `name` is as long as all names will be. */
  constructor(pair: VethPair) {
    this.#batch = new NetlinkBatch([addVethRequest(pair)]);
    this.#name = this.#batch.value(0, IFLA_IFNAME);
  }

  /** The message that makes one. It is good until the next one is asked for. */
  named(name: string): NetlinkBatch {
    putText(this.#name, 0, name);
    return this.#batch;
  }
}
