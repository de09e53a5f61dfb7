/**
 * What the rules of nftables are made of: each expression loads something of the packet into a register, compares one, or
 * decides: linux/netfilter/nf_tables.h. The names are those that `nft --debug=netlink list ruleset` prints.
 */
import { be32, cString, type NetlinkAttribute, text } from "./encode.ts";

export interface Expression {
  readonly name: string;
  readonly attributes: readonly NetlinkAttribute[];
}

/** Numbers of attributes, by expression: NFTA_META_*, NFTA_PAYLOAD_* … "meta" and "ct" agree. */
const LOAD = { destination: 1, key: 2 };
const PAYLOAD = { destination: 1, base: 2, offset: 3, length: 4 };
const CMP = { source: 1, operation: 2, data: 3 };
const BITWISE = { source: 1, destination: 2, length: 3, mask: 4, xor: 5 };
const FIB = { destination: 1, result: 2, flags: 3 };
const LOOKUP = { set: 1, source: 2, destination: 3 };
const NAT = { type: 1, family: 2, address: 3, port: 5, flags: 7 };
const IMMEDIATE = { destination: 1, data: 2 };
const DATA = { value: 1, verdict: 2 };
const VERDICT = { code: 1, chain: 2 };

/** Sixteen bytes wide, and made of four narrow ones: a concatenation stands in as many of them as it has parts. */
const NFT_REG_VERDICT = 0;
const NFT_REG_1 = 1;
const NFT_REG32_00 = 8;

const NFT_META = { iifname: 6, oifname: 7, l4proto: 16 };
const NFT_CT = { state: 0, status: 2 };
const NFT_PAYLOAD_NETWORK_HEADER = 1;
const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
const NFT_CMP_EQ = 0;
const NFT_CMP_NEQ = 1;
const NFT_NAT_DNAT = 1;
const NF_NAT_RANGE_PROTO_SPECIFIED = 2;
const NFT_FIB_RESULT_ADDRTYPE = 3;
const NFTA_FIB_F_DADDR = 2;
const RTN_LOCAL = 2;
const NFPROTO_IPV4 = 2;
const IFNAMSIZ = 16;
const NF_DROP = 0;
const NF_ACCEPT = 1;
const NFT_JUMP = -3;

/** linux/netfilter/nf_conntrack_common.h: what nft(8) calls "established,related", and "dnat". */
const STATE_ESTABLISHED_RELATED = 2 | 4;
const STATUS_DNAT = 0x20;

/** The part of a concatenation: 0 is the first. */
function register(part: number): number {
  return NFT_REG32_00 + part;
}

function load(name: string, key: number, destination = NFT_REG_1): Expression {
  return { name, attributes: [be32(LOAD.destination, destination), be32(LOAD.key, key)] };
}

function compare(operation: number, value: Uint8Array): Expression {
  const attributes = [be32(CMP.source, NFT_REG_1), be32(CMP.operation, operation), data(CMP.data, value)];
  return { name: "cmp", attributes };
}

function data(type: number, value: Uint8Array): NetlinkAttribute {
  return { type, value: [{ type: DATA.value, value }] };
}

function payload(base: number, offset: number, length: number, destination = NFT_REG_1): Expression {
  const attributes = [
    be32(PAYLOAD.destination, destination),
    be32(PAYLOAD.base, base),
    be32(PAYLOAD.offset, offset),
    be32(PAYLOAD.length, length),
  ];
  return { name: "payload", attributes };
}

function own32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** `iifname "NAME"`: the interface that it came by. */
export function from(name: string): readonly Expression[] {
  return [load("meta", NFT_META.iifname), compare(NFT_CMP_EQ, cString(name, IFNAMSIZ))];
}

/** `oifname "NAME"`: the one that it leaves by. */
export function leavingBy(name: string): readonly Expression[] {
  return [load("meta", NFT_META.oifname), compare(NFT_CMP_EQ, cString(name, IFNAMSIZ))];
}

/** `oifname != "NAME"` */
export function notLeavingBy(name: string): readonly Expression[] {
  return [load("meta", NFT_META.oifname), compare(NFT_CMP_NEQ, cString(name, IFNAMSIZ))];
}

/** `ip saddr NETWORK/PREFIX`, for prefixes of whole bytes: `bytes` are those that count. */
export function fromNetwork(bytes: Uint8Array): readonly Expression[] {
  return [payload(NFT_PAYLOAD_NETWORK_HEADER, 12, bytes.length), compare(NFT_CMP_EQ, bytes)];
}

/** `fib daddr type local`: it is for an address of this machine. */
export function toThisMachine(): readonly Expression[] {
  const attributes = [
    be32(FIB.destination, NFT_REG_1),
    be32(FIB.result, NFT_FIB_RESULT_ADDRTYPE),
    be32(FIB.flags, NFTA_FIB_F_DADDR),
  ];
  return [{ name: "fib", attributes }, compare(NFT_CMP_EQ, own32(RTN_LOCAL))];
}

/** `ct state established,related`: an answer. */
export function answering(): readonly Expression[] {
  return [load("ct", NFT_CT.state), ...hasBit(STATE_ESTABLISHED_RELATED)];
}

/** `ct status dnat`: its destination was another one. */
export function redirected(): readonly Expression[] {
  return [load("ct", NFT_CT.status), ...hasBit(STATUS_DNAT)];
}

function hasBit(mask: number): readonly Expression[] {
  const attributes = [
    be32(BITWISE.source, NFT_REG_1),
    be32(BITWISE.destination, NFT_REG_1),
    be32(BITWISE.length, 4),
    data(BITWISE.mask, own32(mask)),
    data(BITWISE.xor, own32(0)),
  ];
  return [{ name: "bitwise", attributes }, compare(NFT_CMP_NEQ, own32(0))];
}

/** `dnat ip to [ip daddr .] meta l4proto . th dport map @NAME`: what the map does not know goes on unchanged. */
export function redirectBy(map: string, { withAddress }: { readonly withAddress: boolean }): readonly Expression[] {
  const key: Expression[] = withAddress ? [payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4, register(0))] : [];
  key.push(load("meta", NFT_META.l4proto, register(key.length)));
  key.push(payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, register(key.length)));
  return [
    ...key,
    {
      name: "lookup",
      attributes: [text(LOOKUP.set, map), be32(LOOKUP.source, NFT_REG_1), be32(LOOKUP.destination, NFT_REG_1)],
    },
    {
      name: "nat",
      attributes: [
        be32(NAT.type, NFT_NAT_DNAT),
        be32(NAT.family, NFPROTO_IPV4),
        be32(NAT.address, NFT_REG_1),
        be32(NAT.port, register(1)),
        be32(NAT.flags, NF_NAT_RANGE_PROTO_SPECIFIED),
      ],
    },
  ];
}

/** It leaves with the address of the interface that it leaves by. */
export function masquerade(): readonly Expression[] {
  return [{ name: "masq", attributes: [] }];
}

export function accept(): readonly Expression[] {
  return verdict([be32(VERDICT.code, NF_ACCEPT)]);
}

export function drop(): readonly Expression[] {
  return verdict([be32(VERDICT.code, NF_DROP)]);
}

export function jump(chain: string): readonly Expression[] {
  return verdict([be32(VERDICT.code, NFT_JUMP), text(VERDICT.chain, chain)]);
}

function verdict(value: readonly NetlinkAttribute[]): readonly Expression[] {
  const decision = { type: IMMEDIATE.data, value: [{ type: DATA.verdict, value }] };
  return [{ name: "immediate", attributes: [be32(IMMEDIATE.destination, NFT_REG_VERDICT), decision] }];
}
