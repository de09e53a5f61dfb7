import type { Flag } from "../args/flag.ts";
import type { Command, Invocation } from "../command.ts";
import { forEach } from "./each.ts";

const FLAGS: readonly Flag[] = [
  { name: "signal", short: "s", kind: "string", usage: "Signal to send to the container" },
];

export const kill: Command = {
  kind: "command",
  name: "kill",
  summary: "Kill one or more running containers",
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: FLAGS,
  arity: { kind: "atLeast", count: 1 },
  containers: "alive",
  aliases: ["docker container kill", "docker kill"],
  run,
};

function run({ cli, options, args }: Invocation): Promise<number> {
  const signal = options.changed("signal") ? options.text("signal") : undefined;
  return forEach(cli, args, (name) => cli.client.killContainer(name, signal));
}
