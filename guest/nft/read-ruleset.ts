/** Reads from the kernel what nf_tables holds in this network namespace: five dumps, put together by their names. */

import { Attributes } from "../runtime/net/attributes.ts";
import { dumpNetlink } from "../runtime/net/dump.ts";
import type { NetlinkAttribute } from "../runtime/net/encode.ts";
import { NETLINK_NETFILTER, NETLINK_ROUTE } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { type Chain, type Hook, type NftSet, type Rule, readDatum, type SetElement, type Table } from "./ruleset.ts";

/** linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h: the subsystem, and what it can be asked for. */
const NFNL_SUBSYS_NFTABLES = 10;
const GET = { table: 1, chain: 4, rule: 7, set: 10, element: 13 } as const;

const TABLE = { name: 1, flags: 2, handle: 4, userData: 6 } as const;
const CHAIN = { table: 1, handle: 2, name: 3, hook: 4, policy: 5, type: 7, userData: 12 } as const;
const HOOK = { number: 1, priority: 2 } as const;
const RULE = { table: 1, chain: 2, handle: 3, expressions: 4, userData: 7 } as const;
const EXPRESSION = { name: 1, data: 2 } as const;
const SET = {
  table: 1,
  name: 2,
  flags: 3,
  keyType: 4,
  dataType: 6,
  desc: 9,
  timeout: 11,
  userData: 13,
  handle: 16,
} as const;
const SET_DESC_SIZE = 1;
const ELEMENTS = { table: 1, set: 2, elements: 3 } as const;
const ELEMENT = { key: 1, data: 2, flags: 3, userData: 6, keyEnd: 10 } as const;

/** Where a comment stands in the user data, which is nft's own and not the kernel's: {type, length, text}. */
const COMMENT = 0;
const SET_COMMENT = 7;

/** struct nfgenmsg: family, version, resource. */
const FAMILY_HEADER = 4;

interface Found {
  readonly family: number;
  readonly attributes: Attributes;
}

/** Everything of a family; 0 is all of them. */
export function readTables(sys: Sys, family = 0): readonly Table[] {
  const reader = new RulesetReader(sys);
  const chains = reader.dump(GET.chain, family);
  const rules = reader.dump(GET.rule, family);
  const sets = reader.dump(GET.set, family);
  return reader.dump(GET.table, family).map((table): Table => {
    const name = table.attributes.text(TABLE.name);
    const mine = (found: readonly Found[], attribute: number): readonly Attributes[] =>
      found
        .filter((each) => each.family === table.family && each.attributes.text(attribute) === name)
        .map(({ attributes }) => attributes);
    return {
      family: table.family,
      name,
      handle: table.attributes.number(TABLE.handle),
      flags: table.attributes.number(TABLE.flags),
      comment: reader.comment(table.attributes.bytes(TABLE.userData), COMMENT),
      sets: mine(sets, SET.table).map((set) => reader.set(table.family, name, set)),
      chains: mine(chains, CHAIN.table).map((chain) => reader.chain(chain, mine(rules, RULE.table))),
    };
  });
}

class RulesetReader {
  readonly #sys: Sys;

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  dump(what: number, family: number, attributes: readonly NetlinkAttribute[] = []): readonly Found[] {
    const body = Uint8Array.of(family, 0, 0, 0);
    const request = { type: (NFNL_SUBSYS_NFTABLES << 8) | what, body, attributes };
    return dumpNetlink(this.#sys, NETLINK_NETFILTER, request).map((message) => ({
      family: message.body[0] ?? 0,
      attributes: new Attributes(message.body.subarray(FAMILY_HEADER), "network"),
    }));
  }

  chain(chain: Attributes, rulesOfTable: readonly Attributes[]): Chain {
    const name = chain.text(CHAIN.name);
    const rules = rulesOfTable.filter((rule) => rule.text(RULE.chain) === name);
    return {
      name,
      handle: chain.number(CHAIN.handle),
      hook: chain.has(CHAIN.hook) ? readHook(chain) : null,
      comment: this.comment(chain.bytes(CHAIN.userData), COMMENT),
      rules: rules.map((rule) => this.#rule(rule)),
    };
  }

  set(family: number, table: string, set: Attributes): NftSet {
    const name = set.text(SET.name);
    const which = [
      { type: ELEMENTS.table, value: terminated(table) },
      { type: ELEMENTS.set, value: terminated(name) },
    ];
    const parts = this.dump(GET.element, family, which);
    return {
      name,
      handle: set.number(SET.handle),
      flags: set.number(SET.flags),
      keyType: set.number(SET.keyType),
      dataType: set.number(SET.dataType),
      size: set.nested(SET.desc).number(SET_DESC_SIZE),
      timeout: set.number(SET.timeout),
      comment: this.comment(set.bytes(SET.userData), SET_COMMENT),
      elements: parts.flatMap(({ attributes }) =>
        attributes.list(ELEMENTS.elements).map((each) => this.#element(each)),
      ),
    };
  }

  #rule(rule: Attributes): Rule {
    const expressions = rule.list(RULE.expressions);
    return {
      handle: rule.number(RULE.handle),
      expressions: expressions.map((each) => ({
        name: each.text(EXPRESSION.name),
        attributes: each.nested(EXPRESSION.data),
      })),
      comment: this.comment(rule.bytes(RULE.userData), COMMENT),
    };
  }

  #element(element: Attributes): SetElement {
    const value = (attribute: number): Uint8Array => {
      const datum = readDatum(element.nested(attribute));
      return datum.kind === "value" ? datum.bytes : new Uint8Array(0);
    };
    return {
      key: value(ELEMENT.key),
      keyEnd: element.has(ELEMENT.keyEnd) ? value(ELEMENT.keyEnd) : null,
      data: element.has(ELEMENT.data) ? readDatum(element.nested(ELEMENT.data)) : null,
      flags: element.number(ELEMENT.flags),
      comment: this.comment(element.bytes(ELEMENT.userData), COMMENT),
    };
  }

  comment(userData: Uint8Array, wanted: number): string | null {
    let at = 0;
    while (at + 2 <= userData.length) {
      const length = userData[at + 1] ?? 0;
      // The text ends with a NUL.
      if (userData[at] === wanted) return this.#sys.utf8Decode(userData, at + 2, at + 1 + length);
      at += 2 + length;
    }
    return null;
  }
}

function readHook(chain: Attributes): Hook {
  const hook = chain.nested(CHAIN.hook);
  return {
    type: chain.text(CHAIN.type),
    number: hook.number(HOOK.number),
    priority: hook.signed(HOOK.priority),
    policy: chain.number(CHAIN.policy),
  };
}

function terminated(name: string): Uint8Array {
  return Uint8Array.from([...name].map((character) => character.charCodeAt(0)).concat(0));
}

/** linux/rtnetlink.h */
const RTM_GETLINK = 18;
const IFINFO_HEADER = 16;
const IFLA_IFNAME = 3;

/** Names by number: rules about "iif" hold the number. */
export function readInterfaceNames(sys: Sys): ReadonlyMap<number, string> {
  const links = dumpNetlink(sys, NETLINK_ROUTE, { type: RTM_GETLINK, body: new Uint8Array(IFINFO_HEADER) });
  return new Map(
    links.map(({ body }) => {
      const index = new DataView(body.buffer, body.byteOffset).getInt32(4, true);
      return [index, new Attributes(body.subarray(IFINFO_HEADER), "cpu").text(IFLA_IFNAME)];
    }),
  );
}
