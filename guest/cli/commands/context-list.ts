import type { Cli } from "../cli.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { loadContext, storeOf } from "../context-of.ts";
import { type Context, DEFAULT_CONTEXT } from "../contexts.ts";
import { TABLE_FORMAT_FLAG } from "../output/format-flag.ts";
import { formatListing, type Listing } from "../output/listing.ts";
import { ellipsis } from "../output/text.ts";

export const listContexts: Command = {
  kind: "command",
  name: "ls",
  summary: "List contexts",
  usage: "[OPTIONS]",
  flags: [TABLE_FORMAT_FLAG, { name: "quiet", short: "q", kind: "bool", usage: "Only show context names" }],
  arity: { kind: "none" },
  aliases: ["docker context ls", "docker context list"],
  run,
};

/** In Docker's JSON the fields stand in this order. */
interface Row {
  readonly Name: string;
  readonly Description: string;
  readonly DockerEndpoint: string;
  readonly Current: boolean;
  readonly Error: string;
  readonly ContextType: "moby";
}

const WIDTH = 45;

const LISTING: Listing<Row, null> = {
  columns: { names: ["Name", "Description", "DockerEndpoint", "Error"] },
  quiet: "Name",
  typeName: "*formatter.clientContextContext",
  fields: {
    Name: { header: "NAME", read: ({ Name, Current }) => (Current ? `${Name} *` : Name) },
    Description: { header: "DESCRIPTION", read: ({ Description }) => ellipsis(Description, WIDTH) },
    DockerEndpoint: { header: "DOCKER ENDPOINT", read: (row) => row.DockerEndpoint },
    Error: { header: "ERROR", read: (row) => ellipsis(row.Error, WIDTH) },
  },
  view: null,
};

/** Names and whole texts for templates; only the table marks and cuts. */
const PLAIN: Listing<Row, null> = {
  ...LISTING,
  fields: {
    ...LISTING.fields,
    Name: { header: "NAME", read: ({ Name }) => Name },
    Current: { header: "CURRENT", read: ({ Current }) => String(Current) },
  },
};

async function run({ cli, options }: Invocation): Promise<number> {
  const format = options.text("format");
  const quiet = options.on("quiet");
  const rows = listRows(cli);
  if (!quiet && format === "json") cli.print(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  else cli.print(formatListing(cli.sys, quiet ? PLAIN : LISTING, { format, quiet }, rows));
  if (!quiet && cli.environ["DOCKER_HOST"]) {
    cli.printError(
      "Warning: DOCKER_HOST environment variable overrides the active context. To use a context, " +
        "either set the global --context flag, or unset DOCKER_HOST environment variable.\n",
    );
  }
  return 0;
}

/** Also the current one that is not there, with the reason. */
function listRows(cli: Cli): readonly Row[] {
  const current = cli.endpoint.context;
  const rows = [loadContext(cli, DEFAULT_CONTEXT), ...storeOf(cli).list()].map((context) => rowOf(context, current));
  if (!rows.some(({ Current }) => Current)) rows.push(missingRow(cli, current));
  return rows.sort((a, b) => (a.Name < b.Name ? -1 : 1));
}

function rowOf({ Name, Metadata, Endpoints }: Context, current: string): Row {
  return {
    Name,
    Description: Metadata.Description ?? "",
    DockerEndpoint: Endpoints.docker.Host,
    Current: Name === current,
    Error: "",
    ContextType: "moby",
  };
}

function missingRow(cli: Cli, name: string): Row {
  let complaint = "";
  try {
    loadContext(cli, name);
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    complaint = error.message;
  }
  return { Name: name, Description: "", DockerEndpoint: "", Current: true, Error: complaint, ContextType: "moby" };
}
