import type { Command, Invocation } from "../command.ts";
import { forEach } from "./each.ts";

export const pause: Command = {
  kind: "command",
  name: "pause",
  summary: "Pause all processes within one or more containers",
  usage: "CONTAINER [CONTAINER...]",
  flags: [],
  arity: { kind: "atLeast", count: 1 },
  containers: "running",
  aliases: ["docker container pause", "docker pause"],
  run,
};

function run({ cli, args }: Invocation): Promise<number> {
  return forEach(cli, args, (name) => cli.client.pauseContainer(name));
}
