/**
 * What the machine does with packets of a bridge's containers: they go out with the machine's address, published ports lead
 * in, nothing else does. `nft list table ip docker` shows it; without nft, the comments here say the same.
 */
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import { parseAddress } from "./address.ts";
import type { NetlinkRequest } from "./netlink.ts";
import {
  accept,
  answering,
  drop,
  from,
  fromNetwork,
  jump,
  leavingBy,
  masquerade,
  notLeavingBy,
  redirectBy,
  redirected,
  toThisMachine,
} from "./nft-expressions.ts";
import {
  addChain,
  addElements,
  addMap,
  addRule,
  addTable,
  commit,
  deleteElements,
  deleteTable,
  type MapElement,
  type NftMap,
} from "./nftables.ts";

const TABLE = "docker";
/** Each with the other's default place: NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC, NF_IP_PRI_FILTER. */
const DSTNAT = -100;
const SRCNAT = 100;
const FILTER = 0;

const PUBLISHED = "published-ports";
/** Not "masquerade": nft(8) would not read that name again. */
const LEAVING = "masquerade-leaving";
const ON_ANY: NftMap = {
  table: TABLE,
  name: "published",
  key: ["inet_proto", "inet_service"],
  value: ["ipv4_addr", "inet_service"],
};
const ON_ONE: NftMap = {
  table: TABLE,
  name: "published-on-address",
  key: ["ipv4_addr", "inet_proto", "inet_service"],
  value: ["ipv4_addr", "inet_service"],
};

export type Protocol = "tcp" | "udp" | "sctp";

export const PROTOCOL_NUMBERS: Readonly<Record<Protocol, number>> = {
  tcp: IPPROTO_TCP,
  udp: IPPROTO_UDP,
  sctp: IPPROTO_SCTP,
};

/** A port of the machine that leads to one of a container. */
export interface PublishedPort {
  readonly protocol: Protocol;
  /** "0.0.0.0" is every address of the machine. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly address: string;
  readonly port: number;
  /** For who lists the rules. */
  readonly comment: string;
}

export interface BridgeNat {
  /** Interface name of the bridge. */
  readonly bridge: string;
  /** "172.17.0.0" and 16; the prefix is one of whole bytes. */
  readonly network: string;
  readonly prefix: number;
}

/** All rules anew, with the ports that are published, in one step: no packet meets half of them. Throws SysError. */
export function replaceNat(sys: Sys, nat: BridgeNat, published: readonly PublishedPort[]): void {
  commit(sys, [addTable(TABLE), deleteTable(TABLE), addTable(TABLE), ...ruleset(nat), ...publishing(published)]);
}

/** Throws SysError, and then none of them is published. */
export function publishPorts(sys: Sys, ports: readonly PublishedPort[]): void {
  if (ports.length > 0) commit(sys, publishing(ports));
}

/** Throws SysError ENOENT when one of them is not published, and then all are as they were. */
export function unpublishPorts(sys: Sys, ports: readonly PublishedPort[]): void {
  if (ports.length === 0) return;
  const requests = byMap(ports).map(([map, some]) => deleteElements(map, some.map(keyOf)));
  commit(sys, requests);
}

function ruleset({ bridge, network, prefix }: BridgeNat): readonly NetlinkRequest[] {
  const containers = parseAddress(network).slice(0, prefix / 8);
  return [
    addMap(ON_ANY),
    addMap(ON_ONE),
    addChain(TABLE, PUBLISHED, null),
    addRule(TABLE, PUBLISHED, redirectBy(ON_ONE.name, { withAddress: true }), "docker run -p ADDRESS:PORT:..."),
    addRule(TABLE, PUBLISHED, redirectBy(ON_ANY.name, { withAddress: false }), "docker run -p PORT:..."),
    addChain(TABLE, "publish-to-outside", { type: "nat", hook: "prerouting", priority: DSTNAT }),
    addRule(TABLE, "publish-to-outside", [...toThisMachine(), ...jump(PUBLISHED)], "calls that reach this machine"),
    addChain(TABLE, "publish-to-machine", { type: "nat", hook: "output", priority: DSTNAT }),
    addRule(TABLE, "publish-to-machine", [...toThisMachine(), ...jump(PUBLISHED)], "calls of this machine to itself"),
    addChain(TABLE, LEAVING, { type: "nat", hook: "postrouting", priority: SRCNAT }),
    addRule(
      TABLE,
      LEAVING,
      [...fromNetwork(containers), ...notLeavingBy(bridge), ...masquerade()],
      "containers go out with the machine's address",
    ),
    addRule(
      TABLE,
      LEAVING,
      [...fromNetwork(containers), ...leavingBy(bridge), ...redirected(), ...masquerade()],
      "hairpin: a container calls a published port of the machine",
    ),
    addRule(
      TABLE,
      LEAVING,
      [...fromNetwork(new Uint8Array([127])), ...leavingBy(bridge), ...masquerade()],
      "the machine calls localhost:PORT",
    ),
    addChain(TABLE, "forward", { type: "filter", hook: "forward", priority: FILTER }),
    addRule(TABLE, "forward", [...leavingBy(bridge), ...answering(), ...accept()], "answers to containers"),
    addRule(TABLE, "forward", [...from(bridge), ...leavingBy(bridge), ...accept()], "containers reach each other"),
    addRule(TABLE, "forward", [...leavingBy(bridge), ...redirected(), ...accept()], "published ports"),
    addRule(TABLE, "forward", [...leavingBy(bridge), ...drop()], "nothing else reaches a container from outside"),
  ];
}

function publishing(ports: readonly PublishedPort[]): readonly NetlinkRequest[] {
  return byMap(ports).map(([map, some]) => addElements(map, some.map(elementOf)));
}

function byMap(ports: readonly PublishedPort[]): readonly (readonly [NftMap, readonly PublishedPort[]])[] {
  const any = ports.filter(({ hostAddress }) => hostAddress === "0.0.0.0");
  const one = ports.filter(({ hostAddress }) => hostAddress !== "0.0.0.0");
  const maps: (readonly [NftMap, readonly PublishedPort[]])[] = [];
  if (any.length > 0) maps.push([ON_ANY, any]);
  if (one.length > 0) maps.push([ON_ONE, one]);
  return maps;
}

function elementOf(published: PublishedPort): MapElement {
  const value = new Uint8Array([...parseAddress(published.address), ...portBytes(published.port)]);
  return { key: keyOf(published), value, comment: published.comment };
}

function keyOf({ protocol, hostAddress, hostPort }: PublishedPort): Uint8Array {
  const address = hostAddress === "0.0.0.0" ? [] : parseAddress(hostAddress);
  return new Uint8Array([...address, PROTOCOL_NUMBERS[protocol], 0, 0, 0, ...portBytes(hostPort)]);
}

/** In the network's order, at the beginning of a register. */
function portBytes(port: number): readonly number[] {
  return [port >> 8, port & 0xff, 0, 0];
}
