/**
 * The process behind `docker`: it has the whole program in memory and has walked its own paths once. Workers forked from
 * it wait for the launcher (sys/launch.c), so that a command costs neither an interpreter's start nor a fork.
 */
import type { ContainerSummary } from "../api/contract/container.ts";
import { AF_UNIX, SOCK_STREAM } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { RUN_FLAGS } from "./args/container-flags.ts";
import { readCreateRequest } from "./args/create-request.ts";
import { parseArguments } from "./args/parse.ts";
import { Cli } from "./cli.ts";
import { COMMANDS } from "./commands.ts";
import { ConfigFile } from "./config-file.ts";
import type { Endpoint } from "./connection.ts";
import { GLOBAL_FLAGS } from "./global-options.ts";
import { containerListing } from "./output/container-fields.ts";
import { formatListing } from "./output/listing.ts";
import { WorkerPool } from "./worker-pool.ts";

export const CLI_SOCKET = "/run/drydock/cli.sock";
const BACKLOG = 128;

/** Returns at once; the event loop does the rest, here and in every worker. */
export function runWarmCli(sys: Sys, path: string = CLI_SOCKET): void {
  warmUp(sys);
  new WorkerPool(sys, listenOn(sys, path)).start();
}

/** Every path that a command usually takes, walked once: what is lazy is built before the fork. */
function warmUp(sys: Sys): void {
  const surroundings = { environ: {}, signals: { fd: -1, read: () => [] }, exit: (code: number) => sys.exit(code) };
  const endpoint: Endpoint = { name: "", address: { kind: "unix", path: "" }, context: "default" };
  parseArguments([], GLOBAL_FLAGS, false);
  for (const command of COMMANDS) parseArguments([], command.flags, true);
  const line = ["-it", "--rm", "--name", "web", "-e", "A=1", "busybox", "sh"];
  const { options, args } = parseArguments(line, RUN_FLAGS, false);
  const cli = new Cli(sys, surroundings, endpoint, new ConfigFile(sys, ""));
  JSON.stringify(readCreateRequest({ cli, path: "docker run", options, args, dispatch: async () => 0 }));
  const listing = containerListing({ now: cli.now(), truncate: true, size: false });
  formatListing(sys, listing, { format: "", quiet: false }, [SAMPLE]);
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
