import { expect, test } from "vitest";
import { printRule } from "../../../../guest/nft/print-rule.ts";
import { printTable } from "../../../../guest/nft/print-ruleset.ts";
import type { Chain, Expression, Table } from "../../../../guest/nft/ruleset.ts";
import { Attributes } from "../../../../guest/runtime/net/attributes.ts";

/** Attributes of an expression: a number is 32 bits of the network's order, a list is nested. */
type Value = number | string | readonly number[] | { readonly [type: number]: Value };

function encode(value: Value): number[] {
  if (typeof value === "number") return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  if (typeof value === "string") return [...value].map((character) => character.charCodeAt(0)).concat(0);
  if (Array.isArray(value)) return [...value];
  return Object.entries(value).flatMap(([type, inner]) => {
    const payload = encode(inner as Value);
    const padding = Array.from({ length: -payload.length & 3 }, () => 0);
    return [(payload.length + 4) & 255, (payload.length + 4) >> 8, Number(type), 0, ...payload, ...padding];
  });
}

function expression(name: string, attributes: { readonly [type: number]: Value }): Expression {
  return { name, attributes: new Attributes(Uint8Array.from(encode(attributes)), "network") };
}

const load = (base: number, offset: number, length: number): Expression =>
  expression("payload", { 1: 1, 2: base, 3: offset, 4: length });
const meta = (key: number): Expression => expression("meta", { 1: 1, 2: key });
const equal = (...bytes: number[]): Expression => expression("cmp", { 1: 1, 2: 0, 3: { 1: bytes } });
const verdict = (code: number): Expression => expression("immediate", { 1: 0, 2: { 2: { 1: code } } });
const value = (register: number, ...bytes: number[]): Expression =>
  expression("immediate", { 1: register, 2: { 1: bytes } });

const L4PROTO = meta(16);
const ACCEPT = verdict(1);
const NO_NAMES = new Map([[1, "lo"]]);
const TABLE: Table = { family: 2, name: "t", handle: 1, flags: 0, comment: null, sets: [], chains: [] };

function print(expressions: readonly Expression[], comment: string | null = null): string {
  return printRule({ handle: 1, expressions, comment }, TABLE, NO_NAMES);
}

test("a port says its protocol, so that the question before it goes without saying", () => {
  expect(print([L4PROTO, equal(6), load(2, 2, 2), equal(0x1f, 0x90), ACCEPT])).toBe("tcp dport 8080 accept");
  expect(print([L4PROTO, equal(6), ACCEPT])).toBe("meta l4proto tcp accept");
});

test("a translation shows the address and the port that wait in its registers", () => {
  const nat = expression("nat", { 1: 1, 2: 2, 3: 1, 5: 2, 7: 2 });
  expect(print([value(1, 172, 17, 0, 2), value(2, 0, 80), nat], "web")).toBe('dnat to 172.17.0.2:80 comment "web"');
});

test("whole bytes of an address are its network, as are the bits of a mask", () => {
  const mask = expression("bitwise", { 1: 1, 2: 1, 4: { 1: [255, 128, 0, 0] }, 5: { 1: [0, 0, 0, 0] } });
  expect(print([load(1, 12, 2), equal(172, 17), expression("masq", {})])).toBe("ip saddr 172.17.0.0/16 masquerade");
  expect(print([load(1, 16, 4), mask, equal(10, 128, 0, 0), ACCEPT])).toBe("ip daddr 10.128.0.0/9 accept");
});

test("one load of two ports is two comparisons", () => {
  expect(print([L4PROTO, equal(17), load(2, 0, 4), equal(0, 1, 0, 2), ACCEPT])).toBe("udp sport 1 udp dport 2 accept");
});

test("states of a connection are words", () => {
  const state = expression("ct", { 1: 1, 2: 0 });
  const mask = expression("bitwise", { 1: 1, 2: 1, 4: { 1: [6, 0, 0, 0] }, 5: { 1: [0, 0, 0, 0] } });
  const notZero = expression("cmp", { 1: 1, 2: 1, 3: { 1: [0, 0, 0, 0] } });
  expect(print([state, mask, notZero, ACCEPT])).toBe("ct state established,related accept");
});

test("an interface is shown by its name, and the beginning of a name with a star", () => {
  expect(print([meta(4), equal(1, 0, 0, 0), ACCEPT])).toBe('iif "lo" accept');
  expect(print([meta(6), equal(0x76, 0x65), ACCEPT])).toBe('iifname "ve*" accept');
});

test("an expression that nobody knows leaves a hole that can be seen", () => {
  expect(print([expression("quota", {}), ACCEPT])).toBe("[ quota ] accept");
});

test("a field without a name is shown by its bits", () => {
  expect(print([load(1, 1, 1), equal(5), ACCEPT])).toBe("@nh,8,8 5 accept");
});

test("a chain says where packets enter it", () => {
  const hook = { type: "nat", number: 4, priority: 103, policy: 1 };
  const chain: Chain = { name: "out", handle: 7, hook, comment: null, rules: [] };
  expect(printTable({ ...TABLE, chains: [chain] }, { names: NO_NAMES, handles: true })).toBe(
    "table ip t { # handle 1\n\tchain out { # handle 7\n" +
      "\t\ttype nat hook postrouting priority srcnat + 3; policy accept;\n\t}\n}\n",
  );
});
