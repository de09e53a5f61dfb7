import { expect, test } from "vitest";
import { Attributes } from "../../../../guest/runtime/net/attributes.ts";
import { dumpNetlink } from "../../../../guest/runtime/net/dump.ts";
import { type Sys, SysError } from "../../../../guest/sys/sys.ts";

const ERROR = 2;
const DONE = 3;
const INTERRUPTED = 0x12;

function message(type: number, flags: number, ...body: number[]): number[] {
  return [16 + body.length, 0, 0, 0, type, 0, flags, 0, ...new Array<number>(8).fill(0), ...body];
}

/** A socket that gives one answer a read. */
function scripted(answers: readonly number[][]): { readonly sys: Sys; readonly closed: number[]; asked(): number } {
  const closed: number[] = [];
  let asked = 0;
  let at = 0;
  const sys = {
    socket: () => 7,
    write: (_fd: number, data: Uint8Array) => {
      asked++;
      return data.length;
    },
    read: () => Uint8Array.from(answers[at++] ?? []),
    close: (fd: number) => closed.push(fd),
  };
  return { sys: sys as unknown as Sys, closed, asked: () => asked };
}

const REQUEST = { type: 18, body: new Uint8Array(16) };

test("a dump is read until the kernel says that it is done", () => {
  const { sys, closed } = scripted([[...message(16, 2, 1, 2, 3, 4), ...message(16, 2, 5, 6, 7, 8)], message(DONE, 2)]);
  expect(dumpNetlink(sys, 0, REQUEST).map(({ body }) => [...body])).toEqual([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ]);
  expect(closed).toEqual([7]);
});

test("what changed while it was read is read again", () => {
  const { sys, asked } = scripted([
    [...message(16, INTERRUPTED, 1, 0, 0, 0), ...message(DONE, INTERRUPTED)],
    [...message(16, 2, 2, 0, 0, 0), ...message(DONE, 2)],
  ]);
  expect(dumpNetlink(sys, 0, REQUEST).map(({ body }) => body[0])).toEqual([2]);
  expect(asked()).toBe(2);
});

test("the kernel's refusal is an error with its name, and the socket is closed", () => {
  const { sys, closed } = scripted([message(ERROR, 0, 0xff, 0xff, 0xff, 0xff)]);
  expect(() => dumpNetlink(sys, 0, REQUEST)).toThrow(expect.objectContaining({ code: "EPERM" }));
  expect(closed).toEqual([7]);
});

test("an answer that ends in the middle of nowhere is refused, not waited for", () => {
  const { sys } = scripted([[1, 2, 3]]);
  expect(() => dumpNetlink(sys, 0, REQUEST)).toThrow(SysError);
});

test("numbers are read in the order of the one who wrote them", () => {
  const bytes = Uint8Array.of(8, 0, 1, 0, 0, 0, 1, 2, 6, 0, 2, 0x80, 3, 4, 0, 0);
  expect(new Attributes(bytes, "network").number(1)).toBe(0x102);
  expect(new Attributes(bytes, "cpu").number(1)).toBe(0x2010000);
  expect(new Attributes(bytes, "cpu").number(2)).toBe(0x403);
});
