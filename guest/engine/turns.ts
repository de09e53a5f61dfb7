/** One after the other: whoever takes a turn waits until the one before has given it back. */
export class Turns {
  #last: Promise<void> | null = null;

  /** null: nobody has a turn. Otherwise settles when all that were asked for are over. */
  get busy(): Promise<void> | null {
    return this.#last;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let giveBack = (): void => {};
    const mine = new Promise<void>((resolve) => {
      giveBack = resolve;
    });
    this.#last = mine;
    try {
      await before;
      return await work();
    } finally {
      if (this.#last === mine) this.#last = null;
      giveBack();
    }
  }
}
