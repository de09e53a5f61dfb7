import { O_CREAT, O_TRUNC, O_WRONLY, S_IFDIR, S_IFMT, S_IFREG } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { Flag } from "../args/flag.ts";
import type { Cli } from "../cli.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { type HeldStream, holdStream, runStream } from "../stream.ts";

const FLAGS: readonly Flag[] = [
  { name: "output", short: "o", kind: "string", usage: "Write to a file, instead of STDOUT" },
];

export const exportContainer: Command = {
  kind: "command",
  name: "export",
  summary: "Export a container's filesystem as a tar archive",
  usage: "[OPTIONS] CONTAINER",
  flags: FLAGS,
  arity: { kind: "exactly", count: 1 },
  aliases: ["docker container export", "docker export"],
  run,
};

async function run({ cli, options, args }: Invocation): Promise<number> {
  const path = options.text("output");
  if (path === "" && cli.sys.isatty(1)) {
    throw new ExitError(1, "cowardly refusing to save to a terminal. Use the -o flag or redirect");
  }
  if (path !== "") checkOutput(cli.sys, path);
  const stream = holdStream(await cli.client.exportContainer(args[0] ?? ""));
  if (path === "") await copy(cli, stream, 1);
  else await copyToFile(cli, stream, path);
  return 0;
}

async function copy(cli: Cli, stream: HeldStream, to: number): Promise<void> {
  await runStream(cli, stream, { input: false, to, detachKeys: null, tty: false, onSignal: () => "default" });
}

/** Beside the file, which is replaced when all of it is there. */
async function copyToFile(cli: Cli, stream: HeldStream, path: string): Promise<void> {
  const { sys } = cli;
  const temporary = `${folderOf(path)}/.docker_temp_${sys.getpid()}`;
  const fd = sys.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o600);
  try {
    await copy(cli, stream, fd);
    sys.rename(temporary, path);
  } catch (error) {
    sys.unlink(temporary);
    throw error;
  } finally {
    sys.close(fd);
  }
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

/** docker/cli's ValidateOutputPath. */
function checkOutput(sys: Sys, path: string): void {
  const folder = folderOf(path);
  if (!sys.exists(folder)) throw refusal(`directory ${JSON.stringify(folder)} does not exist`);
  const type = fileType(sys, path);
  if (type === null || type === S_IFDIR || type === S_IFREG) return;
  throw refusal(`${JSON.stringify(path)} must be a directory or a regular file: got a device`);
}

function fileType(sys: Sys, path: string): number | null {
  try {
    return sys.stat(path).mode & S_IFMT;
  } catch (error) {
    if (error instanceof SysError && error.code === "ENOENT") return null;
    throw error;
  }
}

function refusal(reason: string): ExitError {
  return new ExitError(1, `failed to export container: invalid output path: ${reason}`);
}
