import type { FilesystemChange } from "../../api/contract/container.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";

export const diff: Command = {
  kind: "command",
  name: "diff",
  summary: "Inspect changes to files or directories on a container's filesystem",
  usage: "CONTAINER",
  flags: [],
  arity: { kind: "exactly", count: 1 },
  containers: "alive",
  aliases: ["docker container diff", "docker diff"],
  run,
};

const LETTERS: Readonly<Record<FilesystemChange["Kind"], string>> = { 0: "C", 1: "A", 2: "D" };

async function run({ cli, args }: Invocation): Promise<number> {
  const [name = ""] = args;
  if (name === "") throw new ExitError(1, "Container name cannot be empty");
  const changes = await cli.client.containerChanges(name);
  cli.print((changes ?? []).map(({ Kind, Path }) => `${LETTERS[Kind]} ${Path}\n`).join(""));
  return 0;
}
