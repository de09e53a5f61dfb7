/**
 * A command is a value: what `--help` prints, what the parser accepts and what runs are read from the same object.
 */
import type { Flag } from "./args/flag.ts";
import type { Options } from "./args/parse.ts";
import type { Cli } from "./cli.ts";

export interface Command {
  readonly kind: "command";
  readonly name: string;
  readonly summary: string;
  /** What `--help` says instead, when there is more to say. */
  readonly description?: string;
  /** After `docker NAME`, as in `[OPTIONS] CONTAINER [CONTAINER...]`. */
  readonly usage: string;
  readonly flags: readonly Flag[];
  readonly arity: Arity;
  /** Other full spellings, this one included: `docker container ls, docker ps`. Empty when there is only one. */
  readonly aliases: readonly string[];
  /** Which containers the CONTAINER of the usage line is meant for: those that Tab offers. All of them unless told. */
  readonly containers?: ContainerChoice;
  /** True when the arguments are a docker command of their own. */
  readonly wraps?: true;
  /** False when the words after the first argument belong to the container: run, create, exec. */
  readonly interspersed?: false;
  /** Gives the exit code. */
  readonly run: (invocation: Invocation) => Promise<number>;
}

/** `alive` are those that `docker ps` shows, `running` those that are not paused, `ended` also those never started. */
export type ContainerChoice = "all" | "alive" | "running" | "paused" | "ended";

/** A word that only gathers commands: `docker container`. */
export interface Family {
  readonly kind: "family";
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

export type Arity =
  | { readonly kind: "none" }
  /** `bare`: refused in the words of cobra, without the usage. */
  | { readonly kind: "exactly"; readonly count: number; readonly bare?: true }
  | { readonly kind: "atLeast"; readonly count: number }
  | { readonly kind: "atMost"; readonly count: number }
  | { readonly kind: "between"; readonly least: number; readonly most: number };

export interface Invocation {
  readonly cli: Cli;
  /** `docker ps` or `docker container ls`, as it was typed. */
  readonly path: string;
  readonly options: Options;
  readonly args: readonly string[];
  /** Runs another command in this one's place; gives its exit code, or throws what it threw. */
  readonly dispatch: (argv: readonly string[]) => Promise<number>;
}

/** Ends a command with this text on standard error (nothing when empty) and this exit code. */
export class ExitError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.name = "ExitError";
    this.code = code;
  }
}

/** The same command under another name, as members of a family are: `ps` is `container ls`. */
export function renamed(command: Command, name: string): Command {
  return { ...command, name };
}
