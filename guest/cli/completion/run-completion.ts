/** What a shell runs when Tab is pressed: nothing but candidates is said, and a line that means nothing has none. */
import type { EngineClient } from "../../api/client.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { Sys } from "../../sys/sys.ts";
import type { Options } from "../args/parse.ts";
import { Cli, type Environment, printTo, type Surroundings } from "../cli.ts";
import { ExitError } from "../command.ts";
import { ConfigFile, configDirectory } from "../config-file.ts";
import { ContextStore, DEFAULT_CONTEXT } from "../contexts.ts";
import { findEndpoint, GLOBAL_FLAGS } from "../global-options.ts";
import { type Answer, FAILURE, formatAnswer, formatDirective } from "./answer.ts";
import { completeLine, type Line } from "./complete.ts";
import type { Place } from "./question.ts";
import { readTyped } from "./typed.ts";

/** The words that ask for it: whether descriptions are wanted. */
export const COMPLETION_WORDS: ReadonlyMap<string, boolean> = new Map([
  ["__complete", true],
  ["__completeNoDesc", false],
]);

export interface CompletionRequest {
  readonly line: Line;
  readonly descriptions: boolean;
}

/** Gives the exit code. */
export async function runCompletion(sys: Sys, surroundings: Surroundings, request: CompletionRequest): Promise<number> {
  const { line, descriptions } = request;
  if (line.length === 0) throw new ExitError(1, "requires at least 1 arg(s), only received 0");
  const place = new TypedPlace(sys, surroundings, readTyped(line.slice(0, -1), GLOBAL_FLAGS, false).options);
  const answer = await answerOrFail(place, line);
  place.over();
  printTo(sys, 1, formatAnswer(answer, descriptions), surroundings.exit);
  printTo(sys, 2, formatDirective(answer), surroundings.exit);
  return 0;
}

/** An engine that refuses, or is not there. */
async function answerOrFail(place: Place, line: Line): Promise<Answer> {
  try {
    return await completeLine(place, line);
  } catch (error) {
    if (error instanceof EngineError || error instanceof ExitError) return FAILURE;
    throw error;
  }
}

/** Where the options in front of the command lead. Most words need no engine: none is looked for until one is asked. */
class TypedPlace implements Place {
  readonly environ: Environment;
  readonly #sys: Sys;
  readonly #surroundings: Surroundings;
  readonly #options: Options;
  readonly #config: ConfigFile;
  #cli: Cli | null = null;

  constructor(sys: Sys, surroundings: Surroundings, options: Options) {
    this.environ = surroundings.environ;
    this.#sys = sys;
    this.#surroundings = surroundings;
    this.#options = options;
    this.#config = new ConfigFile(sys, configDirectory(options, surroundings.environ));
  }

  readonly contexts = (): readonly string[] => {
    const store = new ContextStore(this.#sys, this.#config.directory);
    return [DEFAULT_CONTEXT, ...store.list().map(({ Name }) => Name)];
  };

  readonly engine = (): EngineClient => {
    this.#cli ??= this.#open();
    return this.#cli.client;
  };

  /** Its connection to the engine may serve the next command. */
  over(): void {
    this.#cli?.over();
  }

  #open(): Cli {
    const endpoint = findEndpoint({
      sys: this.#sys,
      options: this.#options,
      environ: this.environ,
      config: this.#config,
    });
    const cli = new Cli(this.#sys, this.#surroundings, endpoint, this.#config);
    cli.watchSignals();
    return cli;
  }
}
