import type { EngineClient } from "../../api/client.ts";
import type { Flag } from "../args/flag.ts";
import type { Environment } from "../cli.ts";
import type { Answer } from "./answer.ts";
import type { Typed } from "./typed.ts";

/** The world that names are taken from. */
export interface Place {
  readonly environ: Environment;
  /** Names of all contexts. */
  readonly contexts: () => readonly string[];
  /** The engine that the line is meant for. Throws when it leads nowhere. */
  readonly engine: () => EngineClient;
}

/** What may `word` be, as far as it is typed? */
export interface Question {
  readonly place: Place;
  readonly word: string;
  /** The command's flags and arguments before it. */
  readonly typed: Typed;
  /** The flag whose value it is. */
  readonly flag?: Flag;
}

export type Source = (question: Question) => Answer | Promise<Answer>;
