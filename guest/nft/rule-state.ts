/**
 * A rule is a little program for registers; its text is found by running it, with what was loaded in the place of the
 * values. Registers are four bytes each; the four old ones of sixteen bytes lie over them (NFT_REG_1, NFT_REG32_00).
 */
import type { Attributes } from "../runtime/net/attributes.ts";
import type { Field } from "./fields.ts";
import type { NftSet, Table } from "./ruleset.ts";
import type { DataType, Names } from "./values.ts";

/** What a register holds. */
export type Operand =
  | { readonly kind: "load"; readonly fields: readonly Field[]; readonly bits: Bits | null }
  | { readonly kind: "value"; readonly bytes: Uint8Array }
  /** What a map gave: it prints as the question that was asked. */
  | { readonly kind: "mapped"; readonly text: string; readonly parts: number };

/** (value & mask) ^ xor */
export interface Bits {
  readonly mask: Uint8Array;
  readonly xor: Uint8Array;
}

export interface RuleState {
  readonly table: Table;
  readonly names: Names;
  readonly registers: Map<number, Operand>;
  readonly words: string[];
  /** The protocol above IP that the rule has asked for. */
  protocol: string | null;
  /** Where in `words` it did, as long as nothing that follows says it again. */
  protocolAt: number | null;
}

/** Of NFTA_*_SREG and _DREG. */
export function registerIndex(number: number): number {
  return number < 8 ? (number - 1) * 4 : number - 8;
}

export function operandAt(state: RuleState, attributes: Attributes, type: number): Operand | undefined {
  return attributes.has(type) ? state.registers.get(registerIndex(attributes.number(type))) : undefined;
}

/** "tcp dport" says that it is about TCP: "meta l4proto tcp" in front of it goes without saying. */
export function sayFields(state: RuleState, fields: readonly Field[]): void {
  if (fields.some(({ impliesProtocol }) => impliesProtocol)) forgetProtocolWords(state);
}

export function forgetProtocolWords(state: RuleState): void {
  if (state.protocolAt !== null) state.words[state.protocolAt] = "";
  state.protocolAt = null;
}

/** The fields that a key of these types is made of, from one register on. */
export function keyFields(state: RuleState, register: number, types: readonly DataType[]): readonly Field[] {
  const fields: Field[] = [];
  let at = registerIndex(register);
  for (const { size } of types) {
    const operand = state.registers.get(at);
    if (operand?.kind === "load") fields.push(...operand.fields);
    at += Math.ceil(size / 4);
  }
  return fields;
}

export function findSet(state: RuleState, name: string): NftSet {
  const set = state.table.sets.find((each) => each.name === name);
  if (set === undefined) throw new Error(`table ${state.table.name} has no set ${name}`);
  return set;
}
