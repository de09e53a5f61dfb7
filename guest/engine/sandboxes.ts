import { prepareNetworkNamespace, removeNetworkNamespace } from "../runtime/network-namespace.ts";
import type { Sys, Timer } from "../sys/sys.ts";
import { randomId } from "./ids.ts";
import { NETNS } from "./layout.ts";

/** After a start the machine is busy with the container: the next namespace is made a little later. */
const REFILL_DELAY = 200;

/**
 * Network namespaces of containers. Making one is the dearest part of a start, so one is made ahead while nobody waits.
 */
export class Sandboxes {
  readonly #sys: Sys;
  readonly #log: (text: string) => void;
  #spare: string | null = null;
  #timer: Timer | null = null;

  constructor(sys: Sys, log: (text: string) => void) {
    this.#sys = sys;
    this.#log = log;
  }

  /** Path of a namespace with its loopback up. Throws RuntimeError. */
  take(): string {
    const spare = this.#spare;
    this.#spare = null;
    this.#refillLater();
    return spare ?? this.#make();
  }

  /** No error when it is gone already. */
  release(path: string): void {
    removeNetworkNamespace(this.#sys, path);
  }

  /** At start-up, when time is nobody's. */
  fill(): void {
    this.#timer = null;
    if (this.#spare !== null) return;
    try {
      this.#spare = this.#make();
    } catch (error) {
      // The next start makes its own and can say why it cannot.
      this.#log(`no spare network namespace: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  get spare(): string | null {
    return this.#spare;
  }

  #make(): string {
    const path = `${NETNS}/${randomId(this.#sys).slice(0, 12)}`;
    prepareNetworkNamespace(this.#sys, path);
    return path;
  }

  #refillLater(): void {
    this.#timer ??= this.#sys.setTimer(REFILL_DELAY, () => this.fill());
  }
}
