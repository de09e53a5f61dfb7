import { expect, test } from "vitest";
import { SourceLines } from "../../../guest/engine/trace/source-lines.ts";
import { packSourceLines } from "../../../kernel-image/source-lines.ts";

const BUNDLE = `// a.ts
function one() {
  first();
  second(third());
}
// b.ts
fourth();
`;

/** Generated column, source, source line and column of each segment, relative as the format wants them; by hand. */
const MAP = { sources: ["../a.ts", "../b.ts"], mappings: ";AAEA;EACE;EAEA,OACE;AACF;;ACJA" };

const lines = read(packSourceLines(BUNDLE, MAP, (source) => source.slice(3)));

function read(packed: Uint8Array): SourceLines {
  return new SourceLines(Uint8Array.from(packed), (bytes) => new TextDecoder().decode(bytes));
}

test.each([
  ["the first line with a source", 2, 1, { file: "a.ts", line: 3 }],
  ["a line below it", 3, 3, { file: "a.ts", line: 4 }],
  ["a line before which the source has one more", 4, 3, { file: "a.ts", line: 6 }],
  ["the middle of a line, which came from the next one", 4, 12, { file: "a.ts", line: 7 }],
  ["the line after that", 5, 1, { file: "a.ts", line: 8 }],
  ["another file", 7, 1, { file: "b.ts", line: 4 }],
])("%s is found again", (_, line, column, place) => {
  expect(lines.find(line, column)).toEqual(place);
});

test("what comes before the first source is nobody's", () => {
  expect(lines.find(1, 1)).toBeNull();
  expect(read(packSourceLines("", { sources: [], mappings: "" }, String)).find(5, 5)).toBeNull();
});

test("a bundle whose lines do not fit into the numbers is not packed", () => {
  const far = { sources: ["../a.ts"], mappings: `${";".repeat(65_535)}AAAA` };
  expect(() => packSourceLines("\n".repeat(65_536), far, String)).toThrow("too large for its line numbers: 65536");
});
