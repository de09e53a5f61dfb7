import type { Flag } from "../args/flag.ts";
import { checkTerminal, ESCAPED, parseDetachKeys, signalHandler, terminalSize } from "../attachment.ts";
import type { Cli } from "../cli.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { upgraded } from "../errors.ts";
import { exitCode } from "../follow.ts";
import { holdStream, runStream } from "../stream.ts";

const FLAGS: readonly Flag[] = [
  { name: "detach-keys", kind: "string", usage: "Override the key sequence for detaching a container" },
  { name: "no-stdin", kind: "bool", usage: "Do not attach STDIN" },
  { name: "sig-proxy", kind: "bool", usage: "Proxy all received signals to the process", shown: "true" },
];

export const attach: Command = {
  kind: "command",
  name: "attach",
  summary: "Attach local standard input, output, and error streams to a running container",
  usage: "[OPTIONS] CONTAINER",
  flags: FLAGS,
  arity: { kind: "exactly", count: 1 },
  containers: "running",
  aliases: ["docker container attach", "docker attach"],
  run,
};

async function run({ cli, options, args }: Invocation): Promise<number> {
  const name = args[0] ?? "";
  const { State: state, Config: config } = await cli.client.inspectContainer(name);
  if (!state.Running) throw new ExitError(1, "You cannot attach to a stopped container, start it first");
  if (state.Paused) throw new ExitError(1, "You cannot attach to a paused container, unpause it first");
  if (state.Restarting) throw new ExitError(1, "You cannot attach to a restarting container, wait until it is running");
  const tty = config.Tty === true;
  const input = !options.on("no-stdin") && config.OpenStdin === true;
  checkTerminal(cli, { tty, input });
  const detachText = options.text("detach-keys");
  const keys = parseDetachKeys(detachText);
  const streams = { stream: true, stdout: true, stderr: true, ...(input ? { stdin: true } : {}) };
  const attached = detachText === "" ? streams : { ...streams, detachKeys: detachText };
  const [waiting, stream] = await Promise.all([
    cli.client.waitContainer(name),
    upgraded(cli.client.attachContainer(name, attached)).then(holdStream),
  ]);
  if (tty) await redraw(cli, name);
  const onSignal = signalHandler(cli, {
    tty,
    proxy: options.on("sig-proxy", true),
    resize: (size) => cli.client.resizeContainer(name, size),
    kill: (signal) => cli.client.killContainer(name, signal),
  });
  const detachKeys = tty && input ? keys : null;
  if ((await runStream(cli, stream, { input, tty, detachKeys, onSignal })) === "detached")
    throw new ExitError(1, ESCAPED);
  return exitCode(cli, waiting);
}

/** One row more and back again: whatever runs there paints its screen anew for us. */
async function redraw(cli: Cli, name: string): Promise<void> {
  const size = terminalSize(cli);
  if (size === null) return;
  await cli.client.resizeContainer(name, { rows: size.rows + 1, columns: size.columns + 1 }).catch(() => {});
  await cli.client.resizeContainer(name, size).catch(() => {});
}
