import type { Flag } from "../args/flag.ts";
import type { Command, Invocation } from "../command.ts";
import { COLUMN_MEMBERS, containerListing } from "../output/container-fields.ts";
import { FILTER_FLAG, filtersOption, readFilters, TABLE_FORMAT_FLAG } from "../output/format-flag.ts";
import { checkFormat, formatListing } from "../output/listing.ts";

const FILTERS = [
  ...["ancestor", "before", "exited", "expose", "health", "id", "label", "name", "network", "publish", "since"],
  ...["status", "volume"],
];

const FLAGS: readonly Flag[] = [
  { name: "all", short: "a", kind: "bool", usage: "Show all containers (default shows just running)" },
  { ...FILTER_FLAG, keys: FILTERS },
  TABLE_FORMAT_FLAG,
  {
    name: "last",
    short: "n",
    kind: "int",
    usage: "Show n last created containers (includes all states)",
    shown: "-1",
  },
  { name: "latest", short: "l", kind: "bool", usage: "Show the latest created container (includes all states)" },
  { name: "no-trunc", kind: "bool", usage: "Don't truncate output" },
  { name: "quiet", short: "q", kind: "bool", usage: "Only display container IDs" },
  { name: "size", short: "s", kind: "bool", usage: "Display total file sizes" },
];

export const ps: Command = {
  kind: "command",
  name: "ps",
  summary: "List containers",
  usage: "[OPTIONS]",
  flags: FLAGS,
  arity: { kind: "none" },
  aliases: ["docker container ls", "docker container list", "docker container ps", "docker ps"],
  run,
};

const SIZE_FIELD = /\.Size|json \.(?:\s|}|$)/;

async function run({ cli, options }: Invocation): Promise<number> {
  const request = { format: options.text("format"), quiet: options.on("quiet") };
  const truncate = !options.on("no-trunc");
  const size = options.on("size");
  const usual = containerListing({ now: cli.now(), truncate, size });
  if (request.quiet && request.format !== "" && request.format !== "table" && request.format !== "json") {
    cli.printError("WARNING: Ignoring custom format, because both --format and --quiet are set.\n");
  }
  checkFormat(usual, request);
  const limit = options.on("latest") && !options.changed("last") ? 1 : options.int("last", -1);
  // A template that prints sizes needs them, whether or not --size was given.
  const needsSize = size || (request.format !== "" && !options.changed("size") && SIZE_FIELD.test(request.format));
  const query = {
    all: options.on("all"),
    size: needsSize,
    ...(limit > 0 ? { limit } : {}),
    ...filtersOption(readFilters(options.all("filter"))),
  };
  const isTemplate = !request.quiet && request.format !== "" && request.format !== "table";
  const containers = await cli.client.listContainers(query, isTemplate ? undefined : COLUMN_MEMBERS);
  cli.print(formatListing(cli.sys, usual, request, containers));
  return 0;
}
