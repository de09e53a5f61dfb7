import { expect, test } from "vitest";
import { readLinks, readRoutes } from "../../../../guest/runtime/net/show.ts";
import type { Sys } from "../../../../guest/sys/sys.ts";

const DONE = 3;

function message(type: number, body: readonly number[]): number[] {
  const length = 16 + body.length;
  return [length & 255, length >> 8, 0, 0, type & 255, type >> 8, 2, 0, ...new Array<number>(8).fill(0), ...body];
}

function attribute(type: number, ...value: number[]): number[] {
  const padding = new Array<number>(-value.length & 3).fill(0);
  return [value.length + 4, 0, type & 255, type >> 8, ...value, ...padding];
}

const text = (value: string): number[] => [...value].map((each) => each.charCodeAt(0)).concat(0);
const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, 0, 0];

/** A kernel that has one answer for each type of question. */
function answering(answers: Readonly<Record<number, readonly number[]>>): Sys {
  let asked = 0;
  return {
    socket: () => 7,
    close: () => {},
    write: (_fd: number, data: Uint8Array) => {
      asked = data[4] ?? 0;
      return data.length;
    },
    read: () => Uint8Array.from([...(answers[asked] ?? []), ...message(DONE, [0, 0, 0, 0])]),
  } as unknown as Sys;
}

const LINK = [0, 0, 1, 0, 5, 0, 0, 0, 1, 0x10, 0, 0, 0, 0, 0, 0];
const LINKS = message(16, [
  ...LINK,
  ...attribute(3, ...text("eth0")),
  ...attribute(1, 2, 0x42, 0xac, 0x11, 0, 2),
  ...attribute(4, ...u32(1500)),
  ...attribute(5, ...u32(9)),
  ...attribute(18 | 0x8000, ...attribute(1, ...text("veth"))),
]);
const ADDRESSES = message(20, [
  2,
  16,
  0,
  0,
  5,
  0,
  0,
  0,
  ...attribute(1, 172, 17, 0, 2),
  ...attribute(2, 172, 17, 0, 2),
]);

test("a link has its kind, its other end and its addresses", () => {
  expect(readLinks(answering({ 18: LINKS, 22: ADDRESSES }))).toEqual([
    {
      index: 5,
      name: "eth0",
      kind: "veth",
      mac: "02:42:ac:11:00:02",
      mtu: 1500,
      up: true,
      master: null,
      peer: 9,
      addresses: ["172.17.0.2/16"],
    },
  ]);
});

test("routes are those of the main table, with the interface's name", () => {
  const route = (table: number, length: number, ...attributes: number[]): number[] =>
    message(24, [2, length, 0, 0, table, 3, 0, 1, 0, 0, 0, 0, ...attributes]);
  const routes = [
    ...route(254, 0, ...attribute(5, 172, 17, 0, 1), ...attribute(4, ...u32(5))),
    ...route(254, 16, ...attribute(1, 172, 17, 0, 0), ...attribute(4, ...u32(5)), ...attribute(7, 172, 17, 0, 2)),
    ...route(255, 32, ...attribute(1, 172, 17, 0, 2)),
  ];
  expect(readRoutes(answering({ 26: routes }), [{ index: 5, name: "eth0" }])).toEqual([
    { to: "default", via: "172.17.0.1", device: "eth0", source: null },
    { to: "172.17.0.0/16", via: null, device: "eth0", source: "172.17.0.2" },
  ]);
});
