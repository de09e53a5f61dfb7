/** Frames of the engine pipe; guest/sys/pipe-link.h is the other end and explains each type. */
export const FrameType = {
  open: 1,
  data: 2,
  end: 3,
  close: 4,
  resize: 5,
  window: 6,
  sync: 7,
  hello: 8,
  data2: 9,
  ack: 10,
} as const;

export interface Frame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Uint8Array;
}

export const HEADER_BYTES = 8;
export const MAX_PAYLOAD = 16_384;
const MAGIC = 0xd7;

export function encodeFrame(type: number, channel: number, payload: Uint8Array): Uint8Array {
  if (payload.length > MAX_PAYLOAD) throw new Error(`a frame holds ${MAX_PAYLOAD} bytes, not ${payload.length}`);
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, MAGIC);
  view.setUint8(1, type);
  view.setUint16(2, channel, true);
  view.setUint32(4, payload.length, true);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** Takes frames out of a stream that comes in pieces of any size. */
export class FrameDecoder {
  #rest = new Uint8Array(0);

  push(bytes: Uint8Array): readonly Frame[] {
    let whole = bytes;
    if (this.#rest.length > 0) {
      whole = new Uint8Array(this.#rest.length + bytes.length);
      whole.set(this.#rest);
      whole.set(bytes, this.#rest.length);
    }
    const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
    const frames: Frame[] = [];
    let at = 0;
    while (whole.length - at >= HEADER_BYTES) {
      const length = view.getUint32(at + 4, true);
      if (view.getUint8(at) !== MAGIC || length > MAX_PAYLOAD)
        throw new Error("the pipe carries something that is not a frame");
      if (whole.length - at < HEADER_BYTES + length) break;
      const payload = whole.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
      frames.push({ type: view.getUint8(at + 1), channel: view.getUint16(at + 2, true), payload });
      at += HEADER_BYTES + length;
    }
    this.#rest = whole.slice(at);
    return frames;
  }
}
