/** `docker __complete WORD…`: what the last of the words, which is still being typed, may become. */
import { type Flag, isRepeatable } from "../args/flag.ts";
import { indexFlags } from "../args/parse.ts";
import type { Command, Family } from "../command.ts";
import { ALL_WORDS, findMember, findWord } from "../commands.ts";
import { GLOBAL_FLAGS } from "../global-options.ts";
import { visibleFlags } from "../output/help.ts";
import { type Answer, type Candidate, described, NOTHING } from "./answer.ts";
import { completeArgument } from "./arguments.ts";
import { completeFlagValue } from "./flag-values.ts";
import type { Place, Question } from "./question.ts";
import { readTyped } from "./typed.ts";

/** Words up to the cursor; the last one, which may be empty, is to be completed. */
export type Line = readonly string[];

interface Level {
  readonly flags: readonly Flag[];
  /** False when the first argument ends the flags. */
  readonly interspersed: boolean;
  /** What is no flag and no value of one. */
  readonly argument: (question: Question) => Answer | Promise<Answer>;
}

/** Everything behind `docker`. */
export function completeLine(place: Place, line: Line): Promise<Answer> {
  return completeAt(place, line, {
    flags: GLOBAL_FLAGS,
    interspersed: false,
    argument: ({ typed, word }) => {
      const [name, ...rest] = typed.args;
      return name === undefined ? describeWords(ALL_WORDS, word) : completeAfter(place, name, [...rest, word]);
    },
  });
}

async function completeAt(place: Place, line: Line, { flags, interspersed, argument }: Level): Promise<Answer> {
  const word = line.at(-1) ?? "";
  const typed = readTyped(line.slice(0, -1), flags, interspersed);
  const question = { place, word, typed };
  if (typed.waiting !== null) return completeFlagValue({ ...question, flag: typed.waiting });
  if (!typed.flagsGoOn || !word.startsWith("-")) return argument(question);
  const equals = word.indexOf("=");
  if (equals < 0) return nameFlags(flags, question);
  const flag = findFlag(flags, word.slice(0, equals));
  return flag === undefined ? NOTHING : completeFlagValue({ ...question, flag, word: word.slice(equals + 1) });
}

/** `--network`, `-it`: of letters the last one takes the value. */
function findFlag(flags: readonly Flag[], word: string): Flag | undefined {
  const { long, short } = indexFlags(flags);
  return word.startsWith("--") ? long.get(word.slice(2)) : short.get(word.slice(-1));
}

/** A flag that is given already comes up again only when it may be given twice. */
function nameFlags(flags: readonly Flag[], { typed, word }: Question): Answer {
  const left = visibleFlags(flags).filter((flag) => isRepeatable(flag) || !typed.options.changed(flag.name));
  const names = left.flatMap(({ name, short, usage }): Candidate[] => {
    const long = { text: `--${name}`, about: usage };
    return short === undefined ? [long] : [long, { text: `-${short}`, about: usage }];
  });
  return described(names.filter(({ text }) => text.startsWith(word)));
}

function describeWords(words: readonly { readonly name: string; readonly summary: string }[], word: string): Answer {
  const found = words.filter(({ name }) => name.startsWith(word));
  return described(found.map(({ name, summary }) => ({ text: name, about: summary })));
}

/** Behind the first word that is no flag. */
function completeAfter(place: Place, name: string, line: Line): Answer | Promise<Answer> {
  if (name === "help") return completeHelp(line);
  const found = findWord(name);
  if (found === undefined) return NOTHING;
  return found.kind === "family" ? completeFamily(place, found, line) : completeCommand(place, found, line);
}

function completeHelp(line: Line): Answer {
  const [first = "", second] = line;
  if (second === undefined) return describeWords(ALL_WORDS, first);
  const found = findWord(first);
  return found?.kind === "family" && line.length === 2 ? describeWords(found.commands, second) : NOTHING;
}

function completeFamily(place: Place, family: Family, line: Line): Promise<Answer> {
  return completeAt(place, line, {
    flags: [],
    interspersed: false,
    argument: ({ typed, word }) => {
      const [name, ...rest] = typed.args;
      if (name === undefined) return describeWords(family.commands, word);
      const command = findMember(family, name);
      return command === undefined ? NOTHING : completeCommand(place, command, [...rest, word]);
    },
  });
}

function completeCommand(place: Place, command: Command, line: Line): Promise<Answer> {
  return completeAt(place, line, {
    flags: command.flags,
    interspersed: command.interspersed !== false,
    argument: (question) => {
      const { typed, word } = question;
      if (command.wraps) return completeLine(place, [...typed.args, word]);
      return completeArgument(command, question);
    },
  });
}
