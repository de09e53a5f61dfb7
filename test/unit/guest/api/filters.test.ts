import { expect, test } from "vitest";
import { parseFilters } from "../../../../guest/api/routes/filters.ts";
import { createRandom, integer, pick } from "./random.ts";

test("filters are the same in both spellings, and what is chosen with false is not chosen", () => {
  const random = createRandom(1);
  for (let round = 0; round < 1000; round++) {
    const names = ["label", "name", "status", "id"].slice(integer(random, 4));
    const chosen = names.map((name) => {
      const values = ["a=b", "x", "", "ü", "{"].filter(() => random() < 0.5);
      return [name, values] as const;
    });
    const maps = chosen.map(([name, values]) => {
      const entries = values.map((value) => [value, true] as const);
      return [name, Object.fromEntries([...entries, ["off", false]])];
    });
    const parsed = parseFilters(JSON.stringify(Object.fromEntries(chosen)));
    expect(parsed).toEqual(new Map(chosen));
    expect(parseFilters(JSON.stringify(Object.fromEntries(maps)))).toEqual(parsed);
  }
});

test("anything else is refused in words, whatever it is", () => {
  const random = createRandom(2);
  for (let round = 0; round < 1000; round++) {
    const text = Array.from({ length: 1 + integer(random, 8) }, () => pick(random, [...'{}[]":,a1 '])).join("");
    try {
      expect(parseFilters(text)).toBeInstanceOf(Map);
    } catch (error) {
      expect(String(error)).toContain("is not a map of filters");
    }
  }
});
