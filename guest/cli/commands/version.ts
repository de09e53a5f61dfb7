import type { SystemVersion } from "../../api/contract/system.ts";
import { CLIENT_API_VERSION, CLIENT_VERSION, UNSAID, withHidden } from "../client-version.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { describeError } from "../errors.ts";
import { FORMAT_FLAG } from "../output/format-flag.ts";
import { executeObject, openObjectTemplate } from "../output/object-template.ts";
import { formatAnsic } from "../output/time.ts";

export const version: Command = {
  kind: "command",
  name: "version",
  summary: "Show the Docker version information",
  usage: "[OPTIONS]",
  flags: [FORMAT_FLAG],
  arity: { kind: "none" },
  aliases: [],
  run,
};

const { Version, ...CLIENT_DETAILS } = CLIENT_VERSION;
const CLIENT = { Version, ApiVersion: CLIENT_API_VERSION, DefaultAPIVersion: CLIENT_API_VERSION, ...CLIENT_DETAILS };

async function run({ cli, options }: Invocation): Promise<number> {
  const format = options.text("format");
  const template = format === "" ? null : openObjectTemplate(format);
  let server: SystemVersion | null = null;
  let complaint = "";
  try {
    server = await cli.client.version();
  } catch (error) {
    complaint = describeError(error);
  }
  if (template === null) cli.print(formatVersion(server, cli.endpoint.context));
  else {
    const about = { Client: clientFields(cli.endpoint.context), Server: server === null ? null : serverFields(server) };
    cli.print(`${executeObject(template, about, "system.versionInfo")}\n`);
  }
  if (complaint !== "") throw new ExitError(1, complaint);
  return 0;
}

/** `.Client.APIVersion` in Go is `ApiVersion` in its JSON. */
function clientFields(Context: string): unknown {
  return withHidden({ ...CLIENT, Context }, { ...UNSAID, APIVersion: CLIENT.ApiVersion });
}

function serverFields(server: SystemVersion): unknown {
  const components = (server.Components ?? []).map((component) => {
    const built = component.Details?.["BuildTime"];
    if (built === undefined) return component;
    return { ...component, Details: { ...component.Details, BuildTime: formatAnsic(built) } };
  });
  return withHidden({ ...server, Components: components }, { APIVersion: server.ApiVersion });
}

function formatVersion(server: SystemVersion | null, context: string): string {
  const text =
    "Client:\n" +
    line(" Version:", CLIENT.Version) +
    line(" API version:", CLIENT.ApiVersion) +
    line(" OS/Arch:", `${CLIENT.Os}/${CLIENT.Arch}`) +
    line(" Context:", context);
  return server === null ? text : `${text}\n${formatServer(server)}`;
}

/** Left out when there is nothing to say: an engine that Go did not build has no Go version. */
function line(label: string, value = ""): string {
  return value === "" || value === "none" ? "" : `${label.padEnd(20)}${value}\n`;
}

function formatServer(server: SystemVersion): string {
  const name = server.Platform?.Name ?? "";
  let text = name === "" ? "Server:\n" : `Server: ${name}\n`;
  for (const component of server.Components ?? []) {
    const details = component.Details ?? {};
    text += ` ${component.Name}:\n${line("  Version:", component.Version)}`;
    text += component.Name === "Engine" ? formatEngine(details) : formatDetails(details);
  }
  return text;
}

function formatEngine(details: Readonly<Record<string, string>>): string {
  return (
    line("  API version:", `${details["ApiVersion"]} (minimum version ${details["MinAPIVersion"]})`) +
    line("  Go version:", details["GoVersion"]) +
    line("  Git commit:", details["GitCommit"]) +
    line("  Built:", formatAnsic(details["BuildTime"] ?? "")) +
    line("  OS/Arch:", `${details["Os"]}/${details["Arch"]}`) +
    line("  Experimental:", details["Experimental"])
  );
}

function formatDetails(details: Readonly<Record<string, string>>): string {
  return Object.entries(details)
    .map(([name, value]) => line(`  ${name}:`, value))
    .join("");
}
