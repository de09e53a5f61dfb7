/**
 * What follows the fixed part of a netlink message: attributes {length, type, value}, padded to four bytes, some of which
 * hold attributes themselves: netlink(7), linux/netlink.h. rtnetlink's numbers are in the CPU's order, netfilter's in the
 * network's.
 */
export type ByteOrder = "cpu" | "network";

/** nla_type without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
const TYPE_MASK = 0x3fff;
const HEADER = 4;

export class Attributes {
  readonly #values: ReadonlyMap<number, Uint8Array>;
  readonly #order: ByteOrder;

  /** Of an attribute that is there twice the last one counts. */
  constructor(bytes: Uint8Array, order: ByteOrder) {
    this.#order = order;
    this.#values = new Map(splitAttributes(bytes).map(({ type, value }) => [type, value]));
  }

  has(type: number): boolean {
    return this.#values.has(type);
  }

  /** Empty when it is not there. */
  bytes(type: number): Uint8Array {
    return this.#values.get(type) ?? new Uint8Array(0);
  }

  /** As wide as the kernel made it, up to 64 bits; 0 when it is not there. */
  number(type: number): number {
    const bytes = this.bytes(type);
    const digits = this.#order === "network" ? bytes : bytes.toReversed();
    return digits.reduce((sum, byte) => sum * 256 + byte, 0);
  }

  /** Of 32 bits. */
  signed(type: number): number {
    return this.number(type) | 0;
  }

  /** Up to the NUL that the kernel puts at the end. Names are ASCII. */
  text(type: number): string {
    return asciiText(this.bytes(type));
  }

  nested(type: number): Attributes {
    return new Attributes(this.bytes(type), this.#order);
  }

  /** The values in an attribute that is a list, in their order. */
  list(type: number): readonly Attributes[] {
    return splitAttributes(this.bytes(type)).map(({ value }) => new Attributes(value, this.#order));
  }
}

export function asciiText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end === -1 ? bytes : bytes.subarray(0, end)));
}

function splitAttributes(bytes: Uint8Array): readonly { readonly type: number; readonly value: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: { type: number; value: Uint8Array }[] = [];
  let at = 0;
  while (at + HEADER <= bytes.length) {
    const length = view.getUint16(at, true);
    if (length < HEADER || at + length > bytes.length) break;
    found.push({ type: view.getUint16(at + 2, true) & TYPE_MASK, value: bytes.subarray(at + HEADER, at + length) });
    at += (length + 3) & ~3;
  }
  return found;
}
