import type { Flag } from "../args/flag.ts";
import type { Cli } from "../cli.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { describeError, isNotFound } from "../errors.ts";
import { FORMAT_FLAG } from "../output/format-flag.ts";
import { InspectTemplate } from "../output/object-template.ts";
import { TemplateError } from "../output/template.ts";

const SIZE_FLAG: Flag = {
  name: "size",
  short: "s",
  kind: "bool",
  usage: "Display total file sizes if the type is container",
};

interface Found {
  readonly object: unknown;
  /** What Go's types call it; null: nobody knows. */
  readonly type: string | null;
}

type Find = (cli: Cli, name: string, size: boolean) => Promise<Found>;

const findContainer: Find = async (cli, name, size) => {
  return { object: await cli.client.inspectContainer(name, size ? { size } : {}), type: "Container" };
};
const findImage: Find = async (cli, name) => ({ object: await cli.client.inspectImage(name), type: "Image" });

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

async function findAny(cli: Cli, name: string, size: boolean): Promise<Found> {
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
  const template = format === "" || format === "json" ? null : new InspectTemplate(format);
  const found: Found[] = [];
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

function formatFound(found: readonly Found[], indent: number): string {
  const objects = found.map(({ object }) => object);
  return objects.length === 0 ? "[]" : JSON.stringify(objects, null, indent);
}

function printWith(cli: Cli, template: InspectTemplate, found: readonly Found[]): void {
  let text = "";
  try {
    for (const { object, type } of found) text += `${template.execute(object, type)}\n`;
    cli.print(text);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    cli.print(`${text}\n`);
    throw new ExitError(1, `template parsing error: ${error.message}`);
  }
}
