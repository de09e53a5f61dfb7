import type { Command, Invocation } from "../command.ts";
import { forEach } from "./each.ts";

export const unpause: Command = {
  kind: "command",
  name: "unpause",
  summary: "Unpause all processes within one or more containers",
  usage: "CONTAINER [CONTAINER...]",
  flags: [],
  arity: { kind: "atLeast", count: 1 },
  containers: "paused",
  aliases: ["docker container unpause", "docker unpause"],
  run,
};

function run({ cli, args }: Invocation): Promise<number> {
  return forEach(cli, args, (name) => cli.client.unpauseContainer(name));
}
