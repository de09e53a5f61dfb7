// biome-ignore-all lint/suspicious/noThenProperty: thenables are what some of them are about.
/** Samples for `interpreter.test.ts`: what runs after what, when functions wait. Each gives a list of what has happened. */
type AsyncSample = () => Promise<unknown>;

export const WAITS: Readonly<Record<string, AsyncSample>> = {
  "values, promises and other thenables are waited for in their turn": async () => {
    const seen: string[] = [];
    const waits = async (name: string, make: () => unknown): Promise<void> => {
      seen.push(`${name} begins`);
      const value = await make();
      seen.push(`${name} has ${String(value)}`);
      await null;
      seen.push(`${name} ends`);
    };
    const thenable = { then: (done: (value: string) => void) => done("then") };
    await Promise.all([
      waits("value", () => 1),
      waits("settled", () => Promise.resolve(2)),
      waits("later", () => new Promise((resolve) => Promise.resolve().then(() => resolve(3)))),
      waits("thenable", () => thenable),
      waits("async", async () => 4),
      waits("nested", async () => Promise.resolve(5)),
    ]);
    return seen;
  },
  "a promise that is given a promise is as late as through then": async () => {
    const seen: string[] = [];
    const ticks = (async () => {
      for (let at = 0; at < 8; at += 1) {
        seen.push(`${at}`);
        await null;
      }
    })();
    const returned = (async () => Promise.resolve("returned"))();
    const resolved = new Promise((resolve) => resolve(Promise.resolve("resolved")));
    const chained = Promise.resolve().then(() => Promise.resolve("chained"));
    for (const each of [returned, resolved, chained]) void each.then((value) => seen.push(String(value)));
    await ticks;
    return seen;
  },
  "what is thrown is caught where it is waited for": async () => {
    const seen: string[] = [];
    const fails = async (after: number): Promise<never> => {
      for (let at = 0; at < after; at += 1) await at;
      throw new RangeError(`after ${after}`);
    };
    for (const after of [0, 2]) {
      try {
        await fails(after);
      } catch (error) {
        seen.push(`${(error as Error).name}: ${(error as Error).message}`);
      } finally {
        seen.push("finally");
      }
    }
    await fails(1).then(
      () => seen.push("not reached"),
      (error) => seen.push((error as Error).message),
    );
    const passed = await (async () => fails(0))().catch((error: Error) => error.message);
    const settled = await Promise.allSettled([fails(0), Promise.reject(new Error("no")), 7]);
    return [seen, passed, settled.map(({ status }) => status)];
  },
  "a promise cannot be given itself, and is settled once": async () => {
    let resolveSelf: (value: unknown) => void = () => {};
    const self: Promise<unknown> = new Promise((resolve) => {
      resolveSelf = resolve;
    });
    resolveSelf(self);
    const selfRefused = await self.catch((error: Error) => error.name);
    const once = await new Promise((resolve, reject) => {
      resolve("first");
      resolve("second");
      reject(new Error("third"));
    });
    const thrown = await new Promise((resolve) => {
      resolve("kept");
      throw new Error("after");
    });
    const lengths: number[] = [];
    void new Promise((resolve, reject) => lengths.push(resolve.length, reject.length));
    return [selfRefused, once, thrown, lengths];
  },
  "an async function whose own promise waits for it ends all the same": async () => {
    const seen: unknown[] = [];
    const run = async (): Promise<string> => {
      await null;
      return { then: (done: (value: string) => void) => done("from a thenable") } as unknown as string;
    };
    seen.push(await run());
    const getter = async (): Promise<unknown> => ({
      get then() {
        throw new Error("no then");
      },
    });
    seen.push(await getter().catch((error: Error) => error.message));
    return seen;
  },
  "what a program has put in place of then and of the species is asked": async () => {
    const seen: string[] = [];
    const own = Promise.prototype.then;
    const given = Promise.resolve("given");
    Promise.prototype.then = function then(this: Promise<unknown>, ...rest: unknown[]) {
      if (this === given) seen.push("then");
      return (own as (...all: unknown[]) => Promise<unknown>).apply(this, rest);
    } as typeof own;
    try {
      await (async () => given)();
      await new Promise((resolve) => resolve(given));
    } finally {
      Promise.prototype.then = own;
    }
    class Own extends Promise<unknown> {
      static made = 0;
      constructor(executor: (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => void) {
        super(executor);
        Own.made += 1;
      }
    }
    const first = Own.resolve(1);
    const second = first.then((value) => value);
    const waited = await (async () => second)();
    const kept = Object.getOwnPropertyDescriptor(Promise, Symbol.species) as PropertyDescriptor;
    Object.defineProperty(Promise, Symbol.species, {
      get: () => {
        seen.push("species");
        return Promise;
      },
      configurable: true,
    });
    try {
      await (async () => Promise.resolve("species"))();
    } finally {
      Object.defineProperty(Promise, Symbol.species, kept);
    }
    return [seen, waited, second instanceof Own, Own.made];
  },
  "generators that wait give what they yield, in order": async () => {
    async function* numbers(): AsyncGenerator<number> {
      try {
        yield 1;
        yield await Promise.resolve(2);
        yield Promise.resolve(3) as unknown as number;
      } finally {
        await null;
      }
    }
    const seen: unknown[] = [];
    for await (const each of numbers()) seen.push(each);
    for await (const each of [Promise.resolve("a"), "b"]) seen.push(each);
    const left = numbers();
    for await (const each of left) if (each === 2) break;
    return [seen, await left.next()];
  },
};
