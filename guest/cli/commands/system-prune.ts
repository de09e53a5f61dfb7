import type { Filters } from "../../api/client.ts";
import type { Flag } from "../args/flag.ts";
import type { Cli } from "../cli.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { FILTER_FLAG } from "../output/format-flag.ts";
import { formatSizeLong } from "../output/units.ts";
import { confirm } from "../prompt.ts";
import { pruneOption, readPruneFilters } from "../prune-filters.ts";

const { short: _, ...LONG_FILTER_FLAG } = FILTER_FLAG;

const FLAGS: readonly Flag[] = [
  { name: "all", short: "a", kind: "bool", usage: "Remove all unused images not just dangling ones" },
  {
    ...LONG_FILTER_FLAG,
    usage: 'Provide filter values (e.g. "label=<key>=<value>")',
    keys: ["label", "label!", "until"],
  },
  { name: "force", short: "f", kind: "bool", usage: "Do not prompt for confirmation" },
  { name: "volumes", kind: "bool", usage: "Prune anonymous volumes" },
];

export const pruneSystem: Command = {
  kind: "command",
  name: "prune",
  summary: "Remove unused data",
  usage: "[OPTIONS]",
  flags: FLAGS,
  arity: { kind: "none" },
  aliases: [],
  run,
};

interface Scope {
  readonly all: boolean;
  readonly volumes: boolean;
  readonly filters: Filters;
}

async function run(invocation: Invocation): Promise<number> {
  const { cli, options } = invocation;
  const filters = readPruneFilters(invocation);
  const scope = { all: options.on("all"), volumes: options.on("volumes"), filters };
  if (scope.volumes && options.all("filter").some((text) => text.startsWith("until="))) {
    throw new ExitError(1, 'ERROR: The "until" filter is not supported with "--volumes"');
  }
  // A no is an answer like any other: nothing is said, and the exit code is 0.
  if (!options.on("force") && !(await confirm(cli, warning(scope)))) return 0;
  let reclaimed = 0;
  for (const prune of steps(scope)) {
    const { bytes, text } = await prune(cli, scope);
    reclaimed += bytes;
    if (text !== "") cli.print(`${text}\n`);
  }
  cli.print(`Total reclaimed space: ${formatSizeLong(reclaimed)}\n`);
  return 0;
}

function warning({ all, volumes, filters }: Scope): string {
  const lines = [
    "all stopped containers",
    "all networks not used by at least one container",
    ...(volumes ? ["all anonymous volumes not used by at least one container"] : []),
    all ? "all images without at least one container associated to them" : "all dangling images",
    all ? "all build cache" : "unused build cache",
  ];
  const given = ["label", "label!", "until"].flatMap((name) =>
    (filters[name] ?? []).map((value) => `${name}=${value}`),
  );
  const items = (texts: readonly string[]): string => texts.map((text) => `\n  - ${text}`).join("");
  const filtered = given.length === 0 ? "" : `\n  Items to be pruned will be filtered with:${items(given.sort())}\n`;
  return `WARNING! This will remove:${items(lines)}\n${filtered}\nAre you sure you want to continue?`;
}

interface Pruned {
  readonly bytes: number;
  readonly text: string;
}

type Prune = (cli: Cli, scope: Scope) => Promise<Pruned>;

function steps({ volumes }: Scope): readonly Prune[] {
  return [containers, networks, ...(volumes ? [anonymousVolumes] : []), images, buildCache];
}

function told(title: string, lines: readonly string[] | null, bytes: number): Pruned {
  const names = lines ?? [];
  return { bytes, text: names.length === 0 ? "" : `${title}:\n${names.map((name) => `${name}\n`).join("")}` };
}

async function containers({ client }: Cli, { filters }: Scope): Promise<Pruned> {
  const { ContainersDeleted, SpaceReclaimed } = await client.pruneContainers(pruneOption(filters));
  return told("Deleted Containers", ContainersDeleted, SpaceReclaimed);
}

async function networks({ client }: Cli, { filters }: Scope): Promise<Pruned> {
  return told("Deleted Networks", (await client.pruneNetworks(pruneOption(filters))).NetworksDeleted, 0);
}

async function anonymousVolumes({ client }: Cli, { filters }: Scope): Promise<Pruned> {
  const { VolumesDeleted, SpaceReclaimed } = await client.pruneVolumes(pruneOption(filters));
  return told("Deleted Volumes", VolumesDeleted, SpaceReclaimed);
}

async function images({ client }: Cli, { all, filters }: Scope): Promise<Pruned> {
  const dangling = [all ? "false" : "true"];
  const { ImagesDeleted, SpaceReclaimed } = await client.pruneImages({ filters: { dangling, ...filters } });
  const lines = (ImagesDeleted ?? []).map(({ Untagged, Deleted = "" }) =>
    Untagged === undefined ? `deleted: ${Deleted}` : `untagged: ${Untagged}`,
  );
  return told("Deleted Images", lines, SpaceReclaimed);
}

async function buildCache({ client }: Cli, { all, filters }: Scope): Promise<Pruned> {
  const { CachesDeleted, SpaceReclaimed } = await client.pruneBuildCache({ all, ...pruneOption(filters) });
  return told("Deleted build cache objects", CachesDeleted, SpaceReclaimed);
}
