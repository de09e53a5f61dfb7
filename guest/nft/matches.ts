/** The expressions that look at what was loaded: comparisons, ranges, sets. */
import type { Attributes } from "../runtime/net/attributes.ts";
import type { Field } from "./fields.ts";
import { formatRange, referToSet } from "./print-set.ts";
import { type Bits, findSet, keyFields, operandAt, type RuleState, registerIndex, sayFields } from "./rule-state.ts";
import { type Datum, readDatum } from "./ruleset.ts";
import { type DataType, isFlags, TYPES, toNumber, typesOf } from "./values.ts";

const CMP = { source: 1, operator: 2, data: 3 } as const;
const OPERATORS = ["==", "!=", "<", "<=", ">", ">="];
const EQUAL = 0;
const NOT_EQUAL = 1;

export function compare(state: RuleState, cmp: Attributes): void {
  const operand = operandAt(state, cmp, CMP.source);
  const bytes = bytesOf(readDatum(cmp.nested(CMP.data)));
  if (operand?.kind !== "load") return;
  const operator = cmp.number(CMP.operator);
  sayFields(state, operand.fields);
  const [first] = operand.fields;
  if (operand.bits !== null && first !== undefined) {
    state.words.push(compareBits(state, first, { bits: operand.bits, operator, bytes }));
    return;
  }
  let at = 0;
  for (const field of operand.fields) {
    compareField(state, field, operator, bytes.subarray(at, at + field.length));
    at += field.length;
  }
}

function compareField(state: RuleState, field: Field, operator: number, bytes: Uint8Array): void {
  const value = field.type.format(bytes, state.names);
  const needsSign = operator !== EQUAL || isFlags(field.type);
  state.words.push(`${field.text} ${needsSign ? `${OPERATORS[operator]} ` : ""}${value}`);
  if (field.type !== TYPES.inet_proto || operator !== EQUAL) return;
  state.protocol = value;
  state.protocolAt = state.words.length - 1;
}

interface BitComparison {
  readonly bits: Bits;
  readonly operator: number;
  readonly bytes: Uint8Array;
}

function compareBits(state: RuleState, { text, type }: Field, { bits, operator, bytes }: BitComparison): string {
  const format = (value: Uint8Array): string => type.format(value, state.names);
  const zero = bytes.every((byte) => byte === 0);
  if (isFlags(type) && operator === NOT_EQUAL && zero) return `${text} ${format(bits.mask)}`;
  const prefix = type === TYPES.ipv4_addr ? prefixLength(bits.mask) : null;
  if (prefix !== null) return `${text} ${operator === NOT_EQUAL ? "!= " : ""}${format(bytes)}/${prefix}`;
  const mask = isFlags(type) ? joinFlags(format(bits.mask)) : format(bits.mask);
  return `${text} & ${mask} ${OPERATORS[operator]} ${format(bytes)}`;
}

function joinFlags(list: string): string {
  return list.includes(",") ? `(${list.replaceAll(",", " | ")})` : list;
}

/** The number of ones that a mask begins with; null when others follow. */
function prefixLength(mask: Uint8Array): number | null {
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const ones = bits.indexOf("0") === -1 ? bits.length : bits.indexOf("0");
  return bits.slice(ones).includes("1") ? null : ones;
}

const RANGE = { source: 1, operator: 2, from: 3, to: 4 } as const;

export function compareRange(state: RuleState, range: Attributes): void {
  const operand = operandAt(state, range, RANGE.source);
  const field = operand?.kind === "load" ? operand.fields[0] : undefined;
  if (field === undefined) return;
  sayFields(state, [field]);
  const [from, to] = [RANGE.from, RANGE.to].map((end) => bytesOf(readDatum(range.nested(end))));
  const sign = range.number(RANGE.operator) === NOT_EQUAL ? "!= " : "";
  state.words.push(`${field.text} ${sign}${formatRange(from ?? NOTHING, to ?? NOTHING, field.type, state.names)}`);
}

const BITWISE = { source: 1, destination: 2, mask: 4, xor: 5 } as const;

export function applyBits(state: RuleState, bitwise: Attributes): void {
  const operand = operandAt(state, bitwise, BITWISE.source);
  if (operand?.kind !== "load") return;
  const [mask, xor] = [BITWISE.mask, BITWISE.xor].map((each) => bytesOf(readDatum(bitwise.nested(each))));
  const bits = { mask: mask ?? NOTHING, xor: xor ?? NOTHING };
  state.registers.set(registerIndex(bitwise.number(BITWISE.destination)), { ...operand, bits });
}

/** `meta mark | 0x1`, of the ways in which bits can be set and cleared. */
export function formatBits(text: string, { mask, xor }: Bits, type: DataType, state: RuleState): string {
  const sets = toNumber(mask, type.order) + toNumber(xor, type.order) === 256 ** type.size - 1;
  if (sets) return `${text} | ${type.format(xor, state.names)}`;
  const masked = `${text} & ${type.format(mask, state.names)}`;
  return xor.every((byte) => byte === 0) ? masked : `${masked} ^ ${type.format(xor, state.names)}`;
}

const LOOKUP = { set: 1, source: 2, destination: 3, flags: 5 } as const;
const INVERTED = 1;

export function lookUp(state: RuleState, lookup: Attributes): void {
  const set = findSet(state, lookup.text(LOOKUP.set));
  const fields = keyFields(state, lookup.number(LOOKUP.source), typesOf(set.keyType));
  sayFields(state, fields);
  const key = fields.map(({ text }) => text).join(" . ");
  const reference = referToSet(set, state.names);
  if (!lookup.has(LOOKUP.destination)) {
    state.words.push(`${key} ${lookup.number(LOOKUP.flags) === INVERTED ? "!= " : ""}${reference}`);
    return;
  }
  const destination = lookup.number(LOOKUP.destination);
  if (destination === 0) state.words.push(`${key} vmap ${reference}`);
  else {
    const parts = typesOf(set.dataType).length;
    state.registers.set(registerIndex(destination), { kind: "mapped", text: `${key} map ${reference}`, parts });
  }
}

const NOTHING = new Uint8Array(0);

function bytesOf(datum: Datum): Uint8Array {
  return datum.kind === "value" ? datum.bytes : NOTHING;
}
