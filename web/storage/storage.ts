import { createStore, get, set } from "idb-keyval";

/** How far a learner got in one lesson. */
export interface LessonProgress {
  /** Ids of the steps whose checks have passed. */
  readonly done: readonly string[];
  /** Id of the step in view. */
  readonly current: string;
}

/** Everything that outlives a reload, by key. */
export interface StoredValues {
  readonly theme: "auto" | "light" | "dark";
  readonly "screen-reader": boolean;
  readonly [progress: `progress/${string}`]: LessonProgress;
}

/** A small typed drawer that outlives a reload. */
export interface Storage {
  get<K extends keyof StoredValues>(key: K): Promise<StoredValues[K] | undefined>;
  /** Resolves when the value is kept. */
  set<K extends keyof StoredValues>(key: K, value: StoredValues[K]): Promise<void>;
}

/**
 * Keeps values in IndexedDB. Where the browser refuses that (a sandboxed iframe, a private window) the values live as long
 * as the page: the lesson works, it is only forgotten at a reload.
 */
export function createStorage(name = "drydock"): Storage {
  const kept = createStore(name, "values");
  const memory = new Map<string, unknown>();
  return {
    async get(key) {
      if (memory.has(key)) return memory.get(key) as StoredValues[typeof key];
      return unlessRefused(() => get(key, kept));
    },
    async set(key, value) {
      memory.set(key, value);
      await unlessRefused(() => set(key, value, kept));
    },
  };
}

/** Refusals come as exceptions and as rejections, by browser. */
async function unlessRefused<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch {
    return undefined;
  }
}
