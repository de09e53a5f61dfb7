/**
 * A command line read as pflag reads it: `--flag value`, `--flag=value`, bundled shorthands (`-itd`, `-e A=1`,
 * `-eA=1`), `--` ends the flags. For run, create and exec the first argument ends them too.
 */
import { type Flag, formatFlagName, isRepeatable } from "./flag.ts";
import { checkBool, checkInt, checkUint, readBool, readInt } from "./number.ts";

/** What pflag would say; the caller adds `See 'docker run --help'.` */
export class FlagError extends Error {}

export class Options {
  /** null: nothing was given, as mostly. A command asks for a dozen names all the same. */
  readonly #values: ReadonlyMap<string, readonly string[]> | null;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values.size === 0 ? null : values;
  }

  changed(name: string): boolean {
    return this.#values?.has(name) ?? false;
  }

  /** Whether nothing else was given: chapters of flags that hardly anybody uses are then passed by with one question. */
  onlyFrom(names: ReadonlySet<string>): boolean {
    for (const name of this.#values?.keys() ?? []) if (!names.has(name)) return false;
    return true;
  }

  /** The last value given, or `fallback`. */
  text(name: string, fallback = ""): string {
    return this.#last(name) ?? fallback;
  }

  all(name: string): readonly string[] {
    return this.#values?.get(name) ?? [];
  }

  on(name: string, fallback = false): boolean {
    const value = this.#last(name);
    return value === undefined ? fallback : readBool(value);
  }

  int(name: string, fallback = 0): number {
    const value = this.#last(name);
    return value === undefined ? fallback : readInt(value);
  }

  #last(name: string): string | undefined {
    return this.#values?.get(name)?.at(-1);
  }
}

export interface Parsed {
  readonly options: Options;
  readonly args: readonly string[];
}

/** The flags of one command, indexed once and kept: forks of the warm process find the index ready. */
export interface FlagIndex {
  readonly long: ReadonlyMap<string, Flag>;
  readonly short: ReadonlyMap<string, Flag>;
}

export const HELP: Flag = { name: "help", kind: "bool", usage: "Print usage" };
/** `-h` still works and says that it is going away. */
const HELP_BY_LETTER: Flag = { name: "h", kind: "bool", usage: "" };
const indexes = new WeakMap<readonly Flag[], FlagIndex>();

export function indexFlags(flags: readonly Flag[]): FlagIndex {
  const known = indexes.get(flags);
  if (known !== undefined) return known;
  const long = new Map<string, Flag>([["help", HELP]]);
  const short = new Map<string, Flag>();
  for (const flag of flags) {
    long.set(flag.name, flag);
    if (flag.short !== undefined) short.set(flag.short, flag);
  }
  const index = { long, short };
  indexes.set(flags, index);
  return index;
}

const NO_OPTIONS = new Options(new Map());

export function parseArguments(argv: readonly string[], flags: readonly Flag[], interspersed: boolean): Parsed {
  const first = argv[0];
  if (first === undefined || (!interspersed && first.charAt(0) !== "-")) return { options: NO_OPTIONS, args: argv };
  const reader = new ArgumentReader(argv, indexFlags(flags), interspersed);
  return reader.read();
}

class ArgumentReader {
  readonly #argv: readonly string[];
  readonly #flags: FlagIndex;
  readonly #interspersed: boolean;
  readonly #values = new Map<string, string[]>();
  #next = 0;

  constructor(argv: readonly string[], flags: FlagIndex, interspersed: boolean) {
    this.#argv = argv;
    this.#flags = flags;
    this.#interspersed = interspersed;
  }

  read(): Parsed {
    const args: string[] = [];
    for (let word = this.#take(); word !== undefined; word = this.#take()) {
      if (word === "--") return this.#finish([...args, ...this.#argv.slice(this.#next)]);
      if (word.charAt(0) !== "-" || word === "-") {
        args.push(word);
        if (!this.#interspersed) return this.#finish(this.#argv.slice(this.#next - 1));
      } else if (word.charAt(1) === "-") this.#readLong(word);
      else this.#readShort(word);
    }
    return this.#finish(args);
  }

  #finish(args: readonly string[]): Parsed {
    return { options: new Options(this.#values), args };
  }

  #take(): string | undefined {
    return this.#argv[this.#next++];
  }

  #readLong(word: string): void {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    if (name === "" || name.charAt(0) === "-") throw new FlagError(`bad flag syntax: ${word}`);
    const flag = this.#flags.long.get(name);
    if (flag === undefined) throw new FlagError(`unknown flag: --${name}`);
    if (equals >= 0) this.#set(flag, word.slice(equals + 1));
    else if (flag.kind === "bool") this.#set(flag, "true");
    else this.#set(flag, this.#takeFor(word));
  }

  #readShort(word: string): void {
    for (let at = 1; at < word.length; at++) {
      if (this.#readLetter(word.charAt(at), word.slice(at))) return;
    }
  }

  /** True when the letter took the rest of its cluster as its value. */
  #readLetter(letter: string, cluster: string): boolean {
    const flag = this.#flags.short.get(letter) ?? this.#unknownLetter(letter, cluster);
    const rest = cluster.slice(1);
    const hasValue = rest.length > 1 && rest.charAt(0) === "=";
    if (flag.kind === "bool" && !hasValue) {
      this.#set(flag, "true");
      return false;
    }
    this.#set(flag, hasValue ? rest.slice(1) : rest || this.#takeFor(`'${letter}' in -${cluster}`));
    return true;
  }

  /** -h is help wherever a command has not taken the letter for itself (run: --hostname). */
  #unknownLetter(letter: string, cluster: string): Flag {
    if (letter === "h") return HELP_BY_LETTER;
    throw new FlagError(`unknown shorthand flag: '${letter}' in -${cluster}`);
  }

  #takeFor(asker: string): string {
    const value = this.#take();
    if (value === undefined) throw new FlagError(`flag needs an argument: ${asker}`);
    return value;
  }

  #set(flag: Flag, value: string): void {
    const complaint = checkKind(flag, value) ?? flag.check?.(value) ?? null;
    if (complaint !== null) {
      throw new FlagError(`invalid argument ${quote(value)} for "${formatFlagName(flag)}" flag: ${complaint}`);
    }
    const values = this.#values.get(flag.name);
    if (values === undefined || !isRepeatable(flag)) this.#values.set(flag.name, [value]);
    else values.push(value);
  }
}

const checkUint16 = checkUint(16);
const checkUint64 = checkUint(64);

function checkKind(flag: Flag, value: string): string | null {
  switch (flag.kind) {
    case "bool":
      return checkBool(value);
    case "int":
      return checkInt(value);
    case "uint":
      return checkUint64(value);
    case "uint16":
      return checkUint16(value);
    default:
      return null;
  }
}

/** Go's %q for what people type. */
function quote(text: string): string {
  return JSON.stringify(text);
}
