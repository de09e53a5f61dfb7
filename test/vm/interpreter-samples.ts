/** Functions without surroundings: their text is what runs, in V8 and in the guest. */
type Sample = () => unknown;

const objects: Record<string, Sample> = {
  "properties come in the order in which they were added": () => {
    const make = (flag: boolean) => {
      const made: Record<string, number> = { a: 1, b: 2 };
      if (flag) made["c"] = 3;
      made["d"] = 4;
      return made;
    };
    return [make(true), make(false), make(true)].map((made) => Object.keys(made).join());
  },
  "a deleted property is gone from one object only": () => {
    const make = () => ({ a: 1, b: 2, c: 3 }) as Record<string, number>;
    const [one, other] = [make(), make()];
    delete one["b"];
    one["e"] = 5;
    return [one, other, make(), "b" in one];
  },
  "a frozen object stays as it is, its likes do not": () => {
    const make = () => ({ a: 1 }) as Record<string, number>;
    const frozen = Object.freeze(make());
    const free = make();
    free["b"] = 2;
    let refused = "";
    try {
      (frozen as Record<string, number>)["b"] = 2;
    } catch (error) {
      refused = (error as Error).name;
    }
    return [frozen, free, refused, Object.isFrozen(make())];
  },
  "an object that takes no more properties refuses a defined one": () => {
    const closed = Object.preventExtensions({ a: 1 });
    Object.defineProperty(closed, "b", { value: 1 });
    return "not reached";
  },
  "a property that was made read-only is so in one object only": () => {
    const make = () => ({ a: 1, b: 2 });
    const fixed = Object.defineProperty(make(), "a", { writable: false, enumerable: false });
    const free = make();
    free.a = 7;
    return [Object.keys(fixed), fixed.a, free, Object.getOwnPropertyDescriptor(make(), "a")];
  },
  "an accessor is called, a value is read": () => {
    const made = {
      kept: 1,
      get twice() {
        return this.kept * 2;
      },
      set twice(value: number) {
        this.kept = value;
      },
    };
    made.twice = 21;
    return [made.twice, Object.keys(made), JSON.stringify({ ...made })];
  },
  "the same name twice is one property": () => {
    const [a, b] = ["a", "b"];
    return { [a]: 1, [b]: 2, [`${a}`]: 3, ...{ b: 5 } };
  },
  "a prototype may change at any time": () => {
    const base = { greet: () => "base" };
    const make = (): Record<string, unknown> => Object.create(base);
    const [one, other] = [make(), make()];
    Object.setPrototypeOf(one, { greet: () => "other" });
    base.greet = () => "changed";
    return [one, other, make()].map((each) => (each["greet"] as () => string)());
  },
  "an object without a prototype has nothing but its own": () => {
    const bare = Object.create(null) as Record<string, unknown>;
    bare["a"] = 1;
    return [bare["toString"] === undefined, "a" in bare, JSON.stringify(bare)];
  },
  "many properties, numbers among them": () => {
    const table: Record<string, number> = {};
    for (let at = 0; at < 300; at += 1) table[at % 3 === 0 ? `${300 - at}` : `name${at}`] = at;
    for (let at = 0; at < 300; at += 2) delete table[`name${at}`];
    return Object.entries(table);
  },
  "objects of more kinds than are kept": () => {
    const sums = [];
    for (let round = 0; round < 3; round += 1) {
      let sum = 0;
      for (let at = 0; at < 2000; at += 1) {
        const made: Record<string, number> = { [`a${at}`]: at, b: 1 };
        made[`c${at}`] = 2;
        sum += Object.keys(made).length + (made[`a${at}`] ?? 0) + (made[`a${at + 1}`] ?? 0);
      }
      sums.push(sum);
    }
    return sums;
  },
  "fields of classes, private ones too": () => {
    class Base {
      open = 1;
      #hidden = 2;
      get hidden() {
        return this.#hidden;
      }
      has(other: object) {
        return #hidden in other;
      }
    }
    class Derived extends Base {
      override open = 3;
      late: number | undefined;
    }
    const made = new Derived();
    return [made, made.hidden, made.has(new Base()), made.has({}), Object.keys(made)];
  },
};

