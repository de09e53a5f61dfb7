/**
 * How the kernel is told about interfaces, addresses, routes and packet filters: messages on a socket, a fixed header and
 * then attributes: netlink(7), rtnetlink(7). `ip` and `nft` speak the same bytes. Numbers are in the CPU's own order.
 */
import { AF_NETLINK, NETLINK_ROUTE, SOCK_CLOEXEC, SOCK_RAW } from "../../sys/constants.ts";
import { errnoName } from "../../sys/errno.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { align, findValue, type NetlinkAttribute, putAttributes, putU16, putU32, sizeOfAttributes } from "./encode.ts";

/** linux/netlink.h */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
const NLMSG_ERROR = 2;
const HEADER = 16;
/** Where in the header its number is. */
const SEQUENCE = 8;
/** An answer repeats the message that it is about: all but its beginning may be lost. */
const ANSWER_MAX = 4096;

export interface NetlinkRequest {
  /** RTM_*, or the number of a subsystem and NFT_MSG_*. */
  readonly type: number;
  readonly flags?: number;
  /** The fixed part of this type of message: struct ifinfomsg, struct ifaddrmsg … */
  readonly body: Uint8Array;
  readonly attributes?: readonly NetlinkAttribute[];
}

interface Answer {
  readonly sequence: number;
  /** Positive; 0 is yes. */
  readonly errno: number;
}

/** One socket in the network namespace of the process that opens it: it stays there whatever the process does later. */
export class Netlink {
  readonly #sys: Sys;
  readonly #fd: number;
  #sequence = 0;

  /** NETLINK_ROUTE, NETLINK_NETFILTER. */
  constructor(sys: Sys, protocol = NETLINK_ROUTE) {
    this.#sys = sys;
    this.#fd = sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  }

  /** Sends and waits for the kernel's word. Throws SysError when it is a no. */
  request(request: NetlinkRequest): void {
    this.requestAll([request]);
  }

  /**
   * One message to the kernel with all of them, in order. Only the last one's answer is asked for, a no comes for each.
   * Throws the first no as SysError; rtnetlink has then done the others, nftables none of them.
   */
  requestAll(requests: readonly NetlinkRequest[]): void {
    this.send(new NetlinkBatch(requests));
  }

  /** The same with messages that are put together already. */
  send(batch: NetlinkBatch): void {
    const first = this.#sequence + 1;
    const last = this.#sequence + batch.size;
    this.#sequence = last;
    this.#sys.write(this.#fd, batch.numbered(first));
    let refused = 0;
    for (let sequence = 0; sequence !== last; ) {
      const answer = decodeAnswer(this.#sys.read(this.#fd, ANSWER_MAX));
      if (answer.sequence < first || answer.sequence > last) throw badAnswer();
      if (refused === 0) refused = answer.errno;
      // A batch of nftables that may not even begin has no other answer.
      sequence = answer.sequence === first && answer.errno !== 0 ? last : answer.sequence;
    }
    if (refused !== 0) throw new SysError({ syscall: "netlink", code: errnoName(refused), errno: refused });
  }

  close(): void {
    this.#sys.close(this.#fd);
  }
}

/**
 * Messages that go out as one. Those that every container needs are put together once: they differ in a few bytes, which
 * are written where they stand.
 */
export class NetlinkBatch {
  readonly #bytes: Uint8Array;
  /** Where each message begins, and its fixed part ends. */
  readonly #messages: readonly { readonly start: number; readonly attributes: number }[];

  constructor(requests: readonly NetlinkRequest[]) {
    this.#bytes = new Uint8Array(requests.reduce((size, request) => size + sizeOfRequest(request), 0));
    let at = 0;
    this.#messages = requests.map((request, n) => {
      const start = at;
      at = putRequest(this.#bytes, at, request, { sequence: 0, flags: n === requests.length - 1 ? NLM_F_ACK : 0 });
      return { start, attributes: start + HEADER + align(request.body.length) };
    });
  }

  /** How many messages. */
  get size(): number {
    return this.#messages.length;
  }

  /** The bytes of all, with sequence numbers from `first` on. */
  numbered(first: number): Uint8Array {
    for (let n = 0; n < this.#messages.length; n++) {
      putU32(this.#bytes, (this.#messages[n]?.start ?? 0) + SEQUENCE, first + n);
    }
    return this.#bytes;
  }

  /** The value of an attribute of message `n`, for others to be written over it. Throws RangeError when it has none. */
  value(n: number, type: number): Uint8Array {
    const end = this.#messages[n + 1]?.start ?? this.#bytes.length;
    return findValue(this.#bytes.subarray(this.#messages[n]?.attributes ?? end, end), type);
  }
}

export function encodeRequest(request: NetlinkRequest, sequence: number): Uint8Array {
  const bytes = new Uint8Array(sizeOfRequest(request));
  putRequest(bytes, 0, request, { sequence, flags: 0 });
  return bytes;
}

function sizeOfRequest({ body, attributes = [] }: NetlinkRequest): number {
  return HEADER + align(body.length) + sizeOfAttributes(attributes);
}

/** struct nlmsghdr {length, type, flags, sequence, port} and what follows. Gives where the next one begins. */
function putRequest(
  bytes: Uint8Array,
  at: number,
  request: NetlinkRequest,
  header: { readonly sequence: number; readonly flags: number },
): number {
  bytes.set(request.body, at + HEADER);
  const end = putAttributes(bytes, at + HEADER + align(request.body.length), request.attributes ?? []);
  putU32(bytes, at, end - at);
  putU16(bytes, at + 4, request.type);
  putU16(bytes, at + 6, NLM_F_REQUEST | (request.flags ?? 0) | header.flags);
  putU32(bytes, at + SEQUENCE, header.sequence);
  return end;
}

/** Throws SysError EBADMSG for what is no answer. */
export function decodeAnswer(bytes: Uint8Array): Answer {
  if (bytes.length < HEADER + 4 || (readI32(bytes, 4) & 0xffff) !== NLMSG_ERROR) throw badAnswer();
  return { sequence: readI32(bytes, SEQUENCE) >>> 0, errno: Math.abs(readI32(bytes, HEADER)) };
}

function readI32(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function badAnswer(): SysError {
  return new SysError({ syscall: "netlink", code: "EBADMSG", errno: 74 });
}
