/** Which workers wait for a command: a word of shared memory for each, so that nobody has to be told by message. */
import type { Sys } from "../sys/sys.ts";

/** Commands at a time; more wait until one has ended. */
const SLOTS = 256;
const BYTES_PER_SLOT = 4;

const FREE = 0;
const BUSY = 1;
const IDLE = 2;

export class WorkerBoard {
  readonly #slots: Int32Array;

  constructor(sys: Sys) {
    this.#slots = new Int32Array(sys.sharedMemory(SLOTS * BYTES_PER_SLOT));
  }

  /** Gives a slot, busy from now on, or null when all are taken. Only the parent of the workers asks. */
  take(): number | null {
    const slot = this.#slots.indexOf(FREE);
    if (slot < 0) return null;
    this.#set(slot, BUSY);
    return slot;
  }

  /** Its worker is gone. */
  release(slot: number): void {
    this.#set(slot, FREE);
  }

  setIdle(slot: number): void {
    this.#set(slot, IDLE);
  }

  setBusy(slot: number): void {
    this.#set(slot, BUSY);
  }

  /** At least so many wait. Searched natively: it is asked at both ends of every command. */
  hasIdle(count: number): boolean {
    let at = -1;
    for (let found = 0; found < count; found += 1) {
      at = this.#slots.indexOf(IDLE, at + 1);
      if (at < 0) return false;
    }
    return true;
  }

  #set(slot: number, state: number): void {
    Atomics.store(this.#slots, slot, state);
  }
}