const functions: Record<string, Sample> = {
  "a function has its length and its name, which can be changed": () => {
    const named = (a: unknown, b: unknown) => [a, b];
    const other = (a: unknown) => a;
    Object.defineProperty(named, "name", { value: "changed" });
    delete (other as unknown as Record<string, unknown>)["length"];
    const [fresh] = [(a: unknown, b: unknown, c: unknown) => [a, b, c]];
    return [
      named.name,
      named.length,
      other.name,
      other.length,
      fresh?.name,
      fresh?.length,
      Object.getOwnPropertyNames(fresh),
    ];
  },
  "functions of all kinds": () => {
    const kinds = [function* () {}, async () => {}, async function* () {}, class {}, { method() {} }.method, Math.max];
    return kinds.map((each) => [
      each.length,
      each.name,
      Object.getOwnPropertyNames(each).sort(),
      typeof each.prototype,
    ]);
  },
  "what is no function cannot be called": () => {
    (undefined as unknown as () => void)();
    return "not reached";
  },
  "a function in C throws, and what stood on the stack goes on": () => {
    let caught = 0;
    for (const bad of [null, undefined, 1]) {
      try {
        Array.from({ length: 2 }, bad as unknown as () => void);
      } catch {
        caught += 1;
      }
    }
    return [caught, Math.max(...[1, 2, 3]), [3, 1, 2].sort((a, b) => a - b)];
  },
  "counting up and down over the edges of 32 bits": () => {
    let up = 2147483646;
    let down = -2147483647;
    let text = "5" as unknown as number;
    let none = undefined as unknown as number;
    let large = 9007199254740991n;
    return [up++, up++, up++, up, down--, down--, down--, down, text++, text, none++, `${large++}`, `${large}`].map(
      String,
    );
  },
};

