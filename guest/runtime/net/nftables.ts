/**
 * nftables: tables hold chains, chains hold rules, rules are expressions that work on registers; a map gives a value for a
 * key. Messages of the subsystem NFNL_SUBSYS_NFTABLES stand in a batch that the kernel takes whole or not at all:
 * linux/netfilter/nf_tables.h. `nft list ruleset` shows what they made; the names here are nft(8)'s.
 */
import { NETLINK_NETFILTER } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import { be32, cString, type NetlinkAttribute, text } from "./encode.ts";
import { Netlink, type NetlinkRequest, NLM_F_APPEND, NLM_F_CREATE } from "./netlink.ts";
import type { Expression } from "./nft-expressions.ts";

const NFPROTO_IPV4 = 2;
const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;

const NFT_MSG = { newTable: 0, deleteTable: 2, newChain: 3, newRule: 6, newSet: 9, newElement: 12, deleteElement: 14 };

/** Numbers of attributes, by the message that they stand in: NFTA_TABLE_*, NFTA_CHAIN_* … */
const TABLE = { name: 1 };
const CHAIN = { table: 1, name: 3, hook: 4, type: 7 };
const HOOK = { number: 1, priority: 2 };
const RULE = { table: 1, chain: 2, expressions: 4, userData: 7 };
const EXPRESSION = { name: 1, data: 2 };
const SET = { table: 1, name: 2, flags: 3, keyType: 4, keyLength: 5, dataType: 6, dataLength: 7, id: 10 };
const ELEMENTS = { table: 1, set: 2, list: 3 };
const ELEMENT = { key: 1, data: 2, userData: 6 };
const NFTA_LIST_ELEM = 1;
const NFTA_DATA_VALUE = 1;
const NFT_SET_MAP = 0x8;

/** Where in a packet's way a chain stands, and in which order among others: the lower one first. */
export interface Hook {
  readonly type: "filter" | "nat";
  readonly hook: "prerouting" | "forward" | "output" | "postrouting";
  readonly priority: number;
}

const HOOK_NUMBERS = { prerouting: 0, forward: 2, output: 3, postrouting: 4 };

/** The types that nft(8) prints keys and values with, by the numbers that it keeps in the kernel. */
const TYPE_NUMBERS = { ipv4_addr: 7, inet_proto: 12, inet_service: 13 };
/** How many bits of a concatenation's type each of its parts takes. */
const TYPE_BITS = 6;
/** Each part of a concatenation stands in a register of its own. */
const REGISTER_SIZE = 4;

export type DataType = keyof typeof TYPE_NUMBERS;

export interface NftMap {
  readonly table: string;
  readonly name: string;
  readonly key: readonly DataType[];
  readonly value: readonly DataType[];
}

