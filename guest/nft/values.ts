/** Values as nft writes them: what the bytes in a comparison or a set mean is known from what they are compared with. */
import { asciiText } from "../runtime/net/attributes.ts";

export interface DataType {
  /** As `type` in a set names it. */
  readonly name: string;
  /** Bytes in a register. */
  readonly size: number;
  /** Numbers of the CPU's order are compared and sorted from their end. */
  readonly order: "cpu" | "network";
  /** How many elements of a set stand on a line. */
  readonly perLine: number;
  format(bytes: Uint8Array, names: Names): string;
}

/** Interfaces by number. */
export type Names = ReadonlyMap<number, string>;

type Words = Readonly<Record<number, string>>;

/** The number that `bytes` are. */
export function toNumber(bytes: Uint8Array, order: DataType["order"]): number {
  const digits = order === "network" ? bytes : bytes.toReversed();
  return digits.reduce((sum, byte) => sum * 256 + byte, 0);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function words(name: string, size: number, order: DataType["order"], table: Words, perLine = 1): DataType {
  const format = (bytes: Uint8Array): string => {
    const value = toNumber(bytes, order);
    return table[value] ?? `${value}`;
  };
  return { name, size, order, perLine, format };
}

/** Bits with names, joined by commas. */
function flags(name: string, size: number, table: Words): DataType {
  const format = (bytes: Uint8Array): string => flagNames(toNumber(bytes, "cpu"), table).join(",");
  return { name, size, order: "cpu", perLine: 1, format };
}

function flagNames(value: number, table: Words): readonly string[] {
  const known = Object.entries(table).filter(([bit]) => (value & Number(bit)) !== 0);
  const rest = known.reduce((left, [bit]) => left & ~Number(bit), value);
  return [...known.map(([, word]) => word), ...(rest === 0 ? [] : [hex(rest >>> 0)])];
}

/** Fewer than four bytes are the beginning of an address: a network. */
function formatAddress(bytes: Uint8Array): string {
  const dotted = [...bytes, 0, 0, 0, 0].slice(0, 4).join(".");
  return bytes.length < 4 ? `${dotted}/${bytes.length * 8}` : dotted;
}

/** A name without the NUL at its end is what names begin with. */
function formatInterfaceName(bytes: Uint8Array): string {
  return `"${asciiText(bytes)}${bytes.includes(0) || bytes.length === 16 ? "" : "*"}"`;
}

function formatInterface(bytes: Uint8Array, names: Names): string {
  const index = toNumber(bytes, "cpu");
  const name = names.get(index);
  return name === undefined ? `${index}` : `"${name}"`;
}

const NONE: Words = {};
const PROTOCOLS: Words = { 1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 47: "gre", 132: "sctp" };

export const TYPES = {
  integer: words("integer", 4, "network", NONE, 5),
  hex: { name: "integer", size: 4, order: "cpu", perLine: 5, format: (bytes) => hex(toNumber(bytes, "cpu")) },
  ipv4_addr: { name: "ipv4_addr", size: 4, order: "network", perLine: 2, format: formatAddress },
  inet_proto: words("inet_proto", 1, "cpu", PROTOCOLS, 5),
  inet_service: words("inet_service", 2, "network", NONE, 5),
  mark: { name: "mark", size: 4, order: "cpu", perLine: 5, format: (bytes) => hex(toNumber(bytes, "cpu")) },
  ifname: { name: "ifname", size: 16, order: "cpu", perLine: 1, format: formatInterfaceName },
  iface_index: { name: "iface_index", size: 4, order: "cpu", perLine: 5, format: formatInterface },
  uid: words("uid", 4, "cpu", NONE, 5),
  gid: words("gid", 4, "cpu", NONE, 5),
  ether_type: words("ether_type", 2, "network", { 2048: "ip", 2054: "arp", 34525: "ip6" }),
  nf_proto: words("nf_proto", 1, "cpu", { 2: "ipv4", 10: "ipv6" }),
  pkt_type: words("pkt_type", 1, "cpu", { 0: "host", 1: "broadcast", 2: "multicast", 3: "other" }),
  ct_dir: words("ct_dir", 1, "cpu", { 0: "original", 1: "reply" }),
  ct_state: flags("ct_state", 4, { 1: "invalid", 2: "established", 4: "related", 8: "new", 64: "untracked" }),
  ct_status: flags("ct_status", 4, {
    1: "expected",
    2: "seen-reply",
    4: "assured",
    8: "confirmed",
    16: "snat",
    32: "dnat",
    512: "dying",
  }),
  tcp_flag: flags("tcp_flag", 1, {
    1: "fin",
    2: "syn",
    4: "rst",
    8: "psh",
    16: "ack",
    32: "urg",
    64: "ecn",
    128: "cwr",
  }),
  icmp_type: words("icmp_type", 1, "network", {
    0: "echo-reply",
    3: "destination-unreachable",
    5: "redirect",
    8: "echo-request",
    11: "time-exceeded",
    12: "parameter-problem",
  }),
  fib_addrtype: words("fib_addrtype", 4, "cpu", {
    0: "unspec",
    1: "unicast",
    2: "local",
    3: "broadcast",
    4: "anycast",
    5: "multicast",
    6: "blackhole",
    7: "unreachable",
    8: "prohibit",
  }),
  boolean: words("boolean", 1, "cpu", { 0: "missing", 1: "exists" }),
} as const satisfies Record<string, DataType>;

/** Types whose values are bits: `ct state new,established` asks for any of them. */
export function isFlags(type: DataType): boolean {
  return type === TYPES.ct_state || type === TYPES.ct_status || type === TYPES.tcp_flag;
}

/** nft's own numbers of types, which it leaves with a set (datatype.h of nftables). */
const BY_NUMBER: Readonly<Record<number, DataType>> = {
  2: TYPES.nf_proto,
  7: TYPES.ipv4_addr,
  10: TYPES.ether_type,
  12: TYPES.inet_proto,
  13: TYPES.inet_service,
  14: TYPES.icmp_type,
  15: TYPES.tcp_flag,
  19: TYPES.mark,
  20: TYPES.iface_index,
  24: TYPES.uid,
  25: TYPES.gid,
  26: TYPES.ct_state,
  27: TYPES.ct_dir,
  28: TYPES.ct_status,
  31: TYPES.pkt_type,
  38: TYPES.fib_addrtype,
  39: TYPES.boolean,
  41: TYPES.ifname,
};

/** The parts of a concatenation, six bits each, the last one lowest. */
export function typesOf(number: number): readonly DataType[] {
  const parts: DataType[] = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 64)) parts.unshift(BY_NUMBER[rest % 64] ?? TYPES.integer);
  return parts;
}

/** The bytes of each part: in registers every part begins at a multiple of four. */
export function splitKey(bytes: Uint8Array, types: readonly DataType[]): readonly Uint8Array[] {
  if (types.length === 1) return [bytes];
  let at = 0;
  return types.map(({ size }) => {
    const part = bytes.subarray(at, at + size);
    at += (size + 3) & ~3;
    return part;
  });
}

export function formatKey(bytes: Uint8Array, types: readonly DataType[], names: Names): string {
  const parts = splitKey(bytes, types);
  return types.map((type, index) => type.format(parts[index] ?? bytes, names)).join(" . ");
}
