/** FakeSys's event loop: time passes and descriptors are looked at only when a test says so. */
import type { Timer } from "./sys.ts";

const MILLISECOND = 1_000_000n;

interface FakeTimer {
  readonly due: bigint;
  readonly callback: () => void;
}

export class FakeLoop {
  readonly #readable = new Map<number, () => void>();
  readonly #writable = new Map<number, () => void>();
  readonly #timers = new Set<FakeTimer>();

  get pendingTimers(): number {
    return this.#timers.size;
  }

  onReadable(fd: number, callback: (() => void) | null): void {
    if (callback === null) this.#readable.delete(fd);
    else this.#readable.set(fd, callback);
  }

  onWritable(fd: number, callback: (() => void) | null): void {
    if (callback === null) this.#writable.delete(fd);
    else this.#writable.set(fd, callback);
  }

  forget(fd: number): void {
    this.#readable.delete(fd);
    this.#writable.delete(fd);
  }

  setTimer(now: bigint, delay: number, callback: () => void): Timer {
    const timer: FakeTimer = { due: now + BigInt(Math.round(delay)) * MILLISECOND, callback };
    this.#timers.add(timer);
    return { timer };
  }

  clearTimer({ timer }: Timer): void {
    this.#timers.delete(timer as FakeTimer);
  }

  clear(): void {
    for (const each of [this.#readable, this.#writable, this.#timers]) each.clear();
  }

  runTimers(now: bigint): void {
    for (const timer of [...this.#timers].sort((a, b) => Number(a.due - b.due))) {
      // One that ran before may have cleared it.
      if (timer.due <= now && this.#timers.delete(timer)) timer.callback();
    }
  }

  /** False when nobody had anything to do. A descriptor can always be written to. */
  poll(isReadable: (fd: number) => boolean): boolean {
    const ready = [...[...this.#readable].filter(([fd]) => isReadable(fd)), ...this.#writable];
    for (const [, callback] of ready) callback();
    return ready.length > 0;
  }
}
