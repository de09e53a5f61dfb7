/** What must hold of the parsers for any text: seeded, so that a failure comes again. */
import { describe, expect, test } from "vitest";
import { RUN_FLAGS } from "../../../../../guest/cli/args/container-flags.ts";
import { checkDuration, parseDuration } from "../../../../../guest/cli/args/duration.ts";
import { type Flag, isRepeatable } from "../../../../../guest/cli/args/flag.ts";
import { checkMount, parseMount } from "../../../../../guest/cli/args/mount.ts";
import { FlagError, parseArguments } from "../../../../../guest/cli/args/parse.ts";
import { readPorts } from "../../../../../guest/cli/args/port.ts";
import { BadReference, parseReference } from "../../../../../guest/cli/args/reference.ts";
import { checkCpus, checkSize, parseCpus, parseSize } from "../../../../../guest/cli/args/size.ts";
import { ExitError } from "../../../../../guest/cli/command.ts";
import { referenceKey, parseReference as referenceOfEngine } from "../../../../../guest/engine/images/reference.ts";
import { formatDuration } from "../../../../../guest/engine/time.ts";
import { createRandom, integer, pick } from "../../api/random.ts";

const ROUNDS = 1000;

type Random = () => number;

/** Some letters of an alphabet that has more of what matters than any keyboard. */
function textOf(random: Random, alphabet: string, longest: number): string {
  return Array.from({ length: integer(random, longest + 1) }, () => pick(random, [...alphabet])).join("");
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function attempt<T>(step: () => T, refusal: new (...words: never[]) => Error): T | null {
  try {
    return step();
  } catch (error) {
    if (error instanceof refusal) return null;
    throw error;
  }
}

describe("a duration", () => {
  const UNITS = { h: 3600e9, m: 60e9, s: 1e9, ms: 1e6, us: 1e3, ns: 1 } as const;

  test("is the sum of its parts, whatever their order", () => {
    const random = createRandom(1);
    for (let round = 0; round < ROUNDS; round++) {
      const parts = Array.from({ length: 1 + integer(random, 4) }, () => ({
        unit: pick(random, Object.keys(UNITS) as (keyof typeof UNITS)[]),
        count: integer(random, 1000),
      }));
      const text = parts.map(({ unit, count }) => `${count}${unit}`).join("");
      const total = parts.reduce((sum, { unit, count }) => sum + count * UNITS[unit], 0);
      expect([text, parseDuration(text)]).toEqual([text, total]);
      expect(parseDuration(`-${text}`)).toBe(-total);
    }
  });

  test("is read as the engine writes it", () => {
    const random = createRandom(2);
    for (let round = 0; round < ROUNDS; round++) {
      const nanoseconds = integer(random, 10 ** (1 + integer(random, 14)));
      expect(parseDuration(formatDuration(nanoseconds))).toBe(nanoseconds);
    }
  });

  test("is complained about exactly when it is none", () => {
    const random = createRandom(3);
    for (let round = 0; round < ROUNDS; round++) {
      const text = textOf(random, "0159.+-hmsun µx", 6);
      expect([text, checkDuration(text) === null]).toEqual([text, parseDuration(text) !== null]);
    }
  });
});

describe("a size", () => {
  test("is its number in the unit, in every spelling of the unit", () => {
    const random = createRandom(4);
    for (let round = 0; round < ROUNDS; round++) {
      const power = integer(random, 5);
      const letter = power === 0 ? "" : pick(random, [..."kmgt"].slice(power - 1, power));
      const suffix = power === 0 ? pick(random, ["", "b", "B"]) : letter + pick(random, ["", "b", "B", "ib", "iB"]);
      const number = integer(random, 10_000);
      const text = `${number}${pick(random, ["", " "])}${random() < 0.5 ? suffix : suffix.toUpperCase()}`;
      expect([text, parseSize(text)]).toEqual([text, number * 1024 ** power]);
    }
  });

  test("is complained about exactly when it is none, and never negative", () => {
    const random = createRandom(5);
    for (let round = 0; round < ROUNDS; round++) {
      const text = textOf(random, "019.kKmMbBiI -+e", 6);
      const size = parseSize(text);
      expect([text, checkSize(text) === null]).toEqual([text, size !== null]);
      if (size !== null) expect([text, Number.isInteger(size) && size >= 0]).toEqual([text, true]);
    }
  });
});

describe("an image reference", () => {
  const key = (text: string): string | null => {
    try {
      return referenceKey(referenceOfEngine(text));
    } catch {
      return null;
    }
  };

  function component(random: Random): string {
    const word = (): string => textOf(random, "az09", 2) + pick(random, [..."az09"]);
    return Array.from({ length: 1 + integer(random, 3) }, word).join(pick(random, [".", "_", "__", "-", "--"]));
  }

  function reference(random: Random): string {
    const domain = pick(random, [
      "",
      "",
      "docker.io/",
      "localhost/",
      "localhost:5000/",
      "Host/",
      "a.b-c:1/",
      "library/",
    ]);
    const path = Array.from({ length: 1 + integer(random, 3) }, () => component(random)).join("/");
    const tag = pick(random, ["", "", ":latest", ":1.2-x", ":A_b"]);
    const digest = pick(random, ["", "", "", `@sha256:${"0f".repeat(32)}`]);
    return domain + path + tag + digest;
  }

  test("built by the grammar is one for the client and for the engine, which call it the same", () => {
    const random = createRandom(6);
    for (let round = 0; round < ROUNDS; round++) {
      const text = reference(random);
      const ours = attempt(() => parseReference(text), BadReference);
      expect([text, ours === null]).toEqual([text, false]);
      if (!text.includes("@")) expect([text, ours?.familiar]).toEqual([text, key(text)]);
    }
  });

  test("is the same when its familiar name is read again", () => {
    const random = createRandom(7);
    for (let round = 0; round < ROUNDS; round++) {
      const once = parseReference(reference(random)).familiar;
      expect(parseReference(once).familiar).toBe(once);
    }
  });

  test("that the client refuses the engine refuses too, and the other way round", () => {
    const random = createRandom(8);
    for (let round = 0; round < 5 * ROUNDS; round++) {
      const text = textOf(random, "aaZ0._-/:@", 8);
      const ours = attempt(() => parseReference(text), BadReference);
      expect([text, ours?.familiar ?? null]).toEqual([text, key(text)]);
    }
  });
});

describe("a command line", () => {
  const SIMPLE = RUN_FLAGS.filter(
    ({ check, kind }) => check === undefined && ["bool", "string", "list", "int"].includes(kind),
  );

  interface Given {
    readonly flag: Flag;
    readonly value: string;
  }

  function give(random: Random): Given {
    const flag = pick(random, SIMPLE);
    if (flag.kind === "bool") return { flag, value: pick(random, ["true", "false", "1", "F"]) };
    if (flag.kind === "int") return { flag, value: String(integer(random, 2000) - 1000) };
    return { flag, value: pick(random, ["x", "-x", "--", "a=b", "", "a b", "ü", "-"]) };
  }

  /** One of the ways to write it. */
  function spell(random: Random, { flag, value }: Given): readonly string[] {
    const long = [`--${flag.name}=${value}`];
    if (flag.kind === "bool") return value === "true" && random() < 0.5 ? [`--${flag.name}`] : long;
    const ways: (readonly string[])[] = [long, [`--${flag.name}`, value]];
    if (flag.short !== undefined) ways.push([`-${flag.short}`, value]);
    if (flag.short !== undefined && value !== "") ways.push([`-${flag.short}=${value}`]);
    return pick(random, ways);
  }

  test("means the same in every spelling, and what follows the first argument is the program's", () => {
    const random = createRandom(9);
    for (let round = 0; round < ROUNDS; round++) {
      const given = Array.from({ length: integer(random, 6) }, () => give(random));
      const rest = [
        "image",
        ...Array.from({ length: integer(random, 3) }, () => pick(random, ["-x", "--rm", "--", "a"])),
      ];
      const argv = [...given.flatMap((each) => spell(random, each)), ...rest];
      const { options, args } = parseArguments(argv, RUN_FLAGS, false);
      expect([argv, args]).toEqual([argv, rest]);
      for (const { flag } of given) {
        const values = given.filter((each) => each.flag === flag).map(({ value }) => value);
        expect([argv, options.all(flag.name)]).toEqual([argv, isRepeatable(flag) ? values : values.slice(-1)]);
      }
    }
  });

  test("of any words is read or refused, and never half of it", () => {
    const random = createRandom(10);
    const words = [
      "-",
      "--",
      "-i",
      "-it",
      "-x",
      "--rm",
      "--rm=x",
      "--name",
      "--name=",
      "-e",
      "-eA",
      "-e=",
      "--=x",
      "-m",
      "1g",
      "",
    ];
    for (let round = 0; round < ROUNDS; round++) {
      const argv = Array.from({ length: integer(random, 5) }, () => pick(random, words));
      const parsed = attempt(() => parseArguments(argv, RUN_FLAGS, random() < 0.5), FlagError);
      if (parsed !== null) for (const word of parsed.args) expect(argv).toContain(word);
    }
  });
});

describe("a mount", () => {
  test("is the same whatever the order of its fields", () => {
    const random = createRandom(11);
    const more = ["readonly", "bind-propagation=rslave", "consistency=cached", "bind-nonrecursive=true"];
    for (let round = 0; round < ROUNDS; round++) {
      const fields = ["type=bind", "source=/a", "target=/b", ...shuffled(random, more).slice(integer(random, 5))];
      expect(parseMount(shuffled(random, fields).join(","))).toEqual(parseMount(fields.join(",")));
    }
  });

  test("is refused with words, or read with a target", () => {
    const random = createRandom(12);
    const fields = [
      "type=bind",
      "type=tmpfs",
      "type=",
      "src=/a",
      "dst=/b",
      "dst=",
      "ro",
      "ro=x",
      "tmpfs-size=1m",
      "tmpfs-mode=9",
      "volume-nocopy",
      '"',
      "",
      "=",
      "x=y",
    ];
    for (let round = 0; round < ROUNDS; round++) {
      const text = Array.from({ length: integer(random, 5) }, () => pick(random, fields)).join(",");
      if (checkMount(text) === null) expect(parseMount(text).Target).toBe("/b");
    }
  });
});

describe("published ports", () => {
  test("of a range are as many as the range has, each on its own port of the host", () => {
    const random = createRandom(13);
    for (let round = 0; round < ROUNDS; round++) {
      const size = 1 + integer(random, 20);
      const inside = 1 + integer(random, 60_000);
      const host = 1 + integer(random, 60_000);
      const protocol = pick(random, ["tcp", "udp", "sctp"]);
      const range = (from: number): string => (size === 1 ? String(from) : `${from}-${from + size - 1}`);
      const { bindings, exposed } = readPorts([`10.0.0.1:${range(host)}:${range(inside)}/${protocol}`], []);
      expect(Object.keys(bindings)).toHaveLength(size);
      expect(Object.keys(exposed)).toEqual(Object.keys(bindings));
      for (let at = 0; at < size; at++) {
        expect(bindings[`${inside + at}/${protocol}`]).toEqual([{ HostIp: "10.0.0.1", HostPort: String(host + at) }]);
      }
    }
  });

  test("of any text are refused with words, or lie between 0 and 65535", () => {
    const random = createRandom(14);
    for (let round = 0; round < ROUNDS; round++) {
      const text = textOf(random, "0189-::./tcpu[]", 9);
      const ports = attempt(() => readPorts([text], []), ExitError);
      for (const name of Object.keys(ports?.bindings ?? {})) {
        const [port = "", protocol] = name.split("/");
        expect([text, Number(port) >= 0 && Number(port) <= 65535]).toEqual([text, true]);
        expect(["tcp", "udp", "sctp"]).toContain(protocol);
      }
    }
  });
});

describe("processors", () => {
  test.each([
    ["0.5", 500_000_000],
    ["1/2", 500_000_000],
    ["-1/2", -500_000_000],
    ["1e3", 1e12],
    ["1e-9", 1],
    [".5", 500_000_000],
    ["5.", 5e9],
    ["1e300", Number.MAX_SAFE_INTEGER],
    ["-1e300", -Number.MAX_SAFE_INTEGER],
  ])("%s", (text, nano) => expect([checkCpus(text), parseCpus(text)]).toEqual([null, nano]));
});
