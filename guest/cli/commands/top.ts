import type { Command, Invocation } from "../command.ts";
import { formatTable } from "../output/table.ts";

/** Docker's width for this table alone. */
const NARROWEST = 20;

export const top: Command = {
  kind: "command",
  name: "top",
  summary: "Display the running processes of a container",
  usage: "CONTAINER [ps OPTIONS]",
  flags: [],
  arity: { kind: "atLeast", count: 1 },
  containers: "alive",
  aliases: ["docker container top", "docker top"],
  interspersed: false,
  run,
};

async function run({ cli, args }: Invocation): Promise<number> {
  const [name = "", ...psArgs] = args;
  const { Titles, Processes } = await cli.client.topContainer(name, psArgs.length === 0 ? undefined : psArgs.join(" "));
  cli.print(formatTable(cli.sys, [Titles, ...Processes], NARROWEST));
  return 0;
}
