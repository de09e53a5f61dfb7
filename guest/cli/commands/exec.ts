import type { ExecConfig } from "../../api/contract/exec.ts";
import { checkEnvironment } from "../args/checks.ts";
import type { Flag } from "../args/flag.ts";
import { readEnvironment } from "../args/key-value.ts";
import { checkTerminal, consoleSize, ESCAPED, parseDetachKeys, resizeTo, signalHandler } from "../attachment.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { upgraded } from "../errors.ts";
import { holdStream, runStream } from "../stream.ts";

const FLAGS: readonly Flag[] = [
  { name: "detach", short: "d", kind: "bool", usage: "Detached mode: run command in the background" },
  { name: "detach-keys", kind: "string", usage: "Override the key sequence for detaching a container" },
  { name: "env", short: "e", kind: "list", usage: "Set environment variables", check: checkEnvironment },
  { name: "env-file", kind: "list", usage: "Read in a file of environment variables" },
  { name: "interactive", short: "i", kind: "bool", usage: "Keep STDIN open even if not attached" },
  { name: "privileged", kind: "bool", usage: "Give extended privileges to the command" },
  { name: "tty", short: "t", kind: "bool", usage: "Allocate a pseudo-TTY" },
  { name: "user", short: "u", kind: "string", usage: 'Username or UID (format: "<name|uid>[:<group|gid>]")' },
  { name: "workdir", short: "w", kind: "string", usage: "Working directory inside the container" },
];

export const exec: Command = {
  kind: "command",
  name: "exec",
  summary: "Execute a command in a running container",
  usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
  flags: FLAGS,
  arity: { kind: "atLeast", count: 2 },
  containers: "running",
  aliases: ["docker container exec", "docker exec"],
  interspersed: false,
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { cli, options, args } = invocation;
  const detach = options.on("detach");
  const tty = options.on("tty");
  const input = options.on("interactive") && !detach;
  const keys = parseDetachKeys(options.text("detach-keys"));
  const config = readExecConfig(invocation, { detach, tty, input });
  if (!detach) checkTerminal(cli, { tty, input });
  const { Id: id } = await cli.client.createExec(args[0] ?? "", config);
  if (detach) {
    await cli.client.startExecDetached(id, tty ? { Tty: true } : {});
    return 0;
  }
  const started = cli.client.startExec(id, tty ? { Tty: true, ...consoleSize(cli) } : {});
  const stream = holdStream(await upgraded(started));
  const targets = {
    tty,
    // docker exec forwards no signals: they end the client, the command goes on.
    proxy: false,
    resize: (size: { rows: number; columns: number }) => cli.client.resizeExec(id, size),
    kill: () => Promise.resolve(),
  };
  if (tty) await resizeTo(cli, targets).catch(() => {});
  const detachKeys = tty && input ? keys : null;
  const end = await runStream(cli, stream, { input, tty, detachKeys, onSignal: signalHandler(cli, targets) });
  if (end === "detached") throw new ExitError(1, ESCAPED);
  const { ExitCode: code } = await cli.client.inspectExec(id);
  return code ?? 0;
}

function readExecConfig(
  { cli, options, args }: Invocation,
  mode: { readonly detach: boolean; readonly tty: boolean; readonly input: boolean },
): ExecConfig {
  const env = { files: options.all("env-file"), values: options.all("env"), environ: cli.environ };
  return {
    Cmd: args.slice(1),
    ...(mode.detach ? {} : { AttachStdout: true, AttachStderr: true }),
    ...(mode.input ? { AttachStdin: true } : {}),
    ...(mode.tty ? { Tty: true, ...consoleSize(cli) } : {}),
    ...(options.changed("detach-keys") ? { DetachKeys: options.text("detach-keys") } : {}),
    ...(env.files.length + env.values.length > 0 ? { Env: readEnvironment(cli.sys, env) } : {}),
    ...(options.on("privileged") ? { Privileged: true } : {}),
    ...(options.changed("user") ? { User: options.text("user") } : {}),
    ...(options.changed("workdir") ? { WorkingDir: options.text("workdir") } : {}),
  };
}
