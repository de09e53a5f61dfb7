import type { Flag } from "../args/flag.ts";
import type { Cli } from "../cli.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { describeError, isNotFound } from "../errors.ts";
import { FORMAT_FLAG } from "../output/format-flag.ts";
import { openObjectTemplate } from "../output/object-template.ts";
import { type Template, TemplateError } from "../output/template.ts";

const SIZE_FLAG: Flag = {
  name: "size",
  short: "s",
  kind: "bool",
  usage: "Display total file sizes if the type is container",
};

type Find = (cli: Cli, name: string, size: boolean) => Promise<unknown>;

const findContainer: Find = (cli, name, size) => cli.client.inspectContainer(name, size ? { size } : {});
const findImage: Find = (cli, name) => cli.client.inspectImage(name);

/** What `docker inspect` tries, in this order. */
const KINDS: Readonly<Record<string, Find>> = { container: findContainer, image: findImage };

export const inspect: Command = {
  kind: "command",
  name: "inspect",
  summary: "Return low-level information on Docker objects",
  usage: "[OPTIONS] NAME|ID [NAME|ID...]",
  flags: [FORMAT_FLAG, SIZE_FLAG, { name: "type", kind: "string", usage: "Return JSON for specified type" }],
  arity: { kind: "atLeast", count: 1 },
  aliases: [],
  run: runInspect,
};

export const inspectContainer: Command = {
  kind: "command",
  name: "inspect",
  summary: "Display detailed information on one or more containers",
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: [FORMAT_FLAG, { ...SIZE_FLAG, usage: "Display total file sizes" }],
  arity: { kind: "atLeast", count: 1 },
  aliases: [],
  run: (invocation) => inspectAll(invocation, findContainer),
};

export const inspectImage: Command = {
  kind: "command",
  name: "inspect",
  summary: "Display detailed information on one or more images",
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  flags: [FORMAT_FLAG],
  arity: { kind: "atLeast", count: 1 },
  aliases: [],
  run: (invocation) => inspectAll(invocation, findImage),
};

async function runInspect(invocation: Invocation): Promise<number> {
  const type = invocation.options.text("type");
  if (type === "") return inspectAll(invocation, findAny);
  const find = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (find === undefined) throw new ExitError(1, `"${type}" is not a valid value for --type`);
  return inspectAll(invocation, find);
}

async function findAny(cli: Cli, name: string, size: boolean): Promise<unknown> {
  for (const find of Object.values(KINDS)) {
    try {
      return await find(cli, name, size);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  throw new ExitError(1, `Error: No such object: ${name}`);
}

export async function inspectAll({ cli, options, args }: Invocation, find: Find): Promise<number> {
  const format = options.text("format");
  const template = format === "" || format === "json" ? null : openObjectTemplate(format, missingKey);
  const found: unknown[] = [];
  const complaints: string[] = [];
  for (const name of args) {
    try {
      found.push(await find(cli, name, options.on("size")));
    } catch (error) {
      complaints.push(describeError(error));
    }
  }
  if (template !== null) printWith(cli, template, found);
  else cli.print(`${formatFound(found, format === "json" ? 0 : 4)}\n`);
  cli.printError(complaints.map((complaint) => `${complaint}\n`).join(""));
  return complaints.length === 0 ? 0 : 1;
}

function formatFound(found: readonly unknown[], indent: number): string {
  return found.length === 0 ? "[]" : JSON.stringify(found, null, indent);
}

function missingKey(name: string): string {
  return `map has no entry for key "${name}"`;
}

function printWith(cli: Cli, template: Template, found: readonly unknown[]): void {
  let text = "";
  try {
    for (const object of found) text += `${template.execute(withGoNames(object))}\n`;
    cli.print(text);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    cli.print(`${text}\n`);
    throw new ExitError(1, `template parsing error: ${error.message}`);
  }
}

/** Go's structs say `.ID` where their JSON says `Id`; templates are written either way. */
function withGoNames(object: unknown): unknown {
  if (typeof object !== "object" || object === null || !("Id" in object)) return object;
  return Object.defineProperty({ ...object }, "ID", { value: object.Id, enumerable: false });
}
