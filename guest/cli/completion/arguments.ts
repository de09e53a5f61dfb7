/**
 * What the arguments of a command can be: its usage line says it, `[OPTIONS] CONTAINER [CONTAINER...]`, in the same words
 * for all commands.
 */
import type { Command } from "../command.ts";
import { type Answer, NOTHING } from "./answer.ts";
import type { Question, Source } from "./question.ts";
import { containers, contexts, copied, files, images, nothing, objects } from "./sources.ts";

/** Each word of the usage lines but CONTAINER, which depends on the command. */
const NOUNS: Readonly<Record<string, Source>> = {
  CONTEXT: contexts,
  IMAGE: images,
  "NAME:TAG": images,
  "NAME:TAG|@DIGEST": images,
  "REPOSITORY:TAG": images,
  "SOURCE_IMAGE:TAG": images,
  "TARGET_IMAGE:TAG": images,
  "NAME|ID": objects,
  "CONTAINER:SRC_PATH": copied,
  "DEST_PATH|-": copied,
  "FILE|-": files,
  "PATH|URL|-": files,
  "file|URL|-": files,
  ARG: nothing,
  COMMAND: nothing,
  NEW_NAME: nothing,
  "PRIVATE_PORT/PROTO": nothing,
  // `[ps OPTIONS]` of docker top.
  ps: nothing,
  OPTIONS: nothing,
};

/** `[OPTIONS] CONTAINER COMMAND [ARG...]`: CONTAINER, COMMAND, ARG... */
export function readUsage(usage: string): readonly string[] {
  const [line = ""] = usage.split("\n");
  const nouns = line.replace("[OPTIONS]", "").replaceAll(" | ", "|").replace(/[[\]]/g, "");
  return nouns.split(" ").filter((noun) => noun !== "");
}

/** What stands at this place, without its dots; null when nothing is expected there. */
export function nounAt(usage: string, index: number): string | null {
  const nouns = readUsage(usage);
  const last = nouns.at(-1);
  const noun = nouns[index] ?? (last?.endsWith("...") ? last : undefined);
  return noun?.replace("...", "") ?? null;
}

/** null: a word that is not known here. */
export function sourceOf(command: Command, noun: string): Source | null {
  // `docker context create CONTEXT`: a name that there is not yet.
  if (command.name === "create" && noun !== "IMAGE") return nothing;
  if (noun === "CONTAINER") return containers(command.containers ?? "all");
  return Object.hasOwn(NOUNS, noun) ? (NOUNS[noun] ?? null) : null;
}

export async function completeArgument(command: Command, question: Question): Promise<Answer> {
  const { args } = question.typed;
  const noun = nounAt(command.usage, args.length);
  const source = noun === null ? null : sourceOf(command, noun);
  const answer = source === null ? NOTHING : await source(question);
  return { ...answer, candidates: answer.candidates.filter(({ text }) => !args.includes(text)) };
}
