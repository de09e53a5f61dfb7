/** `docker COMMAND --help`, laid out as cobra and pflag do, from the command's own object. */

import type { Flag } from "../args/flag.ts";
import { HELP } from "../args/parse.ts";
import type { Command, Family } from "../command.ts";

/** Room that pflag leaves for a short last word rather than starting a line for it. */
const SLOP = 5;

/** The block of usage errors: `Usage:  docker run …` and the summary. */
export function formatUsage({ usage, summary }: Pick<Command, "usage" | "summary">, path: string): string {
  return `Usage:  ${path}${usage === "" ? "" : ` ${usage}`}\n\n${summary}\n`;
}

export function formatCommandHelp(command: Command, path: string, width: number): string {
  const summary = command.description ?? command.summary;
  let text = `\n${formatUsage({ usage: command.usage, summary }, path)}`;
  if (command.aliases.length > 0) text += `\nAliases:\n  ${command.aliases.join(", ")}\n`;
  const flags = visibleFlags(command.flags);
  if (flags.length > 0) text += `\nOptions:\n${formatFlags(flags, width - 1)}`;
  return text;
}

/** Sorted by name. pflag hides --help only where nobody declared another use of -h. */
export function visibleFlags(flags: readonly Flag[]): readonly Flag[] {
  const shown = flags.filter((flag) => flag.hidden !== true);
  if (shown.some((flag) => flag.short === "h")) shown.push(HELP);
  return shown.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function formatFamilyHelp(family: Family): string {
  const path = `docker ${family.name}`;
  return (
    `\nUsage:  ${path} COMMAND\n\n${family.summary}\n\nCommands:\n${formatCommandList(family.commands)}` +
    `\nRun '${path} COMMAND --help' for more information on a command.\n`
  );
}

/** `  run         Create and run a new container from an image`. */
export function formatCommandList(commands: readonly { readonly name: string; readonly summary: string }[]): string {
  let text = "";
  for (const { name, summary } of commands) text += `  ${name.padEnd(11)} ${summary}\n`;
  return text;
}

export function formatFlags(flags: readonly Flag[], width: number): string {
  const heads = flags.map(formatHead);
  const indent = Math.max(...heads.map((head) => head.length)) + 3;
  let text = "";
  flags.forEach((flag, index) => {
    const usage = flag.shown === undefined ? flag.usage : `${flag.usage} (default ${flag.shown})`;
    text += `${(heads[index] ?? "").padEnd(indent)}${wrapText(usage, indent, width)}\n`;
  });
  return text;
}

/** `  -m, --memory bytes`. */
function formatHead(flag: Flag): string {
  const name = flag.short === undefined ? `      --${flag.name}` : `  -${flag.short}, --${flag.name}`;
  return flag.kind === "bool" ? name : `${name} ${flag.kind}`;
}

/** pflag's wrap: text from column `indent` on, `width` columns in all. */
function wrapText(text: string, indent: number, width: number): string {
  const block = width - indent < 24;
  const column = block ? 16 : indent;
  const room = width - column;
  if (room < 24) return text.replaceAll("\n", `\n${" ".repeat(indent)}`);
  const newLine = `\n${" ".repeat(column)}`;
  let wrapped = block ? newLine : "";
  let rest = text;
  for (let first = true; first || rest !== ""; first = false) {
    const [line, remainder] = takeLine(rest, room - SLOP);
    wrapped += (first ? "" : newLine) + line.replaceAll("\n", newLine);
    rest = remainder;
  }
  return wrapped;
}

function takeLine(text: string, room: number): readonly [line: string, rest: string] {
  if (room + SLOP > text.length) return [text, ""];
  const head = text.slice(0, room);
  const space = Math.max(head.lastIndexOf(" "), head.lastIndexOf("\t"), head.lastIndexOf("\n"));
  if (space <= 0) return [text, ""];
  const newline = head.lastIndexOf("\n");
  const end = newline > 0 && newline < space ? newline : space;
  return [text.slice(0, end), text.slice(end + 1)];
}
