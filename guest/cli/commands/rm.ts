import type { Flag } from "../args/flag.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { isNotFound } from "../errors.ts";
import { forEach } from "./each.ts";

const FLAGS: readonly Flag[] = [
  { name: "force", short: "f", kind: "bool", usage: "Force the removal of a running container (uses SIGKILL)" },
  { name: "link", short: "l", kind: "bool", usage: "Remove the specified link" },
  { name: "volumes", short: "v", kind: "bool", usage: "Remove anonymous volumes associated with the container" },
];

export const rm: Command = {
  kind: "command",
  name: "rm",
  summary: "Remove one or more containers",
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: FLAGS,
  arity: { kind: "atLeast", count: 1 },
  aliases: ["docker container rm", "docker container remove", "docker rm"],
  run,
};

async function run({ cli, options, args }: Invocation): Promise<number> {
  const how = { force: options.on("force"), volumes: options.on("volumes"), link: options.on("link") };
  let missing = 0;
  const code = await forEach(cli, args, async (written) => {
    const name = written.startsWith("/") ? written.slice(1) : written;
    if (name === "") throw new ExitError(1, "Container name cannot be empty");
    try {
      await cli.client.removeContainer(name, how);
    } catch (error) {
      if (isNotFound(error)) missing++;
      throw error;
    }
  });
  // With --force a container that is gone already is told, but is no failure.
  return how.force && missing > 0 && missing === args.length ? 0 : code;
}
