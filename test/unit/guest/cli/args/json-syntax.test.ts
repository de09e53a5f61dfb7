import { describe, expect, test } from "vitest";
import { findJsonProblem } from "../../../../../guest/cli/args/json-syntax.ts";
import { createRandom, pick } from "../../api/random.ts";

function problem(text: string, more = false): string | null {
  const found = findJsonProblem(new TextEncoder().encode(text), more);
  if (found === null) return null;
  return found.kind === "end" ? "end" : found.message;
}

describe("what is wrong with a JSON text", () => {
  // As the Docker CLI 26.1.5 words it for `--security-opt seccomp=FILE`.
  test.each([
    ["{bad", "invalid character 'b' looking for beginning of object key string"],
    ["", "end"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ["nul", "invalid character ' ' in literal null (expecting 'l')"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{"a":1', "end"],
    ['{"a":"b', "end"],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['{"a":-}', "invalid character '}' in numeric literal"],
    ['{"a":1.}', "invalid character '}' after decimal point in numeric literal"],
    ['{"a":1e}', "invalid character '}' in exponent of numeric literal"],
    ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
    ['{"a":"\t"}', "invalid character '\\t' in string literal"],
    ["{} x", "invalid character 'x' after top-level value"],
    ['{"a":1]', "invalid character ']' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ['{"a":"\\u12g"}', "invalid character 'g' in \\u hexadecimal character escape"],
    ["{1", "invalid character '1' looking for beginning of object key string"],
    ["é", "invalid character 'Ã' looking for beginning of value"],
  ])("%j", (text, message) => expect(problem(text)).toBe(message));

  test("what follows is not looked at where it is somebody else's", () => {
    expect(problem("{} x", true)).toBeNull();
  });

  test("it is wrong exactly where JSON.parse() refuses", () => {
    const random = createRandom(7);
    const letters = [...'{}[]:,"\\ \n0123456789-+.eEtrufalsn\u0001é'];
    const seeds = ['{"a":[1,2.5e-3,{"b":"\\u00e9\\n"}],"c":null}', "[true,false,null,-0,10]", '"text"', "12"];
    for (let count = 0; count < 4000; count++) {
      const text = [...pick(random, seeds)];
      for (let edits = 0; edits < 1 + (count % 3); edits++) {
        text.splice(Math.floor(random() * (text.length + 1)), Math.floor(random() * 2), pick(random, letters));
      }
      const whole = text.join("");
      let refused = false;
      try {
        JSON.parse(whole);
      } catch {
        refused = true;
      }
      expect([whole, problem(whole) !== null]).toEqual([whole, refused]);
    }
  });
});
