import type { Channel, Machine } from "../../web/machine/machine.ts";

const WAIT_TIMEOUT = 20_000;

/** A terminal of the guest as a person would use it: type, then wait until something is to be read. */
export class TestTerminal {
  readonly #decoder = new TextDecoder();
  readonly #waiting = new Set<() => void>();
  #channel: Channel | undefined;
  #text = "";
  #status: number | null = null;

  static async open(
    machine: Machine,
    size: { readonly rows: number; readonly columns: number },
    argv?: readonly string[],
  ): Promise<TestTerminal> {
    const terminal = new TestTerminal();
    terminal.#channel = await machine.open(
      argv === undefined ? { kind: "terminal", ...size } : { kind: "tty-command", argv, ...size },
      {
        data: (_stream, bytes) => terminal.#append(bytes),
        closed: ({ status }) => {
          terminal.#status = status;
          terminal.#wake();
        },
      },
    );
    return terminal;
  }

  /** Everything printed so far, escape sequences included. */
  get text(): string {
    return this.#text;
  }

  /** Exit status, null while it runs. */
  get status(): number | null {
    return this.#status;
  }

  async type(text: string): Promise<void> {
    await this.#channel?.write(new TextEncoder().encode(text));
  }

  resize(rows: number, columns: number): void {
    this.#channel?.resize(rows, columns);
  }

  close(): void {
    this.#channel?.close();
  }

  /** Resolves with everything printed once `pattern` is in it; what was there before the call counts too. */
  async waitFor(pattern: string | RegExp, timeout = WAIT_TIMEOUT): Promise<string> {
    const found = (): boolean =>
      typeof pattern === "string" ? this.#text.includes(pattern) : pattern.test(this.#text);
    await this.#until(found, timeout, () => `did not print ${String(pattern)}`);
    return this.#text;
  }

  /** Resolves with the exit status. */
  async waitForEnd(timeout = WAIT_TIMEOUT): Promise<number> {
    await this.#until(
      () => this.#status !== null,
      timeout,
      () => "did not end",
    );
    return this.#status ?? 0;
  }

  /** Forgets what was printed, so that the next waitFor sees only what is new. */
  clear(): void {
    this.#text = "";
  }

  #append(bytes: Uint8Array): void {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  #until(condition: () => boolean, timeout: number, complaint: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`the terminal ${complaint()} in ${timeout} ms; it shows:\n${this.#text}`));
      }, timeout);
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}
