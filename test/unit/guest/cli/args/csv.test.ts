import { describe, expect, test } from "vitest";
import { splitCsv } from "../../../../../guest/cli/args/csv.ts";

describe("a line of CSV", () => {
  test.each([
    ["a,b", ["a", "b"]],
    ["a,", ["a", ""]],
    [",", ["", ""]],
    ['type=bind,"source=/a,b",target=/x', ["type=bind", "source=/a,b", "target=/x"]],
    ['"so""urce"', ['so"urce']],
    ['"",""', ["", ""]],
  ])("%s", (line, fields) => expect(splitCsv(line)).toEqual(fields));

  // As the Docker CLI 26.1.5 words it for `--mount`.
  test.each([
    ["", "EOF"],
    ["\n", "EOF"],
    ['a"b=c', 'parse error on line 1, column 2: bare " in non-quoted-field'],
    ['type=bind,ü"=x', 'parse error on line 1, column 13: bare " in non-quoted-field'],
    ['type=bind,src="/a"', 'parse error on line 1, column 15: bare " in non-quoted-field'],
    ['type=bind,"source=/a', 'parse error on line 1, column 21: extraneous or missing " in quoted-field'],
    ['"type=bind"x,src=/a', 'parse error on line 1, column 11: extraneous or missing " in quoted-field'],
    ['"a"b"', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
  ])("%j is refused", (line, message) => expect(() => splitCsv(line)).toThrow(message));
});
