import { describe, expect, test } from "vitest";
import type { Lesson, Step } from "../../../../lessons/lesson.ts";
import { loadProgress, saveProgress, withDone } from "../../../../web/lesson/lesson-progress.ts";
import { createStorage } from "../../../../web/storage/storage.ts";

const step = (id: string): Step => ({ id, title: id, blocks: [], checks: [], solution: [] });
const lesson: Lesson = { slug: "01-x", title: "X", summary: "", minutes: 1, steps: [step("one"), step("two")] };

describe("progress in a lesson", () => {
  test("a learner starts at the first step", async () => {
    expect(await loadProgress(createStorage(), lesson)).toEqual({ done: [], current: "one" });
  });

  test("what was saved is loaded", async () => {
    const storage = createStorage();
    const progress = { done: ["one"], current: "two" };
    await saveProgress(storage, lesson, progress);
    expect(await loadProgress(storage, lesson)).toEqual(progress);
  });

  test("steps that the lesson no longer has are dropped", async () => {
    const storage = createStorage();
    await saveProgress(storage, lesson, { done: ["one", "gone"], current: "gone" });
    expect(await loadProgress(storage, lesson)).toEqual({ done: ["one"], current: "two" });
  });

  test("a step is done once, however often it passes", () => {
    const once = withDone({ done: [], current: "one" }, "one");
    expect(once.done).toEqual(["one"]);
    expect(withDone(once, "one")).toBe(once);
  });
});
