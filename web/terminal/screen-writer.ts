import type { Terminal } from "@xterm/xterm";

/**
 * Bytes that may wait for xterm.js to read them. It parses in slices of 12 ms, grows sluggish with half a megabyte
 * waiting and throws away what exceeds 50 MB: a page in the background, where timers are slow, would get there.
 */
const MOST_WAITING = 262_144;

/** Writes to a terminal no faster than it reads. */
export class ScreenWriter {
  readonly #terminal: Pick<Terminal, "write">;
  #waiting = 0;

  constructor(terminal: Pick<Terminal, "write">) {
    this.#terminal = terminal;
  }

  /** Calls `read` when the terminal has read `bytes`; resolves when there is room for more. */
  write(bytes: Uint8Array, read: () => void): Promise<void> {
    this.#waiting += bytes.length;
    const full = this.#waiting > MOST_WAITING;
    return new Promise((resolve) => {
      this.#terminal.write(bytes, () => {
        this.#waiting -= bytes.length;
        read();
        resolve();
      });
      if (!full) resolve();
    });
  }
}
