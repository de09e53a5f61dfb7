/**
 * How the kernel is told about interfaces: messages on a socket, a fixed header and then attributes {length, type, value}
 * padded to four bytes: netlink(7), rtnetlink(7). `ip link` speaks the same bytes. Numbers are in the CPU's own order.
 */
import { AF_NETLINK, NETLINK_ROUTE, SOCK_CLOEXEC, SOCK_RAW } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";

/** linux/netlink.h */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
const NLMSG_ERROR = 2;
const HEADER = 16;

export interface NetlinkRequest {
  /** RTM_* */
  readonly type: number;
  readonly flags?: number;
  /** The fixed part of this type of message: struct ifinfomsg, struct ifaddrmsg … */
  readonly body: Uint8Array;
  readonly attributes?: readonly NetlinkAttribute[];
}

export interface NetlinkAttribute {
  readonly type: number;
  readonly value: Uint8Array | readonly NetlinkAttribute[];
}

/** Errno by number, for the few that rtnetlink answers with. */
const ERRNO: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  16: "EBUSY",
  17: "EEXIST",
  19: "ENODEV",
  22: "EINVAL",
  34: "ERANGE",
  95: "EOPNOTSUPP",
  99: "EADDRNOTAVAIL",
  101: "ENETUNREACH",
};

/** One socket in the network namespace of the process that opens it: it stays there whatever the process does later. */
export class Netlink {
  readonly #sys: Sys;
  readonly #fd: number;
  #sequence = 0;

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#fd = sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  }

  /** Sends and waits for the kernel's word. Throws SysError when it is a no. */
  request(request: NetlinkRequest): void {
    this.#sequence += 1;
    this.#sys.write(this.#fd, encodeRequest(request, this.#sequence));
    const errno = decodeAck(this.#sys.read(this.#fd, 4096), this.#sequence);
    if (errno !== 0) throw new SysError({ syscall: "netlink", code: ERRNO[errno] ?? `E${errno}`, errno });
  }

  close(): void {
    this.#sys.close(this.#fd);
  }
}

export function encodeRequest(request: NetlinkRequest, sequence: number): Uint8Array {
  const attributes = encodeAttributes(request.attributes ?? []);
  const message = new Uint8Array(HEADER + align(request.body.length) + attributes.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length, true);
  view.setUint16(4, request.type, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_ACK | (request.flags ?? 0), true);
  view.setUint32(8, sequence, true);
  message.set(request.body, HEADER);
  message.set(attributes, HEADER + align(request.body.length));
  return message;
}

/** The positive errno of the answer to `sequence`, 0 for yes. */
export function decodeAck(answer: Uint8Array, sequence: number): number {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  if (answer.length < HEADER + 4 || view.getUint16(4, true) !== NLMSG_ERROR || view.getUint32(8, true) !== sequence) {
    throw new SysError({ syscall: "netlink", code: "EBADMSG", errno: 74 });
  }
  return Math.abs(view.getInt32(HEADER, true));
}

function encodeAttributes(attributes: readonly NetlinkAttribute[]): Uint8Array {
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

function align(length: number): number {
  return (length + 3) & ~3;
}
