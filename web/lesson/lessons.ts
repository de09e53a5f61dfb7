import type { Lesson } from "../../lessons/lesson.ts";
import { parseLesson } from "../../lessons/parse.ts";

const files = import.meta.glob<string>("../../lessons/*/lesson.md", { query: "?raw", import: "default", eager: true });

/** Every lesson, in the order of their folders. */
export const lessons: readonly Lesson[] = Object.entries(files)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([path, text]) => parseLesson(path.split("/").at(-2) ?? path, text));
