import { checkKinds } from "./checks.ts";
import type { Block, CheckSpec, Lesson, Step } from "./lesson.ts";

/** What is wrong with a lesson, and where: authors read this. */
export class LessonError extends Error {
  constructor(slug: string, line: number, problem: string) {
    super(`lessons/${slug}/lesson.md:${line}: ${problem}`);
    this.name = "LessonError";
  }
}

/** A piece of the file: its lines, and where it starts (1 is the first line). */
interface Piece {
  readonly slug: string;
  readonly line: number;
  readonly lines: readonly string[];
}

/** Reads a lesson. Throws {@link LessonError}, which names the line. */
export function parseLesson(slug: string, text: string): Lesson {
  const lines = text.replace(/\r\n/g, "\n").split("\n");
  const end = lines.indexOf("---", 1);
  if (lines[0] !== "---" || end < 0) throw new LessonError(slug, 1, 'starts with "---", key: value lines and "---"');
  const front = readKeys({ slug, line: 2, lines: lines.slice(1, end) });
  const steps = splitSteps({ slug, line: end + 2, lines: lines.slice(end + 1) }).map(parseStep);
  if (steps.length === 0) throw new LessonError(slug, end + 2, 'has no step; a step starts with "## Title"');
  refuseTwins(slug, steps);
  return { slug, ...readFront(slug, front), steps };
}

function readFront(slug: string, keys: ReadonlyMap<string, string>): Pick<Lesson, "title" | "summary" | "minutes"> {
  const need = (key: string): string => {
    const value = keys.get(key);
    if (value === undefined) throw new LessonError(slug, 1, `says no "${key}:"`);
    return value;
  };
  const minutes = Number(need("minutes"));
  if (!(minutes > 0)) throw new LessonError(slug, 1, `"minutes: ${need("minutes")}" is not a number of minutes`);
  return { title: need("title"), summary: need("summary"), minutes };
}

/** "key: value" lines; empty lines are skipped. */
function readKeys({ slug, line, lines }: Piece): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const [index, text] of lines.entries()) {
    if (text.trim() === "") continue;
    const [, key, value] = /^([a-z-]+):\s*(.+)$/.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      throw new LessonError(slug, line + index, `expected "key: value", found "${text}"`);
    }
    if (keys.has(key)) throw new LessonError(slug, line + index, `says "${key}:" twice`);
    keys.set(key, value.trim());
  }
  return keys;
}

/** A step starts with "## Title". A "##" inside a fence is somebody's comment. */
function splitSteps(body: Piece): Piece[] {
  const steps: Piece[] = [];
  let fenced = false;
  let start = -1;
  const close = (end: number) => {
    if (start >= 0) steps.push({ ...body, line: body.line + start, lines: body.lines.slice(start, end) });
  };
  for (const [index, text] of body.lines.entries()) {
    if (text.startsWith("```")) fenced = !fenced;
    if (!fenced && text.startsWith("## ")) {
      close(index);
      start = index;
    } else if (start < 0 && text.trim() !== "") {
      throw new LessonError(body.slug, body.line + index, `text before the first step: "${text}"`);
    }
  }
  close(body.lines.length);
  return steps;
}

function parseStep(piece: Piece): Step {
  const title = (piece.lines[0] ?? "").slice(3).trim();
  const blocks: Block[] = [];
  const checks: CheckSpec[] = [];
  const solution: string[] = [];
  for (const part of splitFences({ ...piece, line: piece.line + 1, lines: piece.lines.slice(1) })) {
    switch (part.fence) {
      case "run":
        blocks.push(...part.lines.map((command) => ({ kind: "command", command }) as const));
        break;
      case "check":
        checks.push(parseCheck(part));
        break;
      case "solution":
        solution.push(...part.lines);
        break;
      default:
        pushText(blocks, part);
    }
  }
  const problem = checks.length === 0 ? "check" : solution.length === 0 ? "solution" : undefined;
  if (problem !== undefined) throw new LessonError(piece.slug, piece.line, `step "${title}" has no \`\`\`${problem}`);
  return { id: slugOf(title), title, blocks, checks, solution };
}

interface Part extends Piece {
  /** The word after the opening ```; undefined outside of fences. Other fences stay in the text, ``` and all. */
  readonly fence: string | undefined;
}

function splitFences(piece: Piece): Part[] {
  const parts: Part[] = [];
  let start = 0;
  const push = (fence: string | undefined, from: number, to: number) => {
    parts.push({ ...piece, fence, line: piece.line + from, lines: piece.lines.slice(from, to) });
  };
  for (let index = 0; index < piece.lines.length; index++) {
    const fence = /^```(run|check|solution)$/.exec(piece.lines[index] ?? "")?.[1];
    if (fence === undefined) continue;
    const end = piece.lines.indexOf("```", index + 1);
    if (end < 0) throw new LessonError(piece.slug, piece.line + index, `\`\`\`${fence} is never closed`);
    push(undefined, start, index);
    push(fence, index + 1, end);
    start = end + 1;
    index = end;
  }
  push(undefined, start, piece.lines.length);
  return parts;
}

function pushText(blocks: Block[], part: Part): void {
  const markdown = part.lines.join("\n").trim();
  if (markdown !== "") blocks.push({ kind: "text", markdown });
}

function parseCheck(part: Part): CheckSpec {
  const { kind, ...given } = Object.fromEntries(readKeys(part));
  const row = kind === undefined ? undefined : checkKinds[kind];
  if (kind === undefined || row === undefined) {
    const known = Object.keys(checkKinds).join(", ");
    throw new LessonError(part.slug, part.line, `no check of kind "${kind ?? ""}"; there are ${known}`);
  }
  const missing = row.needs.filter((name) => given[name] === undefined);
  const unknown = Object.keys(given).filter((name) => ![...row.needs, ...row.takes].includes(name));
  if (missing.length > 0) throw new LessonError(part.slug, part.line, `check ${kind} needs "${missing.join('", "')}"`);
  if (unknown.length > 0)
    throw new LessonError(part.slug, part.line, `check ${kind} takes no "${unknown.join('", "')}"`);
  return { kind, arguments: given };
}

function refuseTwins(slug: string, steps: readonly Step[]): void {
  for (const [index, { id, title }] of steps.entries()) {
    if (steps.findIndex((other) => other.id === id) !== index) {
      throw new LessonError(slug, 1, `two steps are called "${title}"`);
    }
  }
}

function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
