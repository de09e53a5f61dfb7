import { expect, test } from "vitest";
import { formatTable } from "../../../../../guest/cli/output/table.ts";

test("a column is as wide as its widest cell and three spaces, never narrower than ten", () => {
  expect(
    formatTable([
      ["ID", "IMAGE", "NAMES"],
      ["1", "a-longer-image", "web"],
    ]),
  ).toBe("ID        IMAGE            NAMES\n1         a-longer-image   web\n");
});

test("characters count, not code units: one row with an emoji stands under its heading like the others", () => {
  expect(
    formatTable([
      ["COMMAND", "NAMES"],
      ["echo 🐳🐳🐳🐳", "whale"],
      ["echo äöü…", "letters"],
    ]),
  ).toBe("COMMAND     NAMES\necho 🐳🐳🐳🐳   whale\necho äöü…   letters\n");
});

test("a last cell is not padded, and an empty one leaves its column empty", () => {
  expect(
    formatTable([
      ["A", "B", "C"],
      ["", "", ""],
    ]),
  ).toBe("A         B         C\n                    \n");
});
