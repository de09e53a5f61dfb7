import { expect, test } from "vitest";
import { ScreenWriter } from "../../../../web/terminal/screen-writer.ts";

/** A terminal that reads when it is told to. */
function makeTerminal() {
  const unread: (() => void)[] = [];
  return {
    write: (_bytes: string | Uint8Array, read?: () => void) => void unread.push(read ?? (() => undefined)),
    readNext: () => unread.shift()?.(),
  };
}

/** Whether `promise` is kept by now. */
async function isKept(promise: Promise<void>): Promise<boolean> {
  let kept = false;
  void promise.then(() => {
    kept = true;
  });
  await new Promise((resolve) => setTimeout(resolve));
  return kept;
}

const piece = new Uint8Array(200_000);

test("a terminal that keeps up never holds the machine back", async () => {
  const terminal = makeTerminal();
  const writer = new ScreenWriter(terminal);
  for (let count = 0; count < 10; count += 1) {
    expect(await isKept(writer.write(piece, () => undefined))).toBe(true);
    terminal.readNext();
  }
});

test("a terminal that falls behind holds the machine back until it has read", async () => {
  const terminal = makeTerminal();
  const writer = new ScreenWriter(terminal);
  await writer.write(piece, () => undefined);
  const second = writer.write(piece, () => undefined);
  expect(await isKept(second)).toBe(false);
  terminal.readNext();
  expect(await isKept(second)).toBe(false);
  terminal.readNext();
  expect(await isKept(second)).toBe(true);
});

test("each piece is reported when it is read, held back or not", () => {
  const terminal = makeTerminal();
  const writer = new ScreenWriter(terminal);
  const read: string[] = [];
  void writer.write(piece, () => read.push("first"));
  void writer.write(piece, () => read.push("second"));
  expect(read).toEqual([]);
  terminal.readNext();
  expect(read).toEqual(["first"]);
  terminal.readNext();
  expect(read).toEqual(["first", "second"]);
});
