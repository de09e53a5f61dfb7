import { describe, expect, test } from "vitest";
import { type KeyPress, KeyReader } from "../../../../web/terminal/key-reader.ts";

function press(key: string, held: Partial<KeyPress> = {}): KeyPress {
  return { type: "keydown", key, ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, ...held };
}

function readAll(...presses: readonly KeyPress[]): string | undefined {
  const reader = new KeyReader();
  return presses.map((one) => reader.read(one)).at(-1);
}

describe("the way out of the terminal", () => {
  test("Escape, then Tab leaves; then Shift+Tab leaves backwards", () => {
    expect(readAll(press("Escape"), press("Tab"))).toBe("leave");
    expect(readAll(press("Escape"), press("Shift", { shiftKey: true }), press("Tab", { shiftKey: true }))).toBe(
      "leave",
    );
  });

  test("Escape itself still reaches the program", () => {
    expect(readAll(press("Escape"))).toBe("program");
  });

  test("Tab alone completes, also after another key in between", () => {
    expect(readAll(press("Tab"))).toBe("program");
    expect(readAll(press("Escape"), press("d"), press("Tab"))).toBe("program");
  });

  test("a Tab that left does not leave twice", () => {
    expect(readAll(press("Escape"), press("Tab"), press("Tab"))).toBe("program");
  });

  test("letting a key go counts for nothing", () => {
    expect(readAll(press("Escape"), { ...press("Escape"), type: "keyup" }, press("Tab"))).toBe("leave");
  });
});

describe("shortcuts", () => {
  test("Ctrl+Shift+C, V and F are the page's; Ctrl+C is the program's", () => {
    const held = { ctrlKey: true, shiftKey: true };
    expect(["C", "V", "F"].map((key) => readAll(press(key, held)))).toEqual(["copy", "paste", "find"]);
    expect(readAll(press("c", { ctrlKey: true }))).toBe("program");
    expect(readAll(press("C", { ...held, altKey: true }))).toBe("program");
  });
});
