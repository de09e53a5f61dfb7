/** What follows the fixed part of a netlink message: attributes {length, type, value}, padded to four bytes: netlink(7). */

export interface NetlinkAttribute {
  readonly type: number;
  readonly value: Uint8Array | readonly NetlinkAttribute[];
}

/** Four bytes in the CPU's order, as rtnetlink wants them. */
export function u32(type: number, value: number): NetlinkAttribute {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return { type, value: bytes };
}

/** Four bytes in the network's order, as nftables wants them. */
export function be32(type: number, value: number): NetlinkAttribute {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, false);
  return { type, value: bytes };
}

/** ASCII with the NUL that ends it. */
export function text(type: number, value: string): NetlinkAttribute {
  return { type, value: cString(value) };
}

/** ASCII with the NUL that ends it, in `size` bytes or as many as it needs. Other characters become "?". */
export function cString(value: string, size = value.length + 1): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    bytes[at] = code < 0x80 ? code : 0x3f;
  }
  return bytes;
}

export function encodeAttributes(attributes: readonly NetlinkAttribute[]): Uint8Array {
  const parts = attributes.map(encodeAttribute);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function encodeAttribute({ type, value }: NetlinkAttribute): Uint8Array {
  const payload = value instanceof Uint8Array ? value : encodeAttributes(value);
  const bytes = new Uint8Array(align(4 + payload.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + payload.length, true);
  view.setUint16(2, type, true);
  bytes.set(payload, 4);
  return bytes;
}

export function align(length: number): number {
  return (length + 3) & ~3;
}
