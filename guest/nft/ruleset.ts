/** What nf_tables holds: tables of sets and chains, chains of rules, rules of expressions (linux/netfilter/nf_tables.h). */
import type { Attributes } from "../runtime/net/attributes.ts";

export interface Table {
  readonly family: number;
  readonly name: string;
  readonly handle: number;
  readonly flags: number;
  readonly comment: string | null;
  /** Also those without a name of their own, which stand in rules ("__set0"). */
  readonly sets: readonly NftSet[];
  readonly chains: readonly Chain[];
}

export interface Chain {
  readonly name: string;
  readonly handle: number;
  /** Where packets enter it; null for one that only rules lead to. */
  readonly hook: Hook | null;
  readonly comment: string | null;
  readonly rules: readonly Rule[];
}

export interface Hook {
  /** "filter", "nat", "route" */
  readonly type: string;
  /** NF_INET_PRE_ROUTING … */
  readonly number: number;
  readonly priority: number;
  /** NF_ACCEPT or NF_DROP */
  readonly policy: number;
}

export interface Rule {
  readonly handle: number;
  readonly expressions: readonly Expression[];
  readonly comment: string | null;
}

/** One step of a rule: it loads into registers, looks at them, or does something. */
export interface Expression {
  readonly name: string;
  readonly attributes: Attributes;
}

/** A set, or a map when its elements have data. */
export interface NftSet {
  readonly name: string;
  readonly handle: number;
  /** NFT_SET_* */
  readonly flags: number;
  /** Number of the type, six bits for each part of a concatenation. */
  readonly keyType: number;
  readonly dataType: number;
  /** 0: unlimited. */
  readonly size: number;
  /** Milliseconds; 0: for ever. */
  readonly timeout: number;
  readonly comment: string | null;
  readonly elements: readonly SetElement[];
}

export interface SetElement {
  readonly key: Uint8Array;
  /** The last of a range of concatenations. */
  readonly keyEnd: Uint8Array | null;
  /** What a map has for it. */
  readonly data: Datum | null;
  /** NFT_SET_ELEM_* */
  readonly flags: number;
  readonly comment: string | null;
}

export type Datum =
  | { readonly kind: "value"; readonly bytes: Uint8Array }
  | { readonly kind: "verdict"; readonly code: number; readonly chain: string };

export const SET_ANONYMOUS = 0x1;
export const SET_CONSTANT = 0x2;
export const SET_INTERVAL = 0x4;
export const SET_MAP = 0x8;
export const SET_TIMEOUT = 0x10;
export const SET_EVAL = 0x20;
export const ELEMENT_INTERVAL_END = 0x1;
export const ELEMENT_CATCHALL = 0x2;

const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT_CODE = 1;
const NFTA_VERDICT_CHAIN = 2;

/** An attribute of the kind NFTA_DATA_*: of an immediate, a comparison, an element. */
export function readDatum(data: Attributes): Datum {
  if (!data.has(NFTA_DATA_VERDICT)) return { kind: "value", bytes: data.bytes(NFTA_DATA_VALUE) };
  const verdict = data.nested(NFTA_DATA_VERDICT);
  return { kind: "verdict", code: verdict.signed(NFTA_VERDICT_CODE), chain: verdict.text(NFTA_VERDICT_CHAIN) };
}
