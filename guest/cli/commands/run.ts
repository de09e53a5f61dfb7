import type { ContainerCreateRequest } from "../../api/contract/container.ts";
import { RUN_FLAGS } from "../args/container-flags.ts";
import { readCreateRequest } from "../args/create-request.ts";
import { checkTerminal, consoleSize, parseDetachKeys } from "../attachment.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { checkPullPolicy, createContainer, formatRefusal, refuseRun } from "../create-container.ts";
import { describeError } from "../errors.ts";
import { followContainer } from "../follow.ts";

const REFUSED = 125;
const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;

export const run: Command = {
  kind: "command",
  name: "run",
  summary: "Create and run a new container from an image",
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  flags: RUN_FLAGS,
  arity: { kind: "atLeast", count: 1 },
  aliases: ["docker container run", "docker run"],
  interspersed: false,
  run: runContainer,
};

async function runContainer(invocation: Invocation): Promise<number> {
  const { cli, options } = invocation;
  const parsed = await refuseRun("run", () => {
    checkPullPolicy(invocation);
    return readCreateRequest(invocation);
  });
  const detach = options.on("detach");
  if (detach && options.changed("attach")) throw new ExitError(1, "Conflicting options: -a and -d");
  const request = detach ? withoutStreams(parsed) : parsed;
  const tty = request.Tty === true;
  const input = request.AttachStdin === true;
  if (!detach) checkTerminal(cli, { tty, input });
  const detachText = options.text("detach-keys");
  const detachKeys = parseDetachKeys(detachText);
  const id = await refuseRun("run", () =>
    createContainer(invocation, tty ? withConsole(invocation, request) : request),
  );
  if (detach) return startDetached(invocation, id);
  // Who reads nothing of it wants to know at least which it is.
  if (request.AttachStdout !== true && request.AttachStderr !== true) cli.print(`${id}\n`);
  return followContainer(cli, {
    id,
    tty,
    input,
    output: request.AttachStdout === true,
    error: request.AttachStderr === true,
    proxy: options.on("sig-proxy", true) && !tty,
    detachKeys,
    detachText,
    removed: request.HostConfig?.AutoRemove === true,
    start: () => start(invocation, id),
  });
}

function withoutStreams(request: ContainerCreateRequest): ContainerCreateRequest {
  return { ...request, AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false };
}

/** The terminal has its size before the container's first line. */
function withConsole({ cli }: Invocation, request: ContainerCreateRequest): ContainerCreateRequest {
  return { ...request, HostConfig: { ...request.HostConfig, ...consoleSize(cli) } };
}

async function startDetached(invocation: Invocation, id: string): Promise<number> {
  invocation.cli.print(`${id}\n`);
  return (await start(invocation, id)) ?? 0;
}

/** null, or the exit code of a container that could not be started. */
async function start({ cli }: Invocation, id: string): Promise<number | null> {
  try {
    await cli.client.startContainer(id);
    return null;
  } catch (error) {
    cli.printError(`${formatRefusal(error)}\n`);
    return startErrorCode(describeError(error));
  }
}

/** The shell's own codes, told from the engine's words as Docker does. */
function startErrorCode(message: string): number {
  if (message.includes("executable file not found") || message.includes("no such file or directory")) return NOT_FOUND;
  if (message.includes("permission denied") || message.includes("is a directory")) return CANNOT_EXECUTE;
  return REFUSED;
}