export interface MapElement {
  /** Four bytes for each part of the key. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly comment: string;
}

/** Does all of it or, when the kernel refuses one, nothing. Throws SysError. */
export function commit(sys: Sys, requests: readonly NetlinkRequest[]): void {
  const netlink = new Netlink(sys, NETLINK_NETFILTER);
  try {
    netlink.requestAll([
      { type: NFNL_MSG_BATCH_BEGIN, body: genericMessage(0, NFNL_SUBSYS_NFTABLES) },
      ...requests,
      { type: NFNL_MSG_BATCH_END, body: genericMessage(0, NFNL_SUBSYS_NFTABLES) },
    ]);
  } finally {
    netlink.close();
  }
}

/** `add table ip NAME`: one that is there already stays as it is. */
export function addTable(name: string): NetlinkRequest {
  return request(NFT_MSG.newTable, [text(TABLE.name, name)], NLM_F_CREATE);
}

/** `delete table ip NAME`, with everything in it. */
export function deleteTable(name: string): NetlinkRequest {
  return request(NFT_MSG.deleteTable, [text(TABLE.name, name)]);
}

/** `add chain ip TABLE NAME { type … hook … priority …; }`; without a hook it is one to jump to. */
export function addChain(table: string, name: string, hook: Hook | null): NetlinkRequest {
  const attributes = [text(CHAIN.table, table), text(CHAIN.name, name)];
  if (hook !== null) {
    const place = [be32(HOOK.number, HOOK_NUMBERS[hook.hook]), be32(HOOK.priority, hook.priority)];
    attributes.push({ type: CHAIN.hook, value: place }, text(CHAIN.type, hook.type));
  }
  return request(NFT_MSG.newChain, attributes, NLM_F_CREATE);
}

/** `add rule ip TABLE CHAIN … comment "…"`, at the end of the chain. */
export function addRule(
  table: string,
  chain: string,
  expressions: readonly Expression[],
  comment: string,
): NetlinkRequest {
  const attributes: NetlinkAttribute[] = [
    text(RULE.table, table),
    text(RULE.chain, chain),
    { type: RULE.expressions, value: expressions.map(encodeExpression) },
    { type: RULE.userData, value: commentData(comment) },
  ];
  return request(NFT_MSG.newRule, attributes, NLM_F_CREATE | NLM_F_APPEND);
}

/** `add map ip TABLE NAME { type KEY : VALUE; }` */
export function addMap({ table, name, key, value }: NftMap): NetlinkRequest {
  const attributes = [
    text(SET.table, table),
    text(SET.name, name),
    be32(SET.flags, NFT_SET_MAP),
    be32(SET.keyType, typeNumber(key)),
    be32(SET.keyLength, key.length * REGISTER_SIZE),
    be32(SET.dataType, typeNumber(value)),
    be32(SET.dataLength, value.length * REGISTER_SIZE),
    // A number by which the batch may speak of it. Ours goes by its name, but the kernel insists.
    be32(SET.id, 1),
  ];
  return request(NFT_MSG.newSet, attributes, NLM_F_CREATE);
}

/** `add element ip TABLE MAP { KEY comment "…" : VALUE }` */
export function addElements({ table, name }: NftMap, elements: readonly MapElement[]): NetlinkRequest {
  return request(
    NFT_MSG.newElement,
    elementList(
      table,
      name,
      elements.map(({ key, value, comment }) => [
        { type: ELEMENT.key, value: dataValue(key) },
        { type: ELEMENT.data, value: dataValue(value) },
        { type: ELEMENT.userData, value: commentData(comment) },
      ]),
    ),
    NLM_F_CREATE,
  );
}

/** `delete element ip TABLE MAP { KEY }`: ENOENT when it is not there. */
export function deleteElements({ table, name }: NftMap, keys: readonly Uint8Array[]): NetlinkRequest {
  const elements = keys.map((key) => [{ type: ELEMENT.key, value: dataValue(key) }]);
  return request(NFT_MSG.deleteElement, elementList(table, name, elements));
}

function elementList(
  table: string,
  name: string,
  elements: readonly (readonly NetlinkAttribute[])[],
): NetlinkAttribute[] {
  const list = elements.map((value) => ({ type: NFTA_LIST_ELEM, value }));
  return [text(ELEMENTS.table, table), text(ELEMENTS.set, name), { type: ELEMENTS.list, value: list }];
}

function encodeExpression({ name, attributes }: Expression): NetlinkAttribute {
  return { type: NFTA_LIST_ELEM, value: [text(EXPRESSION.name, name), { type: EXPRESSION.data, value: attributes }] };
}

function dataValue(value: Uint8Array): readonly NetlinkAttribute[] {
  return [{ type: NFTA_DATA_VALUE, value }];
}

/** What nft(8) keeps for itself beside rules and elements, {type, length, value}: type 0 is the comment. */
function commentData(comment: string): Uint8Array {
  const words = cString(comment.slice(0, 127));
  const bytes = new Uint8Array(2 + words.length);
  bytes.set([0, words.length]);
  bytes.set(words, 2);
  return bytes;
}

function typeNumber(parts: readonly DataType[]): number {
  return parts.reduce((number, part) => (number << TYPE_BITS) | TYPE_NUMBERS[part], 0);
}

function request(type: number, attributes: readonly NetlinkAttribute[], flags = 0): NetlinkRequest {
  return { type: (NFNL_SUBSYS_NFTABLES << 8) | type, flags, body: genericMessage(NFPROTO_IPV4, 0), attributes };
}

/** struct nfgenmsg {family, version, resource} */
function genericMessage(family: number, resource: number): Uint8Array {
  return new Uint8Array([family, 0, resource >> 8, resource & 0xff]);
}
