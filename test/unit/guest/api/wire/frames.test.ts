import { expect, test } from "vitest";
import { FrameReader, frameHead } from "../../../../../guest/api/wire/frames.ts";
import { createRandom, cutRandomly, integer } from "../random.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function frame(stream: number, text: string): number[] {
  const body = encoder.encode(text);
  return [...frameHead(stream, body.length), ...body];
}

test("frames come out by stream, however they were cut", () => {
  const bytes = new Uint8Array([...frame(1, "hello "), ...frame(2, "oops"), ...frame(1, ""), ...frame(1, "world")]);
  const random = createRandom(1);
  for (let round = 0; round < 100; round++) {
    const seen = { stdin: "", stdout: "", stderr: "", system: "" };
    const reader = new FrameReader((stream, data) => {
      seen[stream] += decoder.decode(data);
    });
    for (const piece of cutRandomly(random, bytes)) expect(reader.push(piece)).toBe(true);
    expect(seen).toEqual({ stdin: "", stdout: "hello world", stderr: "oops", system: "" });
    expect(reader.partial).toBe(false);
  }
});

test("a length over 2 GB stays positive", () => {
  expect([...frameHead(1, 0xfffffff0)]).toEqual([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xf0]);
});

test("a stream number that does not exist ends the reading", () => {
  const reader = new FrameReader(() => {});
  expect(reader.push(new Uint8Array([9, 0, 0, 0, 0, 0, 0, 1, 65]))).toBe(false);
});

test("a connection that is cut in the middle of a frame can be told", () => {
  const reader = new FrameReader(() => {});
  reader.push(new Uint8Array(frame(1, "abc").slice(0, 9)));
  expect(reader.partial).toBe(true);
});

test("no bytes make the reader throw", () => {
  const random = createRandom(11);
  const outcomes = new Set<boolean>();
  for (let round = 0; round < 500; round++) {
    const reader = new FrameReader(() => {});
    const bytes = new Uint8Array(40).map(() => integer(random, 6));
    outcomes.add(cutRandomly(random, bytes).every((piece) => reader.push(piece)));
  }
  expect(outcomes).toEqual(new Set([true, false]));
});
