import type { EventMessage } from "../../api/contract/event.ts";
import type { Flag } from "../args/flag.ts";
import type { Cli } from "../cli.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { TABLE_FORMAT_FLAG } from "../output/format-flag.ts";
import { checkFormat, formatListing } from "../output/listing.ts";
import { statsListing } from "../output/stats-fields.ts";
import { StatsBoard } from "../stats-board.ts";

const FLAGS: readonly Flag[] = [
  { name: "all", short: "a", kind: "bool", usage: "Show all containers (default shows just running)" },
  TABLE_FORMAT_FLAG,
  { name: "no-stream", kind: "bool", usage: "Disable streaming stats and only pull the first result" },
  { name: "no-trunc", kind: "bool", usage: "Do not truncate output" },
];

export const stats: Command = {
  kind: "command",
  name: "stats",
  summary: "Display a live stream of container(s) resource usage statistics",
  usage: "[OPTIONS] [CONTAINER...]",
  flags: FLAGS,
  arity: { kind: "atLeast", count: 0 },
  containers: "alive",
  aliases: ["docker container stats", "docker stats"],
  run,
};

/** How often the screen is painted anew, in milliseconds. */
const REFRESH = 500;
const CLEAR_SCREEN = "\u001b[2J\u001b[H";
const SHORT_ID = 12;

async function run(invocation: Invocation): Promise<number> {
  const { cli, options, args } = invocation;
  const stream = !options.on("no-stream");
  const board = new StatsBoard(cli, stream);
  if (args.length === 0) await followAll(cli, board, { all: options.on("all"), stream });
  else await Promise.all(args.map((name) => board.add(name)));
  if (args.length > 0 && board.errors.length > 0) throw new ExitError(1, board.errors.join("\n"));
  const request = { format: options.text("format"), quiet: false };
  const listing = statsListing({ truncate: !options.on("no-trunc") });
  checkFormat(listing, request);
  for (;;) {
    cli.print(`${stream ? CLEAR_SCREEN : ""}${formatListing(cli.sys, listing, request, board.rows)}`);
    if (!stream) return 0;
    await new Promise<void>((resolve) => cli.sys.setTimer(REFRESH, resolve));
  }
}

interface Following {
  readonly all: boolean;
  readonly stream: boolean;
}

/** Listens before it asks who is there: whoever starts in between is not missed. */
async function followAll(cli: Cli, board: StatsBoard, { all, stream }: Following): Promise<void> {
  if (stream) await cli.client.events({ filters: { type: ["container"] } }, (event) => follow(board, event, all));
  const containers = await cli.client.listContainers({ all });
  await Promise.all(containers.map(({ Id }) => board.add(Id.slice(0, SHORT_ID))));
}

function follow(board: StatsBoard, { Action: action, Actor }: EventMessage, all: boolean): void {
  const id = Actor.ID.slice(0, SHORT_ID);
  if (action === "start" || (all && action === "create")) void board.add(id);
  if (action === "die" && !all) board.remove(id);
  if (action === "destroy") board.remove(id);
}
