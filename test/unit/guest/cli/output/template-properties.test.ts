/** What must hold of `--format` for any template and any data: seeded, so that a failure comes again. */
import { expect, test } from "vitest";
import { Template, TemplateError } from "../../../../../guest/cli/output/template.ts";
import { createRandom, integer, pick } from "../../api/random.ts";

const ROUNDS = 1000;

type Random = () => number;

function execute(source: string, data: unknown): string {
  return new Template(source, { missing: () => null }).execute(data);
}

function textOf(random: Random, alphabet: readonly string[], longest: number): string {
  return Array.from({ length: integer(random, longest + 1) }, () => pick(random, alphabet)).join("");
}

/** Plain JSON of any shape. */
function jsonOf(random: Random, depth = 3): unknown {
  const kinds = depth === 0 ? 4 : 6;
  switch (integer(random, kinds)) {
    case 0:
      return null;
    case 1:
      return random() < 0.5;
    case 2:
      return integer(random, 2_000_000) - 1_000_000;
    case 3:
      return textOf(random, ["a", "Z", "é", "\n", '"', "\\", " ", "𝄞", "-"], 6);
    case 4:
      return Array.from({ length: integer(random, 4) }, () => jsonOf(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: integer(random, 4) }, (_, at) => [`K${at}`, jsonOf(random, depth - 1)]),
      );
  }
}

test("text without actions is printed as it is", () => {
  const random = createRandom(1);
  for (let round = 0; round < ROUNDS; round++) {
    const text = textOf(random, ["a", "{", "}}", " ", "\n", "-", "}", "é", "|"], 12).replace(/\{(?=\{)/g, "{ ");
    expect(execute(text, {})).toBe(text);
  }
});

test("json prints what JSON.parse reads back, whatever it is", () => {
  const random = createRandom(2);
  for (let round = 0; round < ROUNDS; round++) {
    const value = jsonOf(random);
    expect(JSON.parse(execute("{{json .}}", value))).toEqual(value);
  }
});

test("a range visits every element in order, with its index", () => {
  const random = createRandom(3);
  for (let round = 0; round < ROUNDS; round++) {
    const list = Array.from({ length: integer(random, 6) }, () => integer(random, 100));
    expect(execute("{{range $i, $x := .}}{{$i}}={{$x}};{{else}}none{{end}}", list)).toBe(
      list.length === 0 ? "none" : list.map((x, i) => `${i}=${x};`).join(""),
    );
  }
});

test("split takes apart what join puts together", () => {
  const random = createRandom(4);
  for (let round = 0; round < ROUNDS; round++) {
    const words = Array.from({ length: 1 + integer(random, 4) }, () => textOf(random, ["a", "b", " "], 3));
    expect(execute('{{join (split (join . ",") ",") ","}}', words)).toBe(words.join(","));
  }
});

test("trim markers eat the white space on their side, and nothing else", () => {
  const random = createRandom(5);
  for (let round = 0; round < ROUNDS; round++) {
    const before = textOf(random, ["a", " ", "\n", "\t"], 5);
    const after = textOf(random, ["b", " ", "\n", "\t"], 5);
    const [left, right] = [random() < 0.5, random() < 0.5];
    const text = execute(`${before}{{${left ? "- " : ""}"x"${right ? " -" : ""}}}${after}`, null);
    expect(text).toBe(`${left ? before.trimEnd() : before}x${right ? after.trimStart() : after}`);
  }
});

test("any source on any data prints something or is refused in words: it never breaks and never hangs", () => {
  const random = createRandom(6);
  const pieces = [
    ...["{{", "}}", "{{-", "-}}", " ", ".", ".K0", ".K1.K0", "$", "$x", ":=", "|", "(", ")", '"a"', "`", "1", "-1"],
    ...[
      "if ",
      "else",
      "end",
      "range ",
      "with ",
      "json",
      "len",
      "index",
      "join",
      "split",
      "upper",
      "println",
      "eq",
      "and",
    ],
    ...["/*", "*/", "\n", ",", "true", "nil", "printf"],
  ];
  for (let round = 0; round < 10 * ROUNDS; round++) {
    const source = textOf(random, pieces, 10);
    const data = jsonOf(random);
    try {
      expect(typeof execute(source, data)).toBe("string");
    } catch (error) {
      if (!(error instanceof TemplateError)) throw new Error(`${JSON.stringify(source)}: ${String(error)}`);
      expect(error.message).not.toBe("");
    }
  }
});
