import { describe, expect, test } from "vitest";
import {
  HeadReader,
  type HeadResult,
  hasToken,
  MAX_HEAD,
  parseRequestLine,
  parseStatusLine,
} from "../../../../../guest/api/wire/head.ts";
import { createRandom, cutRandomly, integer } from "../random.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function readAll(pieces: readonly Uint8Array[]): HeadResult {
  const reader = new HeadReader();
  let result: HeadResult = { kind: "more" };
  for (const piece of pieces) {
    result = reader.push(piece);
    if (result.kind !== "more") return result;
  }
  return result;
}

function read(text: string): HeadResult {
  return readAll([encoder.encode(text)]);
}

describe("reading an HTTP head", () => {
  test("a head gives its start line, headers in lower case, and what follows it", () => {
    const result = read("GET / HTTP/1.1\r\nHost: docker\r\nX-Two:  b \r\n\r\nbody");
    if (result.kind !== "head") throw new Error(result.kind);
    expect(result.head.startLine).toBe("GET / HTTP/1.1");
    const { headers } = result.head;
    expect(["host", "x-two", "x-three"].map((name) => headers.get(name))).toEqual(["docker", "b", undefined]);
    expect([headers.has("host"), headers.has("x-three")]).toEqual([true, false]);
    expect(decoder.decode(result.rest)).toBe("body");
  });

  test("the result is the same however the bytes were cut", () => {
    const bytes = encoder.encode("POST /x HTTP/1.1\r\nContent-Length: 3\r\nX: é\r\n\r\nabc");
    const whole = readAll([bytes]);
    const random = createRandom(7);
    for (let round = 0; round < 200; round++) {
      const reader = new HeadReader();
      let head: HeadResult | null = null;
      const after: number[] = [];
      for (const piece of cutRandomly(random, bytes)) {
        if (head !== null) {
          after.push(...piece);
          continue;
        }
        const result = reader.push(piece);
        if (result.kind === "more") continue;
        head = result;
        if (result.kind === "head") after.push(...result.rest);
      }
      if (head?.kind !== "head" || whole.kind !== "head") throw new Error("no head");
      expect(head.head).toEqual(whole.head);
      expect(decoder.decode(new Uint8Array(after))).toBe("abc");
    }
  });

  test("repeated headers are joined", () => {
    const result = read("GET / HTTP/1.1\r\nA: 1\r\na: 2\r\n\r\n");
    expect(result.kind === "head" && result.head.headers.get("a")).toBe("1, 2");
  });

  test("line feeds alone end lines too, as typed by hand", () => {
    const result = read("GET / HTTP/1.0\nHost: x\n\nrest");
    expect(result.kind === "head" && result.head.headers.get("host")).toBe("x");
  });

  test.each([
    ["a header without colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n"],
    ["a blank in a header's name", "GET / HTTP/1.1\r\nA B: c\r\n\r\n"],
    ["a folded header", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"],
    ["a carriage return inside a line", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n"],
    ["a zero byte", "GET / HTTP/1.1\r\nA: \0\r\n\r\n"],
    ["an empty start line", "\r\n\r\n"],
    ["an empty header name", "GET / HTTP/1.1\r\n: x\r\n\r\n"],
  ])("%s is refused with 400", (_what, text) => {
    expect(read(text)).toMatchObject({ kind: "error", status: 400 });
  });

  test("a head beyond its bound is refused with 431, ended or not", () => {
    const long = `GET / HTTP/1.1\r\nA: ${"x".repeat(MAX_HEAD)}`;
    expect(read(long)).toMatchObject({ kind: "error", status: 431 });
    expect(read(`${long}\r\n\r\n`)).toMatchObject({ kind: "error", status: 431 });
  });

  test("no bytes make it throw or give a head that was not there", () => {
    const random = createRandom(99);
    for (let round = 0; round < 3000; round++) {
      const bytes = new Uint8Array(integer(random, 200)).map(() => {
        const kind = integer(random, 4);
        return kind === 0 ? 13 : kind === 1 ? 10 : integer(random, 256);
      });
      const result = readAll(cutRandomly(random, bytes));
      if (result.kind === "head") expect(result.head.startLine.length).toBeGreaterThan(0);
      expect(["more", "head", "error"]).toContain(result.kind);
    }
  });
});

describe("start lines", () => {
  test("a request line is taken apart", () => {
    expect(parseRequestLine("GET /v1.45/info?x=1 HTTP/1.1")).toEqual({
      method: "GET",
      target: "/v1.45/info?x=1",
      minor: 1,
    });
    expect(parseRequestLine("HEAD /_ping HTTP/1.0")?.minor).toBe(0);
  });

  test.each([
    "",
    "GET",
    "GET /",
    "GET  HTTP/1.1",
    "get / HTTP/1.1",
    "GET / HTTP/2.0",
    "GET /a b HTTP/1.1",
    "G\u00e9T / HTTP/1.1",
  ])("%j is no request line", (line) => {
    expect(parseRequestLine(line)).toBeNull();
  });

  test.each([
    ["HTTP/1.1 200 OK", 200],
    ["HTTP/1.0 404", 404],
    ["HTTP/1.1 101 UPGRADED", 101],
    ["HTTP/1.1 2000 OK", null],
    ["HTTP/1.1 abc", null],
    ["HTTP/2 200", null],
    ["nonsense", null],
  ])("the status of %j is %j", (line, status) => {
    expect(parseStatusLine(line)).toBe(status);
  });

  test("a token is found in a list, whatever its case", () => {
    expect(hasToken("keep-alive, Upgrade", "upgrade")).toBe(true);
    expect(hasToken("Close", "close")).toBe(true);
    expect(hasToken("upgraded", "upgrade")).toBe(false);
    expect(hasToken(undefined, "upgrade")).toBe(false);
  });
});
