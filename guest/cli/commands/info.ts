import type { SystemInfo } from "../../api/contract/system.ts";
import { CLIENT_VERSION, UNSAID, withHidden } from "../client-version.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { describeError } from "../errors.ts";
import { FORMAT_FLAG } from "../output/format-flag.ts";
import { executeObject, openObjectTemplate } from "../output/object-template.ts";
import { formatServerInfo } from "../output/server-info.ts";

export const info: Command = {
  kind: "command",
  name: "info",
  summary: "Display system-wide information",
  usage: "[OPTIONS]",
  flags: [FORMAT_FLAG],
  arity: { kind: "none" },
  aliases: ["docker system info", "docker info"],
  run,
};

function clientText(context: string): string {
  return `Client:\n Version:    ${CLIENT_VERSION.Version}\n Context:    ${context}\n Debug Mode: false\n\nServer:\n`;
}

async function run({ cli, options }: Invocation): Promise<number> {
  const format = options.text("format");
  const template = format === "" ? null : openObjectTemplate(format);
  let server: SystemInfo | null = null;
  let complaint = "";
  try {
    server = await cli.client.info();
  } catch (error) {
    complaint = describeError(error);
  }
  if (template !== null)
    return printTemplate(
      cli,
      () => executeObject(template, describe(server, cli.endpoint.context), "system.dockerInfo"),
      complaint,
    );
  if (server === null) {
    cli.print(clientText(cli.endpoint.context));
    throw new ExitError(1, `ERROR: ${complaint}\nerrors pretty printing info`);
  }
  cli.print(`${clientText(cli.endpoint.context)}${formatServerInfo(server)}\n`);
  for (const warning of server.Warnings ?? []) cli.printError(`${warning}\n`);
  return 0;
}

function describe(server: SystemInfo | null, context: string): unknown {
  const client = withHidden({ Debug: false, ...CLIENT_VERSION, Context: context, Plugins: [], Warnings: null }, UNSAID);
  return { ...server, ClientInfo: client };
}

/** The line break is printed whatever became of the template. */
function printTemplate(cli: Invocation["cli"], execute: () => string, complaint: string): number {
  try {
    cli.print(execute());
  } finally {
    cli.print("\n");
  }
  if (complaint === "") return 0;
  throw new ExitError(1, complaint);
}
