/**
 * QuickJS with our patches (kernel-image/host/*.patch) means by JavaScript what V8 means: both run SAMPLES, and both give
 * the same text. What they try are the edges of the short ways: objects that share a shape until they no longer do.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";
import { LISTS } from "./interpreter-lists.ts";
import { SAMPLES } from "./interpreter-samples.ts";
import { VALUES } from "./interpreter-values.ts";
import { VARIABLES } from "./interpreter-variables.ts";
import { WAITS } from "./interpreter-waits.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterAll(() => vm?.stop());

/** As text in both worlds: nothing of a value is lost in JSON that these samples could get wrong. */
const RUNNER = `(sample) => { try { return JSON.stringify(sample()) ?? "undefined"; } catch (error) { return error.name; } }`;

const ASYNC_RUNNER = "(sample) => sample().then((value) => JSON.stringify(value), (error) => error.name)";

async function inGuest(source: string): Promise<string> {
  await vm.put(new TextEncoder().encode(source), "/run/sample.js");
  return (await vm.sh("drydock --script /run/sample.js")).trimEnd();
}

function here(runner: string, sample: string | (() => unknown)): unknown {
  return new Function(`"use strict"; return (${runner})(${sample.toString()})`)();
}

test.each(Object.entries<string | (() => unknown)>({ ...SAMPLES, ...LISTS, ...VALUES, ...VARIABLES }))(
  "%s",
  async (_, sample) => {
    expect(await inGuest(`print((${RUNNER})(${sample.toString()}));`)).toBe(here(RUNNER, sample));
  },
);

test.each(Object.entries(WAITS))("%s", async (_, sample) => {
  const expected = await here(ASYNC_RUNNER, sample);
  expect(await inGuest(`(${ASYNC_RUNNER})(${sample.toString()}).then(print);`)).toBe(expected);
});

test("a program that makes objects of ever new kinds does not grow by them", async () => {
  const source = `
    import { readFile } from "drydock:sys";
    const sizeOf = () => Number(readFile("/proc/self/statm").split(" ")[1]);
    const make = (from, to) => { for (let at = from; at < to; at += 1) ({ ["a" + at]: 1, ["b" + at]: 2, ["c" + at]: 3 }); };
    make(0, 5000);
    const before = sizeOf();
    make(5000, 50000);
    print(sizeOf() - before);`;
  await vm.put(new TextEncoder().encode(source), "/run/kinds.js");
  // Pages of 4 kB. What 45,000 kinds would leave behind is 20 MB.
  expect(Number(await vm.sh("drydock --script /run/kinds.js"))).toBeLessThan(50);
});
