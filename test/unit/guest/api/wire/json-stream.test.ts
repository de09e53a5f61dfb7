import { expect, test } from "vitest";
import { JsonStreamReader } from "../../../../../guest/api/wire/json-stream.ts";
import { createRandom, cutRandomly } from "../random.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const text = { encode: (value: string) => encoder.encode(value), decode: (bytes: Uint8Array) => decoder.decode(bytes) };

test("objects come whole, however the stream was cut", () => {
  const values = [{ status: "one", é: "ü" }, { nested: { deep: ["}", "{"] } }, { text: "a\nb" }];
  const bytes = encoder.encode(values.map((value) => `${JSON.stringify(value)}\r\n`).join(""));
  const random = createRandom(4);
  for (let round = 0; round < 100; round++) {
    const reader = new JsonStreamReader(text);
    expect(cutRandomly(random, bytes).flatMap((piece) => reader.push(piece))).toEqual(values);
  }
});

test("an object spread over lines is complete when it parses", () => {
  const reader = new JsonStreamReader(text);
  expect(reader.push(encoder.encode('{\n "a": 1\n}\n{"b":2}\n'))).toEqual([{ a: 1 }, { b: 2 }]);
});
