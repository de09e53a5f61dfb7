import type { EngineClient } from "../../guest/api/client.ts";
import { type EngineSnapshot, emptySnapshot } from "./engine-snapshot.ts";
import { changesList, type EngineChange, reduce } from "./reduce.ts";

/** The two questions that the store asks the engine. */
export type EngineFeed = Pick<EngineClient, "events" | "listContainers">;

export interface EngineStoreOptions {
  /** How long to wait before asking again after the engine was lost. */
  readonly retryMilliseconds?: number;
  /** One `docker run` makes half a dozen events: one list answers for those that come this close together. */
  readonly settleMilliseconds?: number;
  /** "Up 2 seconds" grows old without an event, ever more slowly: the list is asked for after the first of these, and
   *  then after twice the time up to the second. */
  readonly refreshMilliseconds?: readonly [first: number, most: number];
}

/** Keeps the newest {@link EngineSnapshot} and tells who asked. Follows one engine until its signal is aborted. */
export class EngineStore {
  #snapshot: EngineSnapshot = emptySnapshot;
  readonly #listeners = new Set<(snapshot: EngineSnapshot) => void>();
  readonly #options: Required<EngineStoreOptions>;

  constructor(options: EngineStoreOptions = {}) {
    this.#options = {
      retryMilliseconds: 500,
      settleMilliseconds: 120,
      refreshMilliseconds: [2000, 30_000],
      ...options,
    };
  }

  get snapshot(): EngineSnapshot {
    return this.#snapshot;
  }

  /** Calls `listener` at every change; the answer stops that. */
  subscribe(listener: (snapshot: EngineSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispatch(change: EngineChange): void {
    const next = reduce(this.#snapshot, change);
    if (next === this.#snapshot) return;
    this.#snapshot = next;
    for (const listener of this.#listeners) listener(next);
  }

  /** Listens to the engine, and listens again when it was restarted, until `signal` is aborted. */
  async follow(engine: EngineFeed, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Why the engine went away is its own business: its words stand in the terminal, the panel says that it is away.
      await this.#followOnce(engine, signal).catch(() => undefined);
      if (signal.aborted) return;
      this.dispatch({ kind: "lost" });
      await pause(this.#options.retryMilliseconds, signal);
    }
  }

  /** Events are opened before the first list: what happens in between is seen twice instead of never. */
  async #followOnce(engine: EngineFeed, outer: AbortSignal): Promise<void> {
    const ending = new AbortController();
    const signal = AbortSignal.any([outer, ending.signal]);
    const lists = new Lister(() => this.#list(engine, signal), this.#options, signal);
    const subscription = await engine.events({ filters: { type: ["container"] } }, (message) => {
      if (signal.aborted) return;
      this.dispatch({ kind: "event", message });
      if (changesList(message)) lists.soon();
    });
    try {
      await this.#list(engine, signal);
      await Promise.race([subscription.closed, lists.failed, aborted(signal)]);
    } finally {
      ending.abort();
      subscription.close();
    }
  }

  async #list(engine: EngineFeed, signal: AbortSignal): Promise<void> {
    const containers = await engine.listContainers({ all: true });
    if (!signal.aborted) this.dispatch({ kind: "listed", containers });
  }
}

/** Asks for the list when it is due: soon after a change, now and then without one, never twice at once. */
class Lister {
  /** Rejects when a list could not be had. */
  readonly failed: Promise<never>;
  readonly #list: () => Promise<void>;
  readonly #options: Required<EngineStoreOptions>;
  #fail: (reason: unknown) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #due = false;
  #refresh: number;

  constructor(list: () => Promise<void>, options: Required<EngineStoreOptions>, signal: AbortSignal) {
    this.#list = list;
    this.#options = options;
    this.#refresh = options.refreshMilliseconds[0];
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever races against it has the error; when nobody is left to care, neither does the browser.
    this.failed.catch(() => undefined);
    signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
    this.#in(this.#refresh);
  }

  soon(): void {
    if (this.#due) return;
    this.#due = true;
    this.#refresh = this.#options.refreshMilliseconds[0];
    if (!this.#busy) this.#in(this.#options.settleMilliseconds);
  }

  #in(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), milliseconds);
  }

  async #run(): Promise<void> {
    this.#busy = true;
    this.#due = false;
    try {
      await this.#list();
      this.#in(this.#due ? this.#options.settleMilliseconds : this.#refresh);
      this.#refresh = Math.min(this.#refresh * 2, this.#options.refreshMilliseconds[1]);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#busy = false;
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    signal.addEventListener("abort", over);
  });
}
