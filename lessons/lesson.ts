/** The grammar of a lesson, as data. The text form is described in README.md and read by parse.ts. */

export interface Lesson {
  /** The folder's name: "01-first-container". */
  readonly slug: string;
  readonly title: string;
  /** One sentence: what the learner will be able to do. */
  readonly summary: string;
  readonly minutes: number;
  readonly steps: readonly Step[];
}

export interface Step {
  /** Unique in its lesson, made from the title; progress is kept under it. */
  readonly id: string;
  readonly title: string;
  /** Text and commands in reading order. */
  readonly blocks: readonly Block[];
  /** All must pass. At least one: a step without a proof teaches nothing. */
  readonly checks: readonly CheckSpec[];
  /** Command lines that make the checks pass on a fresh machine. */
  readonly solution: readonly string[];
}

export type Block =
  | { readonly kind: "text"; readonly markdown: string }
  /** A command line with a "run it" button. */
  | { readonly kind: "command"; readonly command: string };

/** One row of the table in checks.ts, with its arguments. */
export interface CheckSpec {
  readonly kind: string;
  readonly arguments: Readonly<Record<string, string>>;
}
