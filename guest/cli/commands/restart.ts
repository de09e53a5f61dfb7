import type { Flag } from "../args/flag.ts";
import type { Command, Invocation } from "../command.ts";
import { forEachInTurn } from "./each.ts";

const FLAGS: readonly Flag[] = [
  { name: "signal", short: "s", kind: "string", usage: "Signal to send to the container" },
  { name: "time", short: "t", kind: "int", usage: "Seconds to wait before killing the container" },
];

export const restart: Command = {
  kind: "command",
  name: "restart",
  summary: "Restart one or more containers",
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: FLAGS,
  arity: { kind: "atLeast", count: 1 },
  aliases: ["docker container restart", "docker restart"],
  run,
};

function run({ cli, options, args }: Invocation): Promise<number> {
  const how = {
    ...(options.changed("time") ? { timeout: options.int("time") } : {}),
    ...(options.changed("signal") ? { signal: options.text("signal") } : {}),
  };
  return forEachInTurn(cli, args, (name) => cli.client.restartContainer(name, how));
}
