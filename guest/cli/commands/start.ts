import type { Flag } from "../args/flag.ts";
import { parseDetachKeys } from "../attachment.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { describeError } from "../errors.ts";
import { followContainer } from "../follow.ts";

const FLAGS: readonly Flag[] = [
  { name: "attach", short: "a", kind: "bool", usage: "Attach STDOUT/STDERR and forward signals" },
  { name: "detach-keys", kind: "string", usage: "Override the key sequence for detaching a container" },
  { name: "interactive", short: "i", kind: "bool", usage: "Attach container's STDIN" },
];

export const start: Command = {
  kind: "command",
  name: "start",
  summary: "Start one or more stopped containers",
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: FLAGS,
  arity: { kind: "atLeast", count: 1 },
  containers: "ended",
  aliases: ["docker container start", "docker start"],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { options, args } = invocation;
  if (!options.on("attach") && !options.on("interactive")) return startAll(invocation);
  if (args.length > 1) throw new ExitError(1, "you cannot start and attach multiple containers at once");
  return startAttached(invocation, args[0] ?? "");
}

async function startAll({ cli, args }: Invocation): Promise<number> {
  const failed: string[] = [];
  for (const name of args) {
    try {
      await cli.client.startContainer(name);
      cli.print(`${name}\n`);
    } catch (error) {
      cli.printError(`${describeError(error)}\n`);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new ExitError(1, `Error: failed to start containers: ${failed.join(", ")}`);
  return 0;
}

async function startAttached({ cli, options }: Invocation, name: string): Promise<number> {
  const { Id: id, Config: config, HostConfig: host } = await cli.client.inspectContainer(name);
  const tty = config.Tty === true;
  const input = options.on("interactive") && config.OpenStdin === true;
  const detachKeys = options.text("detach-keys");
  return followContainer(cli, {
    id,
    tty,
    input,
    output: true,
    error: true,
    // Without a terminal the signals are the container's.
    proxy: !tty,
    detachKeys: parseDetachKeys(detachKeys),
    detachText: detachKeys,
    removed: host.AutoRemove === true,
    start: async () => {
      await cli.client.startContainer(id);
      return null;
    },
  });
}
