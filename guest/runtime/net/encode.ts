/** What follows the fixed part of a netlink message: attributes {length, type, value}, padded to four bytes: netlink(7). */

/** Of an attribute: length and type. */
const HEADER = 4;
const QUESTION_MARK = 0x3f;

export interface NetlinkAttribute {
  readonly type: number;
  /** Bytes; four of them in the CPU's order; ASCII with the NUL that ends it; or attributes. */
  readonly value: Uint8Array | number | string | readonly NetlinkAttribute[];
}

/** Four bytes in the CPU's order, as rtnetlink wants them. */
export function u32(type: number, value: number): NetlinkAttribute {
  return { type, value };
}

/** Four bytes in the network's order, as nftables wants them. */
export function be32(type: number, value: number): NetlinkAttribute {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, false);
  return { type, value: bytes };
}

/** ASCII with the NUL that ends it. Other characters become "?". */
export function text(type: number, value: string): NetlinkAttribute {
  return { type, value };
}

/** ASCII with the NUL that ends it, in `size` bytes or as many as it needs. Other characters become "?". */
export function cString(value: string, size = value.length + 1): Uint8Array {
  const bytes = new Uint8Array(size);
  putText(bytes, 0, value);
  return bytes;
}

export function encodeAttributes(attributes: readonly NetlinkAttribute[]): Uint8Array {
  const bytes = new Uint8Array(sizeOfAttributes(attributes));
  putAttributes(bytes, 0, attributes);
  return bytes;
}

/** With their padding. */
export function sizeOfAttributes(attributes: readonly NetlinkAttribute[]): number {
  let size = 0;
  for (let n = 0; n < attributes.length; n++) size += align(HEADER + sizeOfValue(attributes[n]?.value ?? ""));
  return size;
}

/** Into zeros, and by index: the messages of a start are put together in one array. Gives where the next byte goes. */
export function putAttributes(bytes: Uint8Array, at: number, attributes: readonly NetlinkAttribute[]): number {
  let end = at;
  for (let n = 0; n < attributes.length; n++) {
    const attribute = attributes[n];
    if (attribute === undefined) continue;
    const start = end;
    end = putValue(bytes, start + HEADER, attribute.value);
    putU16(bytes, start, end - start);
    putU16(bytes, start + 2, attribute.type);
    end = align(end);
  }
  return end;
}

/** The value of the first attribute of that type, in place. Throws RangeError when there is none. */
export function findValue(attributes: Uint8Array, type: number): Uint8Array {
  const view = new DataView(attributes.buffer, attributes.byteOffset, attributes.byteLength);
  for (let at = 0; at < attributes.length; at += align(view.getUint16(at, true))) {
    if (view.getUint16(at + 2, true) === type) return attributes.subarray(at + HEADER, at + view.getUint16(at, true));
  }
  throw new RangeError(`no attribute ${type}`);
}

function sizeOfValue(value: NetlinkAttribute["value"]): number {
  if (typeof value === "number") return 4;
  if (typeof value === "string") return value.length + 1;
  return value instanceof Uint8Array ? value.length : sizeOfAttributes(value);
}

function putValue(bytes: Uint8Array, at: number, value: NetlinkAttribute["value"]): number {
  if (typeof value === "number") {
    putU32(bytes, at, value);
    return at + 4;
  }
  if (typeof value === "string") {
    putText(bytes, at, value);
    return at + value.length + 1;
  }
  if (!(value instanceof Uint8Array)) return putAttributes(bytes, at, value);
  bytes.set(value, at);
  return at + value.length;
}

/** Other characters than ASCII become "?". */
export function putText(bytes: Uint8Array, at: number, value: string): void {
  for (let n = 0; n < value.length; n++) {
    const code = value.charCodeAt(n);
    bytes[at + n] = code < 0x80 ? code : QUESTION_MARK;
  }
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, value);
  putU16(bytes, at + 2, value >>> 16);
}

export function align(length: number): number {
  return (length + 3) & ~3;
}
