import type { Flag } from "../args/flag.ts";
import type { Command, Invocation } from "../command.ts";
import { forEach } from "./each.ts";

const FLAGS: readonly Flag[] = [
  { name: "signal", short: "s", kind: "string", usage: "Signal to send to the container" },
  { name: "time", short: "t", kind: "int", usage: "Seconds to wait before killing the container" },
];

export const stop: Command = {
  kind: "command",
  name: "stop",
  summary: "Stop one or more running containers",
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: FLAGS,
  arity: { kind: "atLeast", count: 1 },
  containers: "alive",
  aliases: ["docker container stop", "docker stop"],
  run,
};

function run({ cli, options, args }: Invocation): Promise<number> {
  const how = {
    ...(options.changed("time") ? { timeout: options.int("time") } : {}),
    ...(options.changed("signal") ? { signal: options.text("signal") } : {}),
  };
  return forEach(cli, args, (name) => cli.client.stopContainer(name, how));
}
