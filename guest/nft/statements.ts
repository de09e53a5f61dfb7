/** The expressions that do something with a packet: send it elsewhere, count it, refuse it. */
import type { Attributes } from "../runtime/net/attributes.ts";
import { metaField } from "./fields.ts";
import { formatBits } from "./matches.ts";
import { formatVerdict } from "./print-set.ts";
import {
  forgetProtocolWords,
  type Operand,
  operandAt,
  type RuleState,
  registerIndex,
  sayFields,
} from "./rule-state.ts";
import { readDatum } from "./ruleset.ts";
import { type DataType, TYPES } from "./values.ts";

const IMMEDIATE = { destination: 1, data: 2 } as const;

/** A verdict ends the rule; a value waits in a register for what follows. */
export function setImmediate(state: RuleState, immediate: Attributes): void {
  const datum = readDatum(immediate.nested(IMMEDIATE.data));
  if (datum.kind === "verdict") state.words.push(formatVerdict(datum));
  else state.registers.set(registerIndex(immediate.number(IMMEDIATE.destination)), datum);
}

const NAT = { type: 1, addressMin: 3, addressMax: 4, portMin: 5, portMax: 6, flags: 7 } as const;
const DNAT = 1;

export function translate(state: RuleState, nat: Attributes): void {
  const at = (type: number): Operand | undefined => operandAt(state, nat, type);
  const address = at(NAT.addressMin);
  const concatenated = address?.kind === "mapped" && address.parts > 1;
  const addresses = formatEnds(state, TYPES.ipv4_addr, address, at(NAT.addressMax));
  const ports = concatenated ? "" : formatPorts(state, at(NAT.portMin), at(NAT.portMax));
  const word = nat.number(NAT.type) === DNAT ? "dnat" : "snat";
  state.words.push(`${word}${concatenated ? " ip" : ""} to ${addresses}${ports}${natFlags(nat.number(NAT.flags))}`);
}

const MASQUERADE = { flags: 1, portMin: 2, portMax: 3 } as const;

export function masquerade(state: RuleState, masq: Attributes): void {
  const [min, max] = [MASQUERADE.portMin, MASQUERADE.portMax].map((type) => operandAt(state, masq, type));
  const ports = min === undefined ? "" : ` to ${formatPorts(state, min, max)}`;
  state.words.push(`masquerade${ports}${natFlags(masq.number(MASQUERADE.flags))}`);
}

const REDIRECT = { portMin: 1, portMax: 2, flags: 3 } as const;

export function redirect(state: RuleState, redir: Attributes): void {
  const [min, max] = [REDIRECT.portMin, REDIRECT.portMax].map((type) => operandAt(state, redir, type));
  const ports = min === undefined ? "" : ` to ${formatPorts(state, min, max)}`;
  state.words.push(`redirect${ports}${natFlags(redir.number(REDIRECT.flags))}`);
}

/** NF_NAT_RANGE_* */
const NAT_FLAGS: readonly (readonly [number, string])[] = [
  [0x4, "random"],
  [0x10, "fully-random"],
  [0x8, "persistent"],
];

function natFlags(flags: number): string {
  const words = NAT_FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word);
  return words.length === 0 ? "" : ` ${words.join(",")}`;
}

function formatPorts(state: RuleState, min: Operand | undefined, max: Operand | undefined): string {
  return min === undefined ? "" : `:${formatEnds(state, TYPES.inet_service, min, max)}`;
}

/** "10.0.0.1", "30-40": one end when both are the same. */
function formatEnds(state: RuleState, type: DataType, min: Operand | undefined, max: Operand | undefined): string {
  const [from, to] = [min, max].map((end) => (end === undefined ? "" : formatOperand(state, end, type)));
  return to === "" || from === to ? `${from}` : `${from}-${to}`;
}

function formatOperand(state: RuleState, operand: Operand, type: DataType): string {
  switch (operand.kind) {
    case "value":
      return type.format(operand.bytes, state.names);
    case "mapped":
      return operand.text;
    case "load": {
      sayFields(state, operand.fields);
      const text = operand.fields.map((field) => field.text).join(" . ");
      return operand.bits === null ? text : formatBits(text, operand.bits, type, state);
    }
  }
}

const META_SOURCE = 3;

export function setMeta(state: RuleState, meta: Attributes): void {
  const { text, type } = metaField(meta);
  const operand = operandAt(state, meta, META_SOURCE);
  const value = operand === undefined ? "" : formatOperand(state, operand, type);
  state.words.push(`${text} set ${value}`);
}

const REJECT = { type: 1, code: 2 } as const;
const REJECT_TCP = 1;
const PORT_UNREACHABLE = 3;
const ICMP_CODES: Readonly<Record<number, string>> = {
  0: "net-unreachable",
  1: "host-unreachable",
  2: "prot-unreachable",
  3: "port-unreachable",
  9: "net-prohibited",
  10: "host-prohibited",
  13: "admin-prohibited",
};

export function reject(state: RuleState, refusal: Attributes): void {
  const code = refusal.number(REJECT.code);
  if (refusal.number(REJECT.type) === REJECT_TCP) {
    forgetProtocolWords(state);
    state.words.push("reject with tcp reset");
  } else if (code === PORT_UNREACHABLE) state.words.push("reject");
  else state.words.push(`reject with icmp ${ICMP_CODES[code] ?? code}`);
}

const COUNTER = { bytes: 1, packets: 2 } as const;

export function count(state: RuleState, counter: Attributes): void {
  state.words.push(`counter packets ${counter.number(COUNTER.packets)} bytes ${counter.number(COUNTER.bytes)}`);
}

const LIMIT = { rate: 1, unit: 2, burst: 3, type: 4, flags: 5 } as const;
const UNITS: Readonly<Record<number, string>> = {
  1: "second",
  60: "minute",
  3600: "hour",
  86400: "day",
  604800: "week",
};

export function limit(state: RuleState, each: Attributes): void {
  const bytes = each.number(LIMIT.type) === 1;
  const over = (each.number(LIMIT.flags) & 1) === 0 ? "" : "over ";
  const rate = `${each.number(LIMIT.rate)}${bytes ? " bytes" : ""}/${UNITS[each.number(LIMIT.unit)] ?? "second"}`;
  const burst = each.number(LIMIT.burst);
  state.words.push(`limit rate ${over}${rate}${burst === 0 ? "" : ` burst ${burst} ${bytes ? "bytes" : "packets"}`}`);
}

const LOG = { group: 1, prefix: 2, level: 5 } as const;
const LOG_LEVELS = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"];
const DEFAULT_LEVEL = 4;

export function log(state: RuleState, each: Attributes): void {
  const prefix = each.has(LOG.prefix) ? ` prefix "${each.text(LOG.prefix)}"` : "";
  const group = each.has(LOG.group) ? ` group ${each.number(LOG.group)}` : "";
  const level = each.has(LOG.level) && each.number(LOG.level) !== DEFAULT_LEVEL;
  state.words.push(`log${prefix}${group}${level ? ` level ${LOG_LEVELS[each.number(LOG.level)]}` : ""}`);
}
