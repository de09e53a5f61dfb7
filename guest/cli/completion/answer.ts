/**
 * What a shell is told about a word that is being typed, in the protocol of Go's cobra library, so that whatever asks
 * Docker's own client can ask ours: a candidate a line, the last line the directive (cobra's completions.go).
 */

export interface Candidate {
  readonly text: string;
  /** A few words about it, for shells that show some. */
  readonly about?: string;
}

export interface Answer {
  /** Whether they begin with what is typed is for the shell to see. */
  readonly candidates: readonly Candidate[];
  /** The sum of some of the bits below. */
  readonly directive: number;
}

const ERROR = 1;
const NO_SPACE = 2;
const NO_FILES = 4;

const DIRECTIVES: readonly (readonly [bit: number, name: string])[] = [
  [ERROR, "Error"],
  [NO_SPACE, "NoSpace"],
  [NO_FILES, "NoFileComp"],
];

/** No candidate, and no file either. */
export const NOTHING: Answer = { candidates: [], directive: NO_FILES };
/** The shell completes names of files. */
export const FILES: Answer = { candidates: [], directive: 0 };
/** It could not be found out. */
export const FAILURE: Answer = { candidates: [], directive: ERROR };

/** The word is one of these. */
export function words(texts: readonly string[]): Answer {
  return { candidates: texts.map((text) => ({ text })), directive: NO_FILES };
}

/** The word begins with one of these and goes on: `status=`. */
export function beginnings(texts: readonly string[]): Answer {
  return { ...words(texts), directive: NO_SPACE | NO_FILES };
}

/** The word begins with one of these and goes on, or it is a file. */
export function beginningsOrFiles(texts: readonly string[]): Answer {
  return { ...words(texts), directive: NO_SPACE };
}

export function described(candidates: readonly Candidate[]): Answer {
  return { candidates, directive: NO_FILES };
}

/** Standard output. */
export function formatAnswer({ candidates, directive }: Answer, descriptions: boolean): string {
  const lines = candidates.map(({ text, about = "" }) => {
    const [line = ""] = about.split("\n");
    return descriptions && line !== "" ? `${text}\t${line}\n` : `${text}\n`;
  });
  return `${lines.join("")}:${directive}\n`;
}

/** Standard error: `Completion ended with directive: ShellCompDirectiveNoFileComp`. */
export function formatDirective({ directive }: Answer): string {
  const names = DIRECTIVES.filter(([bit]) => (directive & bit) !== 0).map(([, name]) => name);
  const text = (names.length === 0 ? ["Default"] : names).map((name) => `ShellCompDirective${name}`).join(", ");
  return `Completion ended with directive: ${text}\n`;
}