const texts: Record<string, Sample> = {
  "text is found from both ends": () => {
    const text = "/usr/lib/äö/lib";
    const wide = "日本/語/本";
    const found = [];
    for (const [whole, part] of [
      [text, "/"],
      [text, "lib"],
      [text, ""],
      [text, "x"],
      [wide, "本"],
      [wide, "/"],
      [text, wide],
      ["", ""],
    ] as const)
      found.push([
        whole.indexOf(part),
        whole.lastIndexOf(part),
        whole.includes(part),
        whole.startsWith(part),
        whole.endsWith(part),
        whole.lastIndexOf(part, 3),
        whole.split(part).length,
      ]);
    return found;
  },
  "text is quoted": () =>
    [
      "",
      "plain",
      'a"b',
      "back\\slash",
      "\u0000\u001f tab\t",
      "äöü",
      "日本",
      "\ud800 alone",
      "\ud83d\ude00",
      "end\n",
      "\n",
      "\u007f\u0080\u2028",
    ].flatMap((text) => [JSON.stringify({ [text]: text }), JSON.stringify(text)]),
  "a text alone is quoted as it is inside of something, unless somebody is asked": () => [
    JSON.stringify("a", null, 2),
    JSON.stringify("a", (_, value) => `${value}b`),
    JSON.stringify("a", ["a"]),
    JSON.stringify(new String("a")),
    JSON.stringify(`a${"b".repeat(9000)}`).length,
  ],
  "plain objects and lists are written at once, others say themselves what they are": () => {
    class Point {
      constructor(readonly x: number) {}
      get twice() {
        return this.x * 2;
      }
    }
    const self: unknown[] = [];
    self.push({ self });
    const texts = (value: unknown): unknown => {
      try {
        return [JSON.stringify(value), JSON.stringify([value]), JSON.stringify({ value, after: 1 })];
      } catch (error) {
        return (error as Error).name;
      }
    };
    let deep: unknown = 1;
    for (let at = 0; at < 200; at += 1) deep = at % 2 === 0 ? [deep] : { deep };
    const added: unknown[] & { more?: number } = [1];
    added.more = 2;
    return [
      ...[{}, [], [[]], { a: {} }, [undefined, null, () => 1, Symbol("s")], { a: undefined, b: () => 1, c: null }],
      ...[1, -0, 0.5, -1.5e300, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, true, false, null, undefined],
      ...[new Point(3), Object.create({ inherited: 1 }), Object.create(null), new Map([[1, 2]]), new Uint8Array(2)],
      ...[new Date(0), new Number(1), new Boolean(false), Object("text"), /r/, () => 1, 10n, self, deep, added],
      ...[new Array(3), Object.assign(new Array(2), [1]), { b: 1, 2: 2, a: 3, 1: 4, "-1": 5, "01": 6, 4294967294: 7 }],
      ...[{ toJSON: () => "own" }, { toJSON: 1 }, [{ toJSON: () => undefined }], { [Symbol("s")]: 1, a: 1 }],
      Object.defineProperty({ a: 1 }, "hidden", { value: 2, enumerable: false }),
      Object.defineProperty({ a: 1 }, "toJSON", { value: () => "hidden", enumerable: false }),
      new Proxy({ a: 1 }, { get: () => "of a proxy" }),
      Object.setPrototypeOf([1, 2], { toJSON: () => "of a kind" }),
      { 'quo"ted\n': "ä\ud800", 日本: ["\u2028"] },
    ].map(texts);
  },
  "a toJSON that all objects or lists inherit is asked": () => {
    const write = () => JSON.stringify([{ a: [1] }, 1, "text"]);
    const results = [write()];
    for (const kind of [Object.prototype, Array.prototype] as { toJSON?: unknown }[]) {
      kind.toJSON = () => "inherited";
      try {
        results.push(write());
      } finally {
        delete kind.toJSON;
      }
    }
    return [...results, write()];
  },
  "values become text where they stand in one": () => {
    const both = { toString: () => "text", valueOf: () => 7 };
    const primitive = { [Symbol.toPrimitive]: (hint: string) => hint };
    const text = (value: unknown): string => `${value}`;
    return [
      ...[
        1,
        -0,
        1.5,
        Number.NaN,
        2 ** 53,
        10n,
        true,
        null,
        undefined,
        "",
        "ä",
        "日",
        [1, [2, 3]],
        {},
        both,
        primitive,
      ].map((value) => [text(value), `<${text(value)}>`, `${text(value)}${text(value)}`, `${`${text(value)}|`}|`]),
      `${1}${2}`,
      `${1 + 2}3`,
      "plain",
      `a\n${"\\"}`,
    ];
  },
  "a symbol is no text, and what comes behind it in one is not looked at": () => {
    const seen: string[] = [];
    const note = (name: string) => ({
      toString: () => {
        seen.push(name);
        return name;
      },
    });
    let refused = "";
    try {
      seen.push(`${note("a")}${Symbol("s") as unknown as string}${note("b")}`);
    } catch (error) {
      refused = (error as Error).name;
    }
    return [refused, seen, `${note("c")}-${note("d")}`, seen];
  },
  "a program's own concat has no part in it": () => {
    const own = String.prototype.concat;
    String.prototype.concat = () => "own";
    try {
      return [`a${1}b`, "a".concat("b")];
    } finally {
      String.prototype.concat = own;
    }
  },
  "a tag gets the parts of its template": () => {
    const tag = (parts: TemplateStringsArray, ...values: unknown[]) => [[...parts], [...parts.raw], values];
    return [tag`a${1}\n${{ b: 2 }}`, tag``, tag`${3}`];
  },
};

export const SAMPLES: Readonly<Record<string, Sample>> = { ...objects, ...functions, ...texts };
