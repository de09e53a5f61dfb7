/** FakeKernel that listens to netlink: it keeps what it is told and answers as the kernel does, netlink(7). */
import { NLM_F_ACK } from "../../../../guest/runtime/net/netlink.ts";
import { AF_NETLINK } from "../../../../guest/sys/constants.ts";
import { errnoNumber } from "../../../../guest/sys/errno.ts";
import { FakeKernel } from "./fake-kernel.ts";

export interface Told {
  /** RTM_*, or subsystem and NFT_MSG_*. */
  readonly type: number;
  readonly flags: number;
  /** Behind the header. */
  readonly body: Uint8Array;
}

const HEADER = 16;

export class NetlinkKernel extends FakeKernel {
  readonly told: Told[] = [];
  /** Messages of this type are refused. */
  refuses: { readonly type: number; readonly code: string } | null = null;
  readonly #waiting = new Map<number, Uint8Array[]>();

  override socket(domain: number, type: number, protocol: number): number {
    const fd = super.socket(domain, type, protocol);
    if (domain === AF_NETLINK) this.#waiting.set(fd, []);
    return fd;
  }

  override write(fd: number, data: Uint8Array): number {
    const answers = this.#waiting.get(fd);
    if (answers === undefined) return super.write(fd, data);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (let at = 0; at < data.length; at += (view.getUint32(at, true) + 3) & ~3) {
      const flags = view.getUint16(at + 6, true);
      const type = view.getUint16(at + 4, true);
      this.told.push({ type, flags, body: data.slice(at + HEADER, at + view.getUint32(at, true)) });
      const errno = this.refuses?.type === type ? errnoNumber(this.refuses.code) : 0;
      if (errno !== 0 || (flags & NLM_F_ACK) !== 0) answers.push(answer(view.getUint32(at + 8, true), errno));
    }
    return data.length;
  }

  override read(fd: number, length: number): Uint8Array {
    const answers = this.#waiting.get(fd);
    if (answers === undefined) return super.read(fd, length);
    const next = answers.shift();
    if (next === undefined) throw new Error("the kernel has nothing to say: this read would wait for ever");
    return next;
  }
}

function answer(sequence: number, errno: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(36));
  view.setUint32(0, 36, true);
  view.setUint16(4, 2, true);
  view.setUint32(8, sequence, true);
  view.setInt32(HEADER, -errno, true);
  return new Uint8Array(view.buffer);
}
