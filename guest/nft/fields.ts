/** What a rule can look at: parts of headers, and what the kernel knows of a packet. */
import type { Attributes } from "../runtime/net/attributes.ts";
import { type DataType, TYPES } from "./values.ts";

/** A part of a packet that was loaded into a register. */
export interface Field {
  readonly text: string;
  readonly type: DataType;
  /** In bytes; of an address fewer than four are its network. */
  readonly length: number;
  /** Its name says the protocol, so that the rule need not say it apart. */
  readonly impliesProtocol: boolean;
}

/** Offset, length, name. */
type Header = readonly (readonly [number, number, string, DataType])[];

const IP: Header = [
  [2, 2, "ip length", TYPES.inet_service],
  [8, 1, "ip ttl", TYPES.integer],
  [9, 1, "ip protocol", TYPES.inet_proto],
  [12, 4, "ip saddr", TYPES.ipv4_addr],
  [16, 4, "ip daddr", TYPES.ipv4_addr],
];

function ports(protocol: string): Header {
  return [
    [0, 2, `${protocol} sport`, TYPES.inet_service],
    [2, 2, `${protocol} dport`, TYPES.inet_service],
  ];
}

const TRANSPORT: Readonly<Record<string, Header>> = {
  tcp: [...ports("tcp"), [13, 1, "tcp flags", TYPES.tcp_flag]],
  udp: [...ports("udp"), [4, 2, "udp length", TYPES.inet_service]],
  sctp: ports("sctp"),
  icmp: [
    [0, 1, "icmp type", TYPES.icmp_type],
    [1, 1, "icmp code", TYPES.integer],
  ],
};

/** Bases of NFTA_PAYLOAD_BASE, as raw loads call them. */
const BASES = ["ll", "nh", "th", "ih"];
const NETWORK_HEADER = 1;
const TRANSPORT_HEADER = 2;
const PAYLOAD = { base: 2, offset: 3, length: 4 } as const;

/** One load may take several fields that stand side by side. `protocol` is what the rule has asked for before. */
export function payloadFields(payload: Attributes, protocol: string | null): readonly Field[] {
  const base = payload.number(PAYLOAD.base);
  const offset = payload.number(PAYLOAD.offset);
  const length = payload.number(PAYLOAD.length);
  const transport = protocol === null ? undefined : TRANSPORT[protocol];
  const header = base === NETWORK_HEADER ? IP : base === TRANSPORT_HEADER ? (transport ?? ports("th")) : [];
  const impliesProtocol = base === TRANSPORT_HEADER && transport !== undefined;
  const fields: Field[] = [];
  for (let at = offset; at < offset + length; at += fields.at(-1)?.length ?? length) {
    const found = header.find(([start]) => start === at);
    if (found === undefined) return [rawField(BASES[base] ?? "ih", offset, length)];
    const [, size, text, type] = found;
    fields.push({ text, type, length: Math.min(size, offset + length - at), impliesProtocol });
  }
  return fields;
}

function rawField(base: string, offset: number, length: number): Field {
  return { text: `@${base},${offset * 8},${length * 8}`, type: TYPES.integer, length, impliesProtocol: false };
}

/** By NFT_META_*; these four need no "meta" in front. */
const META: Readonly<Record<number, readonly [string, DataType]>> = {
  0: ["meta length", TYPES.hex],
  1: ["meta protocol", TYPES.ether_type],
  3: ["meta mark", TYPES.mark],
  4: ["iif", TYPES.iface_index],
  5: ["oif", TYPES.iface_index],
  6: ["iifname", TYPES.ifname],
  7: ["oifname", TYPES.ifname],
  10: ["meta skuid", TYPES.uid],
  11: ["meta skgid", TYPES.gid],
  12: ["meta nftrace", TYPES.uid],
  15: ["meta nfproto", TYPES.nf_proto],
  16: ["meta l4proto", TYPES.inet_proto],
  19: ["meta pkttype", TYPES.pkt_type],
};
const META_KEY = 2;

export function metaField(meta: Attributes): Field {
  const key = meta.number(META_KEY);
  const [text, type] = META[key] ?? [`meta key ${key}`, TYPES.hex];
  return { text, type, length: type.size, impliesProtocol: false };
}

/** By NFT_CT_* */
const CT: Readonly<Record<number, readonly [string, DataType]>> = {
  0: ["state", TYPES.ct_state],
  1: ["direction", TYPES.ct_dir],
  2: ["status", TYPES.ct_status],
  3: ["mark", TYPES.mark],
  8: ["saddr", TYPES.ipv4_addr],
  9: ["daddr", TYPES.ipv4_addr],
  10: ["protocol", TYPES.inet_proto],
  11: ["proto-src", TYPES.inet_service],
  12: ["proto-dst", TYPES.inet_service],
  19: ["ip saddr", TYPES.ipv4_addr],
  20: ["ip daddr", TYPES.ipv4_addr],
};
const CT_KEY = 2;
const CT_DIRECTION = 3;

export function ctField(ct: Attributes): Field {
  const key = ct.number(CT_KEY);
  const [name, type] = CT[key] ?? [`key ${key}`, TYPES.hex];
  const direction = ct.has(CT_DIRECTION) ? ["original ", "reply "][ct.number(CT_DIRECTION)] : "";
  return { text: `ct ${direction}${name}`, type, length: type.size, impliesProtocol: false };
}

const FIB = { result: 2, flags: 3 } as const;
const FIB_FLAGS = ["saddr", "daddr", "mark", "iif", "oif"];
const FIB_PRESENT = 0x20;
const FIB_RESULTS: Readonly<Record<number, readonly [string, DataType]>> = {
  1: ["oif", TYPES.iface_index],
  2: ["oifname", TYPES.ifname],
  3: ["type", TYPES.fib_addrtype],
};

export function fibField(fib: Attributes): Field {
  const flags = fib.number(FIB.flags);
  const asked = FIB_FLAGS.filter((_, bit) => (flags & (1 << bit)) !== 0).join(" . ");
  const [result, plain] = FIB_RESULTS[fib.number(FIB.result)] ?? ["unknown", TYPES.hex];
  const type = (flags & FIB_PRESENT) === 0 ? plain : TYPES.boolean;
  return { text: `fib ${asked} ${result}`, type, length: type.size, impliesProtocol: false };
}
