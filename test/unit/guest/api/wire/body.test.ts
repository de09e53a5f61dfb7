import { describe, expect, test } from "vitest";
import { type BodyFraming, BodyReader, requestFraming, responseFraming } from "../../../../../guest/api/wire/body.ts";
import { CHUNK_END, chunkHead, LAST_CHUNK } from "../../../../../guest/api/wire/chunked.ts";
import { createRandom, cutRandomly, integer } from "../random.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Read {
  readonly text: string;
  readonly rest: string;
  readonly done: boolean;
}

function readBody(framing: BodyFraming, pieces: readonly Uint8Array[]): Read | null {
  const reader = new BodyReader(framing);
  const data: number[] = [];
  const rest: number[] = [];
  let done = false;
  for (const piece of pieces) {
    if (done) {
      rest.push(...piece);
      continue;
    }
    const result = reader.push(piece);
    if (result === null) return null;
    for (const part of result.data) data.push(...part);
    done = result.done;
    rest.push(...result.rest);
  }
  return { text: decoder.decode(new Uint8Array(data)), rest: decoder.decode(new Uint8Array(rest)), done };
}

describe("how the end of a body is known", () => {
  test("a request without a length has no body", () => {
    expect(requestFraming(new Map())).toEqual({ kind: "none" });
  });

  test("a length is a whole number, anything else is refused", () => {
    expect(requestFraming(new Map([["content-length", "12"]]))).toEqual({ kind: "length", length: 12 });
    for (const wrong of ["-1", "1.5", "0x10", "", "12, 12", "9".repeat(16)]) {
      expect(requestFraming(new Map([["content-length", wrong]]))).toBeNull();
    }
  });

  test("a length beside the chunked coding is refused: request smuggling", () => {
    const both = new Map([
      ["content-length", "1"],
      ["transfer-encoding", "chunked"],
    ]);
    expect(requestFraming(both)).toBeNull();
    expect(requestFraming(new Map([["transfer-encoding", "gzip"]]))).toBeNull();
  });

  test("a response without a length ends with its connection", () => {
    expect(responseFraming(new Map(), false)).toEqual({ kind: "close" });
    expect(responseFraming(new Map([["content-length", "5"]]), true)).toEqual({ kind: "none" });
  });
});

describe("reading a body", () => {
  test("a body of known length leaves what follows alone", () => {
    expect(readBody({ kind: "length", length: 3 }, [encoder.encode("abcGET")])).toEqual({
      text: "abc",
      rest: "GET",
      done: true,
    });
  });

  test("what was written in chunks is read, however it was cut on the way", () => {
    const random = createRandom(3);
    for (let round = 0; round < 300; round++) {
      const parts = Array.from({ length: integer(random, 5) }, () => "x".repeat(1 + integer(random, 30)));
      const wire = parts.map((part) => chunkHead(part.length) + part + CHUNK_END).join("") + LAST_CHUNK;
      const result = readBody({ kind: "chunked" }, cutRandomly(random, encoder.encode(`${wire}next`)));
      expect(result).toEqual({ text: parts.join(""), rest: "next", done: true });
    }
  });

  test("extensions and trailers are read over", () => {
    const wire = "3;name=value\r\nabc\r\n0\r\nTrailer: x\r\n\r\n";
    expect(readBody({ kind: "chunked" }, [encoder.encode(wire)])).toEqual({ text: "abc", rest: "", done: true });
  });

  test.each(["zz\r\n", "-1\r\n", "3\r\nabcX\r\n", "\r\n", "1\r\r\n", `${"1".repeat(5000)}`, "123456789\r\n"])(
    "%j is not the chunked coding",
    (wire) => {
      expect(readBody({ kind: "chunked" }, [encoder.encode(wire)])).toBeNull();
    },
  );

  test("no bytes make the decoder throw", () => {
    const random = createRandom(5);
    for (let round = 0; round < 2000; round++) {
      const alphabet = encoder.encode("0123456789abcdef\r\n;x");
      const bytes = new Uint8Array(integer(random, 60)).map(() => alphabet[integer(random, alphabet.length)] ?? 0);
      const result = readBody({ kind: "chunked" }, cutRandomly(random, bytes));
      expect(result === null || result.text.length <= bytes.length).toBe(true);
    }
  });
});
