import { type Command, ExitError, type Invocation } from "../command.ts";
import { describeError } from "../errors.ts";

export const rename: Command = {
  kind: "command",
  name: "rename",
  summary: "Rename a container",
  usage: "CONTAINER NEW_NAME",
  flags: [],
  arity: { kind: "exactly", count: 2 },
  aliases: ["docker container rename", "docker rename"],
  run,
};

async function run({ cli, args }: Invocation): Promise<number> {
  const [oldName = "", newName = ""] = args.map((name) => name.trim());
  if (oldName === "" || newName === "") throw new ExitError(1, "Error: Neither old nor new names may be empty");
  try {
    await cli.client.renameContainer(oldName, newName);
  } catch (error) {
    throw new ExitError(1, `${describeError(error)}\nError: failed to rename container named ${oldName}`);
  }
  return 0;
}
