/** A rule as nft writes it: each of its expressions has a line here. */
import type { Attributes } from "../runtime/net/attributes.ts";
import { ctField, type Field, fibField, metaField, payloadFields } from "./fields.ts";
import { applyBits, compare, compareRange, lookUp } from "./matches.ts";
import { type RuleState, registerIndex } from "./rule-state.ts";
import type { Rule, Table } from "./ruleset.ts";
import { count, limit, log, masquerade, redirect, reject, setImmediate, setMeta, translate } from "./statements.ts";
import type { Names } from "./values.ts";

/** NFTA_{PAYLOAD,META,CT,FIB}_DREG are all 1. */
const DESTINATION = 1;
const XT_NAME = 1;

type Printer = (state: RuleState, attributes: Attributes) => void;

const PRINTERS: Readonly<Record<string, Printer>> = {
  payload: (state, each) => load(state, each, payloadFields(each, state.protocol)),
  ct: (state, each) => load(state, each, [ctField(each)]),
  fib: (state, each) => load(state, each, [fibField(each)]),
  meta: (state, each) => (each.has(DESTINATION) ? load(state, each, [metaField(each)]) : setMeta(state, each)),
  bitwise: applyBits,
  // Between the CPU's order and the network's: the text stays the same.
  byteorder: () => {},
  cmp: compare,
  range: compareRange,
  lookup: lookUp,
  immediate: setImmediate,
  nat: translate,
  masq: masquerade,
  redir: redirect,
  reject,
  counter: count,
  limit,
  log,
  // What iptables-nft writes.
  match: (state, each) => state.words.push(`xt match "${each.text(XT_NAME)}"`),
  target: (state, each) => state.words.push(`xt target "${each.text(XT_NAME)}"`),
};

export function printRule(rule: Rule, table: Table, names: Names): string {
  const state: RuleState = { table, names, registers: new Map(), words: [], protocol: null, protocolAt: null };
  for (const { name, attributes } of rule.expressions) {
    const printer = PRINTERS[name];
    // Better a rule with a hole that can be seen than one that reads as if it were whole.
    if (printer === undefined) state.words.push(`[ ${name} ]`);
    else printer(state, attributes);
  }
  const comment = rule.comment === null ? [] : [`comment "${rule.comment}"`];
  return [...state.words.filter((word) => word !== ""), ...comment].join(" ");
}

function load(state: RuleState, attributes: Attributes, fields: readonly Field[]): void {
  const register = registerIndex(attributes.number(DESTINATION));
  state.registers.set(register, { kind: "load", fields, bits: null });
}
