import { CREATE_FLAGS } from "../args/container-flags.ts";
import { readCreateRequest } from "../args/create-request.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { checkPullPolicy, createContainer, refuseRun } from "../create-container.ts";
import { describeError } from "../errors.ts";

export const create: Command = {
  kind: "command",
  name: "create",
  summary: "Create a new container",
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  flags: CREATE_FLAGS,
  arity: { kind: "atLeast", count: 1 },
  aliases: ["docker container create", "docker create"],
  interspersed: false,
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { cli } = invocation;
  const request = await refuseRun("create", () => {
    checkPullPolicy(invocation);
    return readCreateRequest(invocation);
  });
  try {
    const id = await createContainer(invocation, request);
    cli.print(`${id}\n`);
    return 0;
  } catch (error) {
    throw new ExitError(1, describeError(error));
  }
}
