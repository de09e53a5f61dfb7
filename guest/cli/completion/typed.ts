/**
 * A command line that is not finished, read as `args/parse.ts` reads a finished one, but nothing is refused: a flag that
 * nobody knows and a value that is wrong are not the reader's business, only what the next word will be.
 */
import { type Flag, isRepeatable } from "../args/flag.ts";
import { type FlagIndex, indexFlags, Options } from "../args/parse.ts";

export interface Typed {
  readonly options: Options;
  readonly args: readonly string[];
  /** The flag whose value the next word is. */
  readonly waiting: Flag | null;
  /** Whether the next word is a flag when it begins with `-`. */
  readonly flagsGoOn: boolean;
}

export function readTyped(words: readonly string[], flags: readonly Flag[], interspersed: boolean): Typed {
  const reader = new TypedReader(indexFlags(flags), interspersed);
  for (const word of words) reader.take(word);
  return reader.result();
}

class TypedReader {
  readonly #flags: FlagIndex;
  readonly #interspersed: boolean;
  readonly #values = new Map<string, string[]>();
  readonly #args: string[] = [];
  #waiting: Flag | null = null;
  #flagsGoOn = true;

  constructor(flags: FlagIndex, interspersed: boolean) {
    this.#flags = flags;
    this.#interspersed = interspersed;
  }

  result(): Typed {
    const options = new Options(this.#values);
    return { options, args: this.#args, waiting: this.#waiting, flagsGoOn: this.#flagsGoOn };
  }

  take(word: string): void {
    if (this.#waiting !== null) this.#give(this.#waiting, word);
    else if (!this.#flagsGoOn || !word.startsWith("-") || word === "-") this.#takeArgument(word);
    else if (word === "--") this.#flagsGoOn = false;
    else if (word.startsWith("--")) this.#takeLong(word);
    else this.#takeCluster(word.slice(1));
  }

  #takeArgument(word: string): void {
    this.#args.push(word);
    if (!this.#interspersed) this.#flagsGoOn = false;
  }

  #takeLong(word: string): void {
    const equals = word.indexOf("=");
    const flag = this.#flags.long.get(equals < 0 ? word.slice(2) : word.slice(2, equals));
    if (flag === undefined) return;
    if (equals >= 0) this.#give(flag, word.slice(equals + 1));
    else if (flag.kind === "bool") this.#give(flag, "true");
    else this.#waiting = flag;
  }

  /** `itd`, `eA=1`, `e=A=1`. */
  #takeCluster(cluster: string): void {
    const flag = this.#flags.short.get(cluster.charAt(0));
    const rest = cluster.slice(1);
    if (flag === undefined) return;
    if (rest.startsWith("=")) this.#give(flag, rest.slice(1));
    else if (flag.kind === "bool") {
      this.#give(flag, "true");
      this.#takeCluster(rest);
    } else if (rest !== "") this.#give(flag, rest);
    else this.#waiting = flag;
  }

  #give(flag: Flag, value: string): void {
    this.#waiting = null;
    const values = this.#values.get(flag.name);
    if (values === undefined || !isRepeatable(flag)) this.#values.set(flag.name, [value]);
    else values.push(value);
  }
}
