import { expect, test } from "vitest";
import { decodePercent, formatQuery, isTrue, parseQuery } from "../../../../../guest/api/wire/query.ts";
import { createRandom, integer } from "../random.ts";

test("a query is read as Go reads it: first value wins, plus is a blank", () => {
  const query = parseQuery("a=1&b=two+words&a=2&empty=&flag&%C3%A9=%26");
  expect([...query]).toEqual([
    ["a", "1"],
    ["b", "two words"],
    ["empty", ""],
    ["flag", ""],
    ["é", "&"],
  ]);
});

test("an escape that cannot be decoded stays as it is", () => {
  expect(decodePercent("100%zz")).toBe("100%zz");
  expect(decodePercent("%ff")).toBe("%ff");
});

test("undefined and false are left out, true is 1", () => {
  expect(formatQuery({ a: undefined, b: false, c: true, d: 0, e: "x y&" })).toBe("?c=1&d=0&e=x%20y%26");
  expect(formatQuery({})).toBe("");
});

test("what is written is read", () => {
  const random = createRandom(2);
  for (let round = 0; round < 300; round++) {
    const text = String.fromCharCode(...Array.from({ length: integer(random, 12) }, () => 1 + integer(random, 600)));
    const written = formatQuery({ value: text });
    expect(parseQuery(written.slice(1)).get("value")).toBe(text);
  }
});

test.each([
  ["1", true],
  ["true", true],
  ["yes", true],
  ["0", false],
  ["False", false],
  ["no", false],
  ["none", false],
  ["", false],
  [undefined, false],
])("the form value %j is %j", (value, expected) => {
  expect(isTrue(value)).toBe(expected);
});
