/** Sets and maps as nft writes them, by themselves and inside of rules. */
import {
  type Datum,
  ELEMENT_CATCHALL,
  ELEMENT_INTERVAL_END,
  type NftSet,
  SET_ANONYMOUS,
  SET_CONSTANT,
  SET_EVAL,
  SET_INTERVAL,
  SET_MAP,
  SET_TIMEOUT,
  type SetElement,
} from "./ruleset.ts";
import { type DataType, formatKey, type Names, splitKey, TYPES, toNumber, typesOf } from "./values.ts";

/** nf_tables.h: data that is a verdict has this type. */
const VERDICT_TYPE = 0xffffff00;

const FLAG_WORDS: readonly (readonly [number, string])[] = [
  [SET_CONSTANT, "constant"],
  [SET_EVAL, "dynamic"],
  [SET_INTERVAL, "interval"],
  [SET_TIMEOUT, "timeout"],
];

/** The lines of "set NAME { … }", without indentation in front. */
export function printSet(set: NftSet, names: Names, handle: string): readonly string[] {
  const kind = (set.flags & SET_MAP) === 0 ? "set" : "map";
  const flags = FLAG_WORDS.filter(([bit]) => (set.flags & bit) !== 0).map(([, word]) => word);
  const body = [
    `type ${describeTypes(set)}`,
    ...(set.size === 0 ? [] : [`size ${set.size}`]),
    ...(flags.length === 0 ? [] : [`flags ${flags.join(",")}`]),
    ...(set.timeout === 0 ? [] : [`timeout ${formatTime(set.timeout)}`]),
    ...(set.comment === null ? [] : [`comment "${set.comment}"`]),
    ...(set.elements.length === 0 ? [] : [`elements = { ${wrap(set, formatElements(set, names))} }`]),
  ];
  return [`${kind} ${set.name} {${handle}`, ...body.map((line) => `\t${line}`), "}"];
}

/** How a rule names it: by its name, or by what is in it when it has none. */
export function referToSet(set: NftSet, names: Names): string {
  if ((set.flags & SET_ANONYMOUS) === 0) return `@${set.name}`;
  return `{ ${formatElements(set, names).join(", ")} }`;
}

export function formatVerdict({ code, chain }: { readonly code: number; readonly chain: string }): string {
  const word = VERDICTS[code] ?? `verdict ${code}`;
  return chain === "" ? word : `${word} ${chain}`;
}

/** NF_DROP, NF_ACCEPT, NFT_CONTINUE … NFT_RETURN */
const VERDICTS: Readonly<Record<number, string>> = {
  0: "drop",
  1: "accept",
  [-1]: "continue",
  [-2]: "break",
  [-3]: "jump",
  [-4]: "goto",
  [-5]: "return",
};

function describeTypes(set: NftSet): string {
  const key = joinNames(typesOf(set.keyType));
  if ((set.flags & SET_MAP) === 0) return key;
  return `${key} : ${set.dataType === VERDICT_TYPE ? "verdict" : joinNames(typesOf(set.dataType))}`;
}

function joinNames(types: readonly DataType[]): string {
  return types.map(({ name }) => name).join(" . ");
}

/** The units of a duration from the largest on: "1d2h", "1m". */
function formatTime(milliseconds: number): string {
  const units = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "m"],
    [1_000, "s"],
    [1, "ms"],
  ] as const;
  let rest = milliseconds;
  const parts = units.map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? "" : `${count}${unit}`;
  });
  return parts.join("");
}

/** Short values stand beside each other, what has more to say has a line of its own. */
function wrap(set: NftSet, elements: readonly string[]): string {
  const types = typesOf(set.keyType);
  const short =
    (set.flags & SET_MAP) === 0 && types.length === 1 && set.elements.every((each) => each.comment === null);
  const perLine = short ? (types[0]?.perLine ?? 1) : 1;
  const lines: string[] = [];
  for (let at = 0; at < elements.length; at += perLine) lines.push(elements.slice(at, at + perLine).join(", "));
  return lines.join(",\n\t\t\t     ");
}

function formatElements(set: NftSet, names: Names): readonly string[] {
  const types = typesOf(set.keyType);
  const sorted = [...set.elements].sort((a, b) => compareKeys(a, b, types));
  const format = (element: SetElement, key: string): string => {
    const comment = element.comment === null ? "" : ` comment "${element.comment}"`;
    const data = element.data === null ? "" : ` : ${formatData(element.data, set, names)}`;
    return `${(element.flags & ELEMENT_CATCHALL) === 0 ? key : "*"}${comment}${data}`;
  };
  const [type] = types;
  if ((set.flags & SET_INTERVAL) !== 0 && types.length === 1 && type !== undefined) {
    return pairIntervals(sorted, type).map(({ element, last }) =>
      format(element, formatRange(element.key, last, type, names)),
    );
  }
  return sorted.map((element) => format(element, formatElementKey(element, types, names)));
}

function formatElementKey({ key, keyEnd }: SetElement, types: readonly DataType[], names: Names): string {
  if (keyEnd === null) return formatKey(key, types, names);
  const from = splitKey(key, types);
  const to = splitKey(keyEnd, types);
  return types.map((type, at) => formatRange(from[at] ?? key, to[at] ?? keyEnd, type, names)).join(" . ");
}

function formatData(data: Datum, set: NftSet, names: Names): string {
  return data.kind === "verdict" ? formatVerdict(data) : formatKey(data.bytes, typesOf(set.dataType), names);
}

/** In the order of their numbers; a concatenation is one number of the CPU's order. */
function compareKeys(a: SetElement, b: SetElement, types: readonly DataType[]): number {
  const order = types.length === 1 ? (types[0]?.order ?? "network") : "cpu";
  const difference = toNumber(a.key, order) - toNumber(b.key, order);
  // Where one range ends and the next one begins at the same number, the end comes first.
  return difference !== 0 ? difference : (b.flags & ELEMENT_INTERVAL_END) - (a.flags & ELEMENT_INTERVAL_END);
}

/** The kernel holds where a range begins, and as an element of its own the first number after it. */
function pairIntervals(
  sorted: readonly SetElement[],
  type: DataType,
): readonly { readonly element: SetElement; readonly last: Uint8Array }[] {
  return sorted.flatMap((element, at) => {
    if ((element.flags & ELEMENT_INTERVAL_END) !== 0) return [];
    const end = sorted.slice(at + 1).find(({ flags }) => (flags & ELEMENT_INTERVAL_END) !== 0);
    const after = end === undefined ? 256 ** type.size : toNumber(end.key, type.order);
    return [{ element, last: toBytes(after - 1, type) }];
  });
}

function toBytes(value: number, { size, order }: DataType): Uint8Array {
  const digits = Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256);
  return Uint8Array.from(order === "network" ? digits : digits.reverse());
}

/** "80", "80-90", and for addresses where it is one, a network: "10.0.0.0/8". */
export function formatRange(from: Uint8Array, to: Uint8Array, type: DataType, names: Names): string {
  const first = toNumber(from, type.order);
  const count = toNumber(to, type.order) - first + 1;
  const text = type.format(from, names);
  if (count === 1) return text;
  const bits = Math.log2(count);
  const isNetwork = type === TYPES.ipv4_addr && Number.isInteger(bits) && first % count === 0;
  return isNetwork ? `${text}/${32 - bits}` : `${text}-${type.format(to, names)}`;
}
