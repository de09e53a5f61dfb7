import type { Subscription } from "../api/client.ts";
import { EngineError } from "../api/contract/errors.ts";
import type { Cli } from "./cli.ts";
import { describeError } from "./errors.ts";
import type { StatsRow } from "./output/stats-fields.ts";

/** A container of which nothing comes for so long, in milliseconds, is shown without numbers. */
const PATIENCE = 2000;

interface Entry {
  row: StatsRow;
  subscription: Subscription | null;
  error: string | null;
}

/** What `docker stats` shows: the newest sample of each container, kept up to date by the engine. */
export class StatsBoard {
  readonly #cli: Cli;
  readonly #stream: boolean;
  readonly #entries = new Map<string, Entry>();

  constructor(cli: Cli, stream: boolean) {
    this.#cli = cli;
    this.#stream = stream;
  }

  get rows(): readonly StatsRow[] {
    return [...this.#entries.values()].map(({ row }) => row);
  }

  /** What the engine refused. */
  get errors(): readonly string[] {
    return [...this.#entries.values()].flatMap(({ error }) => (error === null ? [] : [error]));
  }

  /** Settles when there is a first sample, or none can be had. */
  async add(container: string): Promise<void> {
    if (this.#entries.has(container)) return;
    const entry: Entry = { row: { container, stats: null, invalid: false }, subscription: null, error: null };
    this.#entries.set(container, entry);
    try {
      await this.#follow(container, entry);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      entry.error = describeError(error);
      entry.row = { ...entry.row, invalid: true };
    }
  }

  remove(container: string): void {
    this.#entries.get(container)?.subscription?.close();
    this.#entries.delete(container);
  }

  async #follow(container: string, entry: Entry): Promise<void> {
    const { sys, client } = this.#cli;
    let came = (): void => {};
    const first = new Promise<void>((resolve) => {
      came = resolve;
    });
    const expect = (): ReturnType<typeof sys.setTimer> =>
      sys.setTimer(PATIENCE, () => {
        entry.row = { container, stats: null, invalid: true };
        came();
      });
    let impatience: ReturnType<typeof expect> | null = null;
    const calm = (): void => {
      if (impatience !== null) sys.clearTimer(impatience);
      impatience = null;
    };
    entry.subscription = await client.containerStats(container, { stream: this.#stream }, (stats) => {
      calm();
      entry.row = { container, stats, invalid: false };
      if (this.#stream) impatience = expect();
      came();
    });
    if (entry.row.stats === null) impatience = expect();
    const over = entry.subscription.closed.then(calm, () => {
      calm();
      entry.row = { ...entry.row, invalid: true };
    });
    await Promise.race([first, over]);
  }
}
