/** Samples for `interpreter.test.ts`: arrays and loops over them, at the edges of their short ways. */
type Sample = () => unknown;

export const LISTS: Readonly<Record<string, Sample>> = {
  "a loop sees what is added to its array, and not what is taken away": () => {
    const grows = [1, 2, 3];
    const seen: unknown[] = [];
    for (const each of grows) {
      seen.push(each);
      if (seen.length < 6) grows.push(each * 10);
    }
    const shrinks = [1, 2, 3, 4];
    for (const each of shrinks) {
      seen.push(each);
      shrinks.pop();
    }
    return [seen, grows, shrinks];
  },
  "a loop goes over holes, and over what stands behind them": () => {
    const holes: unknown[] = [1, 2, 3];
    holes.length = 5;
    holes[7] = "last";
    delete holes[1];
    const seen: unknown[] = [];
    for (const each of holes) seen.push(each === undefined ? "none" : each);
    const [a, b, c = "default", ...rest] = holes;
    return [seen, a ?? "none", b ?? "none", c, rest.length];
  },
  "a loop asks the iterator that a program has put in place": () => {
    const list = [1, 2, 3];
    const backwards = Object.assign([4, 5, 6], {
      *[Symbol.iterator]() {
        yield* [6, 5, 4];
      },
    });
    const seen: unknown[] = [...list, ...backwards];
    for (const each of backwards) seen.push(each);
    const prototype = Object.getPrototypeOf([][Symbol.iterator]()) as { next: () => unknown };
    const own = prototype.next;
    let asked = 0;
    prototype.next = function next(this: Iterator<unknown>) {
      asked += 1;
      return own.call(this);
    };
    try {
      for (const each of list) seen.push(each);
      const [first, second] = list;
      seen.push(first, second);
    } finally {
      prototype.next = own;
    }
    return [seen, asked];
  },
  "a loop that is left closes what it has opened": () => {
    const seen: unknown[] = [];
    const source = {
      at: 0,
      [Symbol.iterator]() {
        return this;
      },
      next() {
        this.at += 1;
        return { done: this.at > 5, value: this.at };
      },
      return() {
        seen.push("closed");
        return { done: true, value: undefined };
      },
    };
    for (const each of source) {
      seen.push(each);
      if (each === 2) break;
    }
    const iterator = [1, 2, 3, 4].values();
    for (const each of iterator) if (each === 2) break;
    return [seen, [...iterator]];
  },
  "entries, keys, arguments, texts and typed arrays are gone over as well": () => {
    const seen: unknown[] = [];
    for (const [at, each] of ["a", "b"].entries()) seen.push(at, each);
    for (const each of ["a", "b"].keys()) seen.push(each);
    for (const each of "aé😀") seen.push(each);
    for (const each of new Uint8Array([1, 255])) seen.push(each);
    (function all(..._: unknown[]) {
      // biome-ignore lint/complexity/noArguments: they are what is gone over.
      for (const each of arguments) seen.push(each);
    })("x", "y");
    return seen;
  },
  "an array's length is what was put into it": () => {
    const list: unknown[] = [1, [2], { three: 3 }];
    const lengths = [list.length, [].length, list.push(4, 5), list.length, list.push(), list.length];
    list.length = 2;
    return [lengths, list, list.push("x"), list];
  },
  "an array that takes no more, or whose length stands, refuses what is pushed": () => {
    const refusals: string[] = [];
    const lists = [Object.freeze([1]), Object.seal([1]), Object.preventExtensions([1])] as unknown[][];
    lists.push(Object.defineProperty([1], "length", { writable: false }));
    for (const list of lists) {
      try {
        list.push(2);
      } catch (error) {
        refusals.push((error as Error).name);
      }
    }
    return [refusals, lists.map((list) => [list.length, ...list])];
  },
  "a setter for a number in a prototype gets what is pushed": () => {
    const seen: unknown[] = [];
    const made = [...[1, 2]].map((each) => each);
    Object.defineProperty(Array.prototype, "2", { set: (value) => seen.push(value), configurable: true });
    try {
      const list = [1, 2];
      const length = list.push(3);
      return [length, list.length, Object.keys(list), seen, [7, 8, 9].length, made.concat(5).length];
    } finally {
      delete (Array.prototype as unknown as Record<string, unknown>)["2"];
    }
  },
  "map, filter and slice of holes, and of what changes meanwhile": () => {
    const holes: number[] = [1, 2, 3, 4];
    delete holes[1];
    const mapped = holes.map((each) => each * 2);
    const grows = [1, 2, 3];
    const copied = grows.map((each, at, all) => {
      if (at === 0) all.push(9);
      if (at === 1) all.length = 2;
      return each;
    });
    return [
      [1 in mapped, mapped.length, Object.keys(mapped)],
      [copied.length, Object.keys(copied), grows],
      holes.filter(() => true),
      [Object.keys(holes.slice(0, 3)), holes.slice(-3).length, [1, 2, 3].slice(1, 99), [1, 2].slice(5)],
    ];
  },
  "what an array of a class of one's own makes is of that class": () => {
    class Own extends Array<number> {
      get doubled(): number {
        return this.length * 2;
      }
    }
    class Plain extends Array<number> {
      static override get [Symbol.species](): ArrayConstructor {
        return Array;
      }
    }
    const [own, plain] = [Own.from([1, 2, 3]), Plain.from([1, 2, 3])];
    return [
      [own.map((each) => each) instanceof Own, own.filter(Boolean) instanceof Own, own.slice(1) instanceof Own],
      [plain.map((each) => each) instanceof Plain, (own.slice(1) as Own).doubled, own.length],
    ];
  },
  "a program may say what arrays are made by": () => {
    const list = [1, 2, 3] as number[] & { constructor: unknown };
    const asked: number[] = [];
    list.constructor = {
      [Symbol.species]: function Made(this: { made: boolean }, length: number) {
        asked.push(length);
        this.made = true;
      },
    };
    const made = list.map((each) => each + 1) as unknown as Record<string, unknown>;
    const own = Object.getOwnPropertyDescriptor(Array, Symbol.species) as PropertyDescriptor;
    Object.defineProperty(Array, Symbol.species, { get: () => undefined, configurable: true });
    try {
      return [Object.entries(made), asked, [4, 5].map((each) => each), Array.isArray([4].slice())];
    } finally {
      Object.defineProperty(Array, Symbol.species, own);
    }
  },
  "an array is made of a length or of elements": () => {
    const refused: string[] = [];
    for (const length of [-1, 1.5, 2 ** 32]) {
      try {
        refused.push(`${new Array(length).length}`);
      } catch (error) {
        refused.push((error as Error).name);
      }
    }
    const long = new Array(2 ** 32 - 1);
    return [refused, long.length, 0 in new Array(3), new Array("3").length, Array.of(7).length, new Array(3).fill(0)];
  },
};
