import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseLesson } from "../../../lessons/parse.ts";

const room = join(import.meta.dirname, "../../../lessons");
const slugs = readdirSync(room, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe("the lessons that we ship", () => {
  test.each(slugs)("%s is well formed and has a command in every step", (slug) => {
    const lesson = parseLesson(slug, readFileSync(join(room, slug, "lesson.md"), "utf8"));
    const silent = lesson.steps.filter((step) => !step.blocks.some(({ kind }) => kind === "command"));
    expect(silent.map(({ title }) => title)).toEqual([]);
  });

  test("there is at least one, and their folders are numbered", () => {
    expect(slugs.length).toBeGreaterThan(0);
    expect(slugs.filter((slug) => !/^\d\d-[a-z0-9-]+$/.test(slug))).toEqual([]);
  });
});
