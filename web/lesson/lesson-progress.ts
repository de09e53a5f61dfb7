import type { Lesson } from "../../lessons/lesson.ts";
import type { LessonProgress, Storage } from "../storage/storage.ts";

/** What a learner has done of one lesson. The lesson may have changed since: ids that it no longer has are dropped. */
export async function loadProgress(storage: Storage, lesson: Lesson): Promise<LessonProgress> {
  const kept = await storage.get(`progress/${lesson.slug}`);
  const known = (id: string) => lesson.steps.some((step) => step.id === id);
  const done = (kept?.done ?? []).filter(known);
  const first = lesson.steps.find((step) => !done.includes(step.id)) ?? lesson.steps.at(-1);
  const current = kept !== undefined && known(kept.current) ? kept.current : (first?.id ?? "");
  return { done, current };
}

/** Resolves when it is kept: only then may the page say "done". */
export function saveProgress(storage: Storage, lesson: Lesson, progress: LessonProgress): Promise<void> {
  return storage.set(`progress/${lesson.slug}`, progress);
}

export function withDone(progress: LessonProgress, step: string): LessonProgress {
  return progress.done.includes(step) ? progress : { ...progress, done: [...progress.done, step] };
}
