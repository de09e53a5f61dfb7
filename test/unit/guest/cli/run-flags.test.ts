/** The tables of test/vm/run-flags.ts, which a machine runs: whether they are whole. */
import { expect, test } from "vitest";
import { RUN_FLAGS } from "../../../../guest/cli/args/container-flags.ts";
import { INSIDE, OUTSIDE, REFUSED, TYPED, WARNED } from "../../../vm/run-flags.ts";

const shown = RUN_FLAGS.filter(({ hidden }) => hidden !== true).map(({ name }) => name);

/** "-itd --name=x" → the flags' long names. */
function flagsOf(options: string): readonly string[] {
  return [...options.matchAll(/(?:^| )(--?)([a-z][a-z0-9-]*)/g)].flatMap(([, dashes, word = ""]) =>
    dashes === "--" ? [word] : [...word].map(longName),
  );
}

function longName(letter: string): string {
  return RUN_FLAGS.find(({ short }) => short === letter)?.name ?? `-${letter}`;
}

test("every flag of docker run --help is shown at work, or refused", () => {
  const rows: readonly (readonly [string, ...unknown[]])[] = [...INSIDE, ...OUTSIDE, ...TYPED, ...WARNED, ...REFUSED];
  const tried = new Set(rows.flatMap(([options]) => flagsOf(options)));
  expect(shown.filter((name) => !tried.has(name))).toEqual([]);
});

test("every flag that takes a value has a value that is refused, unless any is good", () => {
  // A word of the caller's own, a path, or a list in which nothing is wrong; detach keys are refused later.
  const free = [
    "annotation",
    "detach-keys",
    "dns-option",
    "domainname",
    "entrypoint",
    "hostname",
    "health-cmd",
    "volume-driver",
  ];
  const refused = new Set(REFUSED.flatMap(([options]) => flagsOf(options)));
  const valued = RUN_FLAGS.filter(({ kind, hidden }) => kind !== "bool" && hidden !== true).map(({ name }) => name);
  expect(valued.filter((name) => !refused.has(name) && !free.includes(name))).toEqual([]);
});
