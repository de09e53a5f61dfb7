/** Samples for `interpreter.test.ts`: numbers, what is the same, lengths, getters, texts of many parts. */
type Sample = () => unknown;

export const VALUES: Readonly<Record<string, Sample>> = {
  // No remainders by Infinity, and none that are -0: the emulator's FPREM has them as NaN and 0.
  "numbers of all kinds in every operation": () => {
    const values = [0, -0, 1, -1, 7, 2 ** 31 - 1, -(2 ** 31), 2 ** 32, 1.5, -2.5, 1e12, Infinity, NaN] as const;
    const seen: unknown[] = [7 % 3, -7 % 3, 7 % -3, 7.5 % 2, 2 ** 32 % 7, 1e12 % 1.5];
    for (const a of values) {
      for (const b of values) {
        seen.push([a + b, a - b, a * b, a / b].map(String).join());
        seen.push([a < b, a <= b, a > b, a >= b, a === b, a !== b].map(Number).join(""));
        seen.push([a & b, a | b, a ^ b, a << b, a >> b, a >>> b].join());
      }
      let up: number = a;
      const before = up++;
      seen.push([before, up, up--, --up, -a, +a, ~a].map(String).join());
    }
    return seen;
  },
  "what is the same, and what only looks like it": () => {
    const object = {};
    const key = Symbol("key");
    const wide = "\u{1F433}a".slice(2);
    const rope = `${"x".repeat(9000)}${"y".repeat(9000)}`;
    const values: unknown[] = [undefined, null, false, true, 0, -0, 1, 1.5, NaN, "", "a", "b", "ab", "1", wide, rope];
    values.push(
      `${"x".repeat(9000)}${"y".repeat(9000)}`,
      object,
      {},
      [],
      key,
      Symbol("key"),
      1n,
      2n ** 70n,
      "\u{1F433}",
    );
    const rows: string[] = [];
    for (const a of values) rows.push(values.map((b) => (a === b ? "1" : a !== b ? "0" : "?")).join(""));
    return rows;
  },
  "length is asked of whoever has one": () => {
    const lengthOf = (value: unknown) => (value as { length: unknown }).length;
    class Counted extends Uint8Array {
      override get length() {
        return 42;
      }
    }
    const own = Object.defineProperty(new Uint8Array(3), "length", { value: "own" });
    const part = new Uint8Array(8).subarray(1, 3);
    const sparse: unknown[] = [];
    sparse[5] = 1;
    const long: unknown[] = [];
    long.length = 2 ** 32 - 1;
    const seen = ["", "abc", "\u{1F433}", [], [1, 2], sparse, long, new Counted(2), own, part, new Float64Array(4)].map(
      lengthOf,
    );
    seen.push(
      lengthOf({ length: "mine" }),
      lengthOf(new String("abc")),
      lengthOf(() => 1),
      lengthOf({}),
      lengthOf(7),
    );
    const bare = Object.setPrototypeOf(new Uint8Array(2), null);
    seen.push(lengthOf(bare));
    const prototype = Object.getPrototypeOf(Uint8Array.prototype);
    const getter = Object.getOwnPropertyDescriptor(prototype, "length") as PropertyDescriptor;
    Object.defineProperty(prototype, "length", { get: () => "patched", configurable: true });
    try {
      seen.push(lengthOf(new Uint8Array(2)));
    } finally {
      Object.defineProperty(prototype, "length", getter);
    }
    for (const nobody of [undefined, null]) {
      try {
        seen.push(lengthOf(nobody));
      } catch (error) {
        seen.push((error as Error).name);
      }
    }
    return seen.map(String);
  },
  "a getter is called on whom it was asked of": () => {
    class Base {
      tag = "base";
      get self() {
        return this.tag;
      }
      get never(): string {
        throw new RangeError("never");
      }
      set only(_: string) {}
    }
    class Derived extends Base {
      override tag = "derived";
    }
    const once = {
      get value() {
        delete (this as { value?: unknown }).value;
        return Object.keys(this).length;
      },
    };
    const text = Object.defineProperty(String.prototype, "shout", {
      get(this: unknown) {
        return `${typeof this}:${this}`;
      },
      configurable: true,
    }) as unknown as string;
    const seen: unknown[] = [new Derived().self, new Base().self, once.value, typeof text];
    seen.push(
      ("abc" as unknown as { shout: string }).shout,
      (new Base() as unknown as { only: unknown }).only === undefined,
    );
    Reflect.deleteProperty(String.prototype, "shout");
    seen.push(("abc" as unknown as { shout?: string }).shout === undefined, "abc".at(-1), "abc"[1], "abc"["length"]);
    try {
      seen.push(new Derived().never);
    } catch (error) {
      seen.push((error as Error).message);
    }
    return seen;
  },
  "a long text is put together from many, some of them long": () => {
    const long = "0123456789".repeat(900);
    const parts = [1, 2.5, true, null, undefined, "\u{1F433}", long];
    const [a, b, c, d, e, f, g] = parts;
    const text = `${a}${b}${c}${d}${e}${f}${g}${a}|${b}|${c}|${d}|${e}|${f}|${a}${b}${c}${d}${e}${f}${a}${b}${c}${d}${e}${f}${a}${b}${c}${d}${e}${f}${a}`;
    const ascii = `${a}${b}<${c}>${d}`;
    return [text.length, text.slice(-90), text.slice(0, 30), ascii, `${""}${""}`, `${g}${g}`.length];
  },
};
