import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");

/** room → what it may import, read from README's table: the document is the rule. */
function readWalls(): Map<string, readonly string[]> {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const table = text.slice(text.indexOf("### Walls"), text.indexOf("### Growing"));
  const rows = [...table.matchAll(/^\| ([a-z/-]+) \|(.*)\|$/gm)].filter(([, room]) => room !== "room");
  return new Map(rows.map(([, room = "", list = ""]) => [room, list.split(",").map((name) => name.trim())]));
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory())
      return ["dist", "build", "prebuilt", "node_modules"].includes(entry.name) ? [] : sourceFiles(path);
    return entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts") ? [path] : [];
  });
}

interface Import {
  readonly from: string;
  readonly to: string;
  /** A type-only import disappears in the bundle: it is bound by the walls, but cannot make a cycle. */
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\s+from\s+)?"(\.[^"?]*)(?:\?[^"]*)?"/gm);
  return [...found].map(([, type, path = ""]) => ({
    from: file,
    to: relative(root, resolve(root, dirname(file), path)),
    typeOnly: type !== undefined,
  }));
}

const walls = readWalls();
const files = ["guest", "web", "lessons", "kernel-image"].flatMap(sourceFiles);
const imports = files.flatMap(importsOf);

/** A room is a folder, or a file with its parts beside it: client.ts, client-exchange.ts. */
function isInside(file: string, room: string): boolean {
  return file.startsWith(`${room}/`) || file === `${room}.ts` || (file.startsWith(`${room}-`) && file.endsWith(".ts"));
}

/** The room a file is in: the longest name of the table that it lies under, or is. */
function roomOf(file: string): string | undefined {
  return [...walls.keys()].filter((room) => isInside(file, room)).sort((a, b) => b.length - a.length)[0];
}

function allowed({ from, to }: Import): boolean {
  const room = roomOf(from);
  if (room === undefined || roomOf(to) === room) return true;
  return (walls.get(room) ?? []).some((name) => name !== "" && isInside(to, name));
}

function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe("the walls of the house", () => {
  test("the table in README names rooms that exist", () => {
    const missing = [...walls.keys()].filter(
      (room) => !existsSync(join(root, room)) && !existsSync(join(root, `${room}.ts`)),
    );
    expect(walls.size).toBeGreaterThan(15);
    expect(missing).toEqual([]);
  });

  test("no room imports what the table does not allow", () => {
    expect(imports.length).toBeGreaterThan(50);
    expect(imports.filter((one) => !allowed(one)).map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test("every import names a file that exists", () => {
    const broken = imports.filter(({ to }) => !existsSync(join(root, to)));
    expect(broken.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test("no files import each other in a circle", () => {
    const edges = new Map<string, string[]>(files.map((file) => [file, []]));
    for (const { from, to, typeOnly } of imports) if (!typeOnly) edges.get(from)?.push(to);
    expect(findCycle(edges)).toBeUndefined();
  });

  test("v86 is imported by web/machine/v86-machine.ts alone", () => {
    const importers = files.filter((file) =>
      /^import (?!type).*from "v86"|import\("v86/m.test(readFileSync(join(root, file), "utf8")),
    );
    expect(importers).toEqual(["web/machine/v86-machine.ts"]);
  });

  test("the native module is imported by guest/sys/linux.ts alone", () => {
    const importers = files.filter((file) => /from "drydock:sys"/.test(readFileSync(join(root, file), "utf8")));
    expect(importers).toEqual(["guest/sys/linux.ts"]);
  });

  test("the top level holds the rooms and the files that tools insist on, nothing else", () => {
    const tools = ["package-lock.json", "tsconfig.base.json", "tsconfig.json", "biome.json", "LICENSE"];
    const rooms = ["package.json", "vite.config.ts", "web", "guest", "kernel-image", "lessons", "test", "README.md"];
    const made = ["node_modules", "build", "dist"];
    const names = readdirSync(root).filter((name) => !name.startsWith("."));
    expect(names.filter((name) => ![...tools, ...rooms, ...made].includes(name))).toEqual([]);
  });
});
