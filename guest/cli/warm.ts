/**
 * The process that `docker` is forked from. It has the whole program in memory and has walked its own paths once, so
 * a command costs a fork instead of an interpreter's start. The launcher (sys/launch.c) hands over its arguments,
 * environment, directory and descriptors; the child becomes that command and reports the exit code.
 */

import type { ContainerSummary } from "../api/contract/container.ts";
import { joinBytes } from "../api/wire/text.ts";
import { AF_UNIX, SIGCHLD, SOCK_STREAM, WNOHANG, X_OK } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { RUN_FLAGS } from "./args/container-flags.ts";
import { readCreateRequest } from "./args/create-request.ts";
import { parseArguments } from "./args/parse.ts";
import { Cli, type Surroundings } from "./cli.ts";
import { COMMANDS } from "./commands.ts";
import { type Endpoint, writeAll } from "./connection.ts";
import { GLOBAL_FLAGS } from "./global-options.ts";
import { containerListing } from "./output/container-fields.ts";
import { formatListing } from "./output/listing.ts";
import { runDocker } from "./run-docker.ts";
import { launcherSignals } from "./signals.ts";

export const CLI_SOCKET = "/run/drydock/cli.sock";
const BACKLOG = 16;
const PIECE = 65536;

/** Returns at once; the event loop does the rest, here and in every child. */
export function runWarmCli(sys: Sys, path: string = CLI_SOCKET): void {
  warmUp(sys);
  const listener = listenOn(sys, path);
  const children = sys.signalfd([SIGCHLD]);
  sys.onReadable(children, () => reap(sys, children));
  sys.onReadable(listener, () => {
    const connection = sys.accept(listener);
    if (sys.fork() === 0) becomeCommand(sys, connection, [listener, children]);
    else sys.close(connection);
  });
}

/** Every path that a command usually takes, walked once: what is lazy is built before the fork. */
function warmUp(sys: Sys): void {
  const surroundings = { environ: {}, signals: { fd: -1, read: () => [] }, exit: (code: number) => sys.exit(code) };
  const endpoint: Endpoint = { name: "", address: { kind: "unix", path: "" } };
  parseArguments([], GLOBAL_FLAGS, false);
  for (const command of COMMANDS) parseArguments([], command.flags, true);
  const line = ["-it", "--rm", "--name", "web", "-e", "A=1", "busybox", "sh"];
  const { options, args } = parseArguments(line, RUN_FLAGS, false);
  const cli = new Cli(sys, surroundings, endpoint);
  JSON.stringify(readCreateRequest({ cli, path: "docker run", options, args }));
  const listing = containerListing({ now: cli.now(), truncate: true, size: false });
  formatListing(listing, { format: "", quiet: false }, [SAMPLE]);
}

const SAMPLE: ContainerSummary = {
  Id: "0123456789abcdef",
  Names: ["/web"],
  Image: "busybox",
  ImageID: "sha256:0123456789abcdef",
  Command: "httpd -f -h /www",
  Created: 0,
  Ports: [{ PrivatePort: 80, Type: "tcp" }],
  Labels: {},
  State: "running",
  Status: "Up 3 seconds",
  HostConfig: { NetworkMode: "default" },
  NetworkSettings: { Networks: {} },
  Mounts: [],
};

function listenOn(sys: Sys, path: string): number {
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (folder !== "") sys.mkdirAll(folder, 0o755);
  if (sys.exists(path)) sys.unlink(path);
  const fd = sys.socket(AF_UNIX, SOCK_STREAM, 0);
  sys.bind(fd, { kind: "unix", path });
  sys.listen(fd, BACKLOG);
  return fd;
}

function reap(sys: Sys, children: number): void {
  sys.readSignals(children);
  try {
    while (sys.waitpid(-1, WNOHANG) !== null);
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== "ECHILD") throw error;
  }
}

interface LaunchRequest {
  readonly argv: readonly string[];
  readonly environ: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly fds: readonly number[];
}

/** In the child: takes the launcher's place and runs to the end. */
function becomeCommand(sys: Sys, connection: number, inherited: readonly number[]): void {
  for (const fd of inherited) {
    sys.onReadable(fd, null);
    sys.close(fd);
  }
  sys.setSignalMask([]);
  const request = readRequest(sys, connection);
  if (request === null) sys.exit(1);
  takePlace(sys, request);
  const exit = (code: number): never => {
    reportCode(sys, connection, code);
    return sys.exit(code);
  };
  const surroundings: Surroundings = { environ: request.environ, signals: launcherSignals(sys, connection), exit };
  runDocker(sys, request.argv.slice(1), surroundings).then(exit, (error: unknown) => {
    sys.write(2, sys.utf8Encode(`docker: ${String(error)}\n`));
    return exit(CRASHED);
  });
}

const CRASHED = 125;

/** The launcher may be gone already; then nobody waits for the code. */
function reportCode(sys: Sys, connection: number, code: number): void {
  try {
    writeAll(sys, connection, new Uint8Array([code & 255, (code >> 8) & 255, (code >> 16) & 255, (code >> 24) & 255]));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

function takePlace(sys: Sys, { fds, cwd }: LaunchRequest): void {
  fds.forEach((fd, index) => {
    sys.dup2(fd, index);
    sys.close(fd);
  });
  if (sys.access(cwd, X_OK)) sys.chdir(cwd);
}

/** u32le length, then `argc NUL argv… envc NUL env… cwd NUL`; the descriptors come with the first byte. */
function readRequest(sys: Sys, connection: number): LaunchRequest | null {
  const first = sys.recvmsg(connection, PIECE);
  let bytes = first.data;
  while (bytes.length < 4 || bytes.length < 4 + readLength(bytes)) {
    const more = bytes.length === 0 ? bytes : sys.read(connection, PIECE);
    if (more.length === 0) return null;
    bytes = joinBytes([bytes, more]);
  }
  return parseRequest(sys.utf8Decode(bytes, 4, 4 + readLength(bytes)), first.fds);
}

function readLength(bytes: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return a | (b << 8) | (c << 16) | (d << 24);
}

function parseRequest(text: string, fds: readonly number[]): LaunchRequest {
  const words = text.split("\0");
  const argc = Number(words[0]);
  const argv = words.slice(1, 1 + argc);
  const envc = Number(words[1 + argc]);
  const environ: Record<string, string> = {};
  for (const pair of words.slice(2 + argc, 2 + argc + envc)) {
    const equals = pair.indexOf("=");
    if (equals > 0) environ[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return { argv, environ, cwd: words[2 + argc + envc] ?? "/", fds };
}
