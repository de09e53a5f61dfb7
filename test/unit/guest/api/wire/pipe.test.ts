import { describe, expect, test } from "vitest";
import {
  encodeFrame,
  type Frame,
  FrameDecoder,
  FrameType,
  HEADER_BYTES,
  MAX_PAYLOAD,
} from "../../../../../guest/api/wire/pipe.ts";

function bytes(length: number, seed = 7): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed) & 0xff);
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(frames.flatMap((frame) => [...frame]));
}

function decodeInPieces(stream: Uint8Array, size: number): readonly Frame[] {
  const decoder = new FrameDecoder();
  const frames: Frame[] = [];
  for (let at = 0; at < stream.length; at += size) frames.push(...decoder.push(stream.subarray(at, at + size)));
  return frames;
}

describe("a frame of the engine pipe", () => {
  test("is magic, type, channel, length and payload, little endian", () => {
    const frame = encodeFrame(FrameType.data, 0x1234, Uint8Array.of(9, 8, 7));
    expect([...frame]).toEqual([0xd7, 2, 0x34, 0x12, 3, 0, 0, 0, 9, 8, 7]);
  });

  test("HELLO begins with the eight bytes by which the guest finds it in garbage", () => {
    const frame = encodeFrame(FrameType.hello, 0, Uint8Array.of(1, 2, 3, 4));
    expect([...frame.subarray(0, HEADER_BYTES)]).toEqual([0xd7, 8, 0, 0, 4, 0, 0, 0]);
  });

  test("has the type numbers that guest/sys/pipe-link.h has", () => {
    expect(FrameType).toEqual({
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
    });
  });

  test("refuses a payload that the other side would not take", () => {
    expect(encodeFrame(FrameType.data, 1, bytes(MAX_PAYLOAD))).toHaveLength(MAX_PAYLOAD + HEADER_BYTES);
    expect(() => encodeFrame(FrameType.data, 1, bytes(MAX_PAYLOAD + 1))).toThrow(
      "a frame holds 16384 bytes, not 16385",
    );
  });
});

describe("the decoder", () => {
  const sent: readonly Frame[] = [
    { type: FrameType.hello, channel: 0, payload: bytes(4) },
    { type: FrameType.open, channel: 1, payload: new Uint8Array(0) },
    { type: FrameType.data, channel: 65_535, payload: bytes(300) },
    { type: FrameType.data2, channel: 2, payload: bytes(1) },
    { type: FrameType.close, channel: 2, payload: bytes(4, 1) },
  ];
  const stream = joined(sent.map(({ type, channel, payload }) => encodeFrame(type, channel, payload)));

  for (const size of [1, 2, 7, 8, 9, 64, stream.length])
    test(`gives the same frames from pieces of ${size} bytes`, () => {
      const frames = decodeInPieces(stream, size);
      expect(frames.map((frame) => ({ ...frame, payload: [...frame.payload] }))).toEqual(
        sent.map((frame) => ({ ...frame, payload: [...frame.payload] })),
      );
    });

  test("keeps an incomplete frame back until the rest has come", () => {
    const decoder = new FrameDecoder();
    const frame = encodeFrame(FrameType.data, 3, bytes(100));
    expect(decoder.push(frame.subarray(0, 99))).toEqual([]);
    const [whole] = decoder.push(frame.subarray(99));
    expect([...(whole?.payload ?? [])]).toEqual([...bytes(100)]);
  });

  test("takes a full frame", () => {
    const frames = decodeInPieces(encodeFrame(FrameType.data, 1, bytes(MAX_PAYLOAD)), 4096);
    expect(frames.map((frame) => frame.payload.length)).toEqual([MAX_PAYLOAD]);
  });

  test("does not change a kept rest when the caller uses its buffer again", () => {
    const decoder = new FrameDecoder();
    const frame = encodeFrame(FrameType.data, 3, bytes(10));
    const buffer = frame.slice(0, 12);
    decoder.push(buffer);
    buffer.fill(0);
    const [whole] = decoder.push(frame.subarray(12));
    expect([...(whole?.payload ?? [])]).toEqual([...bytes(10)]);
  });

  test("says so when the stream is not made of frames", () => {
    expect(() => new FrameDecoder().push(bytes(8, 1))).toThrow("not a frame");
  });

  test("refuses a length that no frame has", () => {
    const frame = encodeFrame(FrameType.data, 1, bytes(1));
    new DataView(frame.buffer).setUint32(4, MAX_PAYLOAD + 1, true);
    expect(() => new FrameDecoder().push(frame)).toThrow("not a frame");
  });
});
