/**
 * Everything of a kind that the kernel holds, asked for at once: NLM_F_DUMP, netlink(7). The answer comes in as many
 * reads as it needs and ends with NLMSG_DONE. The socket asks about the network namespace it was opened in.
 */
import { AF_NETLINK, SOCK_CLOEXEC, SOCK_RAW } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { encodeRequest, type NetlinkRequest } from "./netlink.ts";

/** linux/netlink.h */
const NLM_F_DUMP = 0x300;
const NLM_F_DUMP_INTR = 0x10;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const HEADER = 16;

/** The kernel fills up to this much at once. */
const READ_SIZE = 32 << 10;
/** What changes while it is read is read again; what changes all the time is not worth waiting for. */
const ATTEMPTS = 4;

export interface NetlinkMessage {
  /** RTM_*, or subsystem and NFT_MSG_*. */
  readonly type: number;
  /** What follows the header of netlink: a fixed part, then attributes. */
  readonly body: Uint8Array;
}

/**
 * @param protocol NETLINK_ROUTE, NETLINK_NETFILTER …
 * @throws SysError what the kernel answered: EPERM, EOPNOTSUPP (it was built without), ENOENT …
 */
export function dumpNetlink(sys: Sys, protocol: number, request: NetlinkRequest): readonly NetlinkMessage[] {
  const socket = sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const messages = dumpOnce(sys, socket, request, attempt);
      if (messages !== null) return messages;
    }
    throw new SysError({ syscall: "netlink", code: "EAGAIN", errno: 11 });
  } finally {
    sys.close(socket);
  }
}

/** Null when the kernel says that something changed between two of its parts. */
function dumpOnce(sys: Sys, socket: number, request: NetlinkRequest, sequence: number): NetlinkMessage[] | null {
  sys.write(socket, encodeRequest({ ...request, flags: NLM_F_DUMP | (request.flags ?? 0) }, sequence));
  const messages: NetlinkMessage[] = [];
  let interrupted = false;
  for (;;) {
    for (const { flags, ...message } of splitMessages(sys.read(socket, READ_SIZE))) {
      if ((flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
      if (message.type === NLMSG_DONE) return interrupted ? null : messages;
      if (message.type === NLMSG_ERROR) throw refusal(message.body);
      messages.push(message);
    }
  }
}

function splitMessages(bytes: Uint8Array): readonly (NetlinkMessage & { readonly flags: number })[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: (NetlinkMessage & { readonly flags: number })[] = [];
  let at = 0;
  while (at + HEADER <= bytes.length) {
    const length = view.getUint32(at, true);
    if (length < HEADER || at + length > bytes.length) break;
    const body = bytes.subarray(at + HEADER, at + length);
    found.push({ type: view.getUint16(at + 4, true), flags: view.getUint16(at + 6, true), body });
    at += (length + 3) & ~3;
  }
  if (found.length === 0) throw new SysError({ syscall: "netlink", code: "EBADMSG", errno: 74 });
  return found;
}

const ERRNO: Readonly<Record<number, string>> = { 1: "EPERM", 2: "ENOENT", 22: "EINVAL", 95: "EOPNOTSUPP" };

function refusal(body: Uint8Array): SysError {
  const errno = Math.abs(new DataView(body.buffer, body.byteOffset).getInt32(0, true));
  return new SysError({ syscall: "netlink", code: ERRNO[errno] ?? `E${errno}`, errno });
}
