/** Tables and chains as nft lists them. */
import { printRule } from "./print-rule.ts";
import { printSet } from "./print-set.ts";
import { type Chain, type Hook, SET_ANONYMOUS, type Table } from "./ruleset.ts";
import type { Names } from "./values.ts";

export interface PrintOptions {
  readonly names: Names;
  /** The numbers by which rules can be deleted. */
  readonly handles: boolean;
}

/** NFPROTO_* */
export const FAMILIES: Readonly<Record<string, number>> = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 };

const TABLE_DORMANT = 1;
const HOOKS = ["prerouting", "input", "forward", "output", "postrouting"];
const DROP = 0;

/** Which parts of a table are wanted; all of them without. */
export interface Choice {
  readonly chain?: string;
  readonly set?: string;
}

export function tableTitle({ family, name }: Table): string {
  const word = Object.keys(FAMILIES).find((each) => FAMILIES[each] === family) ?? `${family}`;
  return `table ${word} ${name}`;
}

export function printTable(table: Table, options: PrintOptions, choice: Choice = {}): string {
  const whole = choice.chain === undefined && choice.set === undefined;
  const sets = table.sets.filter(({ name, flags }) => (whole ? (flags & SET_ANONYMOUS) === 0 : name === choice.set));
  const chains = table.chains.filter(({ name }) => whole || name === choice.chain);
  const head = [
    ...(table.comment === null || !whole ? [] : [`comment "${table.comment}"`]),
    ...((table.flags & TABLE_DORMANT) === 0 || !whole ? [] : ["flags dormant"]),
  ];
  const blocks = [
    ...sets.map((set) => printSet(set, options.names, handle(options, set.handle))),
    ...chains.map((chain) => printChain(chain, table, options)),
  ];
  const body = [...head, ...blocks.flatMap((block, at) => (at === 0 ? block : ["", ...block]))];
  const lines = body.map((line) => (line === "" ? "" : `\t${line}`));
  return `${[`${tableTitle(table)} {${handle(options, table.handle)}`, ...lines, "}"].join("\n")}\n`;
}

function printChain(chain: Chain, table: Table, options: PrintOptions): readonly string[] {
  const { hook, comment } = chain;
  const rules = chain.rules.map((rule) => printRule(rule, table, options.names) + handle(options, rule.handle));
  const body = [
    ...(comment === null ? [] : [`comment "${comment}"`]),
    ...(hook === null ? [] : [describeHook(hook)]),
    ...rules,
  ];
  return [`chain ${chain.name} {${handle(options, chain.handle)}`, ...body.map((line) => `\t${line}`), "}"];
}

function describeHook({ type, number, priority, policy }: Hook): string {
  const where = HOOKS[number] ?? `${number}`;
  const verdict = policy === DROP ? "drop" : "accept";
  return `type ${type} hook ${where} priority ${describePriority(priority)}; policy ${verdict};`;
}

/** Names of priorities. linux/netfilter_ipv4.h */
const PRIORITIES: readonly (readonly [string, number])[] = [
  ["raw", -300],
  ["mangle", -150],
  ["dstnat", -100],
  ["filter", 0],
  ["security", 50],
  ["srcnat", 100],
];
/** "filter + 10" still says something; further away the number does. */
const FARTHEST = 10;

function describePriority(priority: number): string {
  const near = PRIORITIES.find(([, value]) => Math.abs(priority - value) <= FARTHEST);
  if (near === undefined) return `${priority}`;
  const [name, value] = near;
  const difference = priority - value;
  if (difference === 0) return name;
  return `${name} ${difference > 0 ? "+" : "-"} ${Math.abs(difference)}`;
}

function handle({ handles }: PrintOptions, number: number): string {
  return handles ? ` # handle ${number}` : "";
}
