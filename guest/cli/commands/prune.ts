import type { Flag } from "../args/flag.ts";
import type { Command, Invocation } from "../command.ts";
import { FILTER_FLAG } from "../output/format-flag.ts";
import { formatSizeLong } from "../output/units.ts";
import { confirm } from "../prompt.ts";
import { pruneOption, readPruneFilters } from "../prune-filters.ts";

const { short: _, ...LONG_FILTER_FLAG } = FILTER_FLAG;

const FLAGS: readonly Flag[] = [
  {
    ...LONG_FILTER_FLAG,
    usage: 'Provide filter values (e.g. "until=<timestamp>")',
    keys: ["label", "label!", "until"],
  },
  { name: "force", short: "f", kind: "bool", usage: "Do not prompt for confirmation" },
];

const WARNING = "WARNING! This will remove all stopped containers.\nAre you sure you want to continue?";

export const pruneContainers: Command = {
  kind: "command",
  name: "prune",
  summary: "Remove all stopped containers",
  usage: "[OPTIONS]",
  flags: FLAGS,
  arity: { kind: "none" },
  aliases: [],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { cli, options } = invocation;
  const filters = pruneOption(readPruneFilters(invocation));
  // A no is an answer like any other: nothing is said, and the exit code is 0.
  if (!options.on("force") && !(await confirm(cli, WARNING))) return 0;
  const { ContainersDeleted, SpaceReclaimed } = await cli.client.pruneContainers(filters);
  const deleted = ContainersDeleted ?? [];
  if (deleted.length > 0) cli.print(`Deleted Containers:\n${deleted.map((id) => `${id}\n`).join("")}\n`);
  cli.print(`Total reclaimed space: ${formatSizeLong(SpaceReclaimed)}\n`);
  return 0;
}
