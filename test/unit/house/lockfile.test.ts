import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

/** npm ci refuses a lockfile that leaves one out, also on a platform that would not install it. */
test("the lockfile lists every optional package, for platforms other than the one it was written on too", () => {
  const { packages } = JSON.parse(
    readFileSync(resolve(import.meta.dirname, "../../../package-lock.json"), "utf8"),
  ) as Lockfile;
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  const listed = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + 13)));
  expect(wanted.length).toBeGreaterThan(10);
  expect(wanted.filter((name) => !listed.has(name))).toEqual([]);
});
