import { type ContainerPathStat, FILE_MODE, hasMode } from "../../api/contract/archive.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { Flag } from "../args/flag.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { absolute, checkOutputPath, findSource, findTarget } from "../copy/local-paths.ts";
import { followedTo, joinPath, splitEntry } from "../copy/paths.ts";
import { type CopyTarget, planCopy, splitArgument } from "../copy/plan.ts";
import { receiveArchive, receiveBody, sendArchive, type Upload } from "../copy/transfer.ts";
import { ConnectionError } from "../errors.ts";
import { formatSize } from "../output/units.ts";

const FLAGS: readonly Flag[] = [
  { name: "archive", short: "a", kind: "bool", usage: "Archive mode (copy all uid/gid information)" },
  { name: "follow-link", short: "L", kind: "bool", usage: "Always follow symbol link in SRC_PATH" },
  {
    name: "quiet",
    short: "q",
    kind: "bool",
    usage:
      "Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached",
  },
];

export const cp: Command = {
  kind: "command",
  name: "cp",
  summary: "Copy files/folders between a container and the local filesystem",
  description:
    "Copy files/folders between a container and the local filesystem\n\n" +
    "Use '-' as the source to read a tar archive from stdin\n" +
    "and extract it to a directory destination in a container.\n" +
    "Use '-' as the destination to stream a tar archive of a\n" +
    "container source to stdout.",
  usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
  flags: FLAGS,
  arity: { kind: "exactly", count: 2 },
  aliases: ["docker container cp", "docker cp"],
  run,
};

/** One side of a copy is the container's, the other ours. */
interface Copy {
  readonly invocation: Invocation;
  readonly container: string;
  readonly from: string;
  readonly to: string;
}

async function run(invocation: Invocation): Promise<number> {
  const [first = "", second = ""] = invocation.args;
  if (first === "") throw new ExitError(1, "source can not be empty");
  if (second === "") throw new ExitError(1, "destination can not be empty");
  const source = splitArgument(first);
  const target = splitArgument(second);
  if (source.container !== "" && target.container !== "") {
    throw new ExitError(1, "copying between containers is not supported");
  }
  const paths = { invocation, from: source.path, to: target.path };
  if (source.container !== "") await copyOut({ ...paths, container: source.container });
  else if (target.container !== "") await copyIn({ ...paths, container: target.container });
  else throw new ExitError(1, "must specify at least one container source");
  return 0;
}

async function copyOut(copy: Copy): Promise<void> {
  const { cli } = copy.invocation;
  const to = copy.to === "-" ? "-" : absolute(cli.sys, copy.to);
  checkOutputPath(cli.sys, to);
  const { path: from, rename } = await followInside(copy);
  const { stat, body } = await cli.client.getArchive(copy.container, from);
  if (to === "-") {
    await receiveBody(cli, body, 1);
    return;
  }
  const isDirectory = hasMode(stat.mode, FILE_MODE.directory);
  const plan = planCopy({ path: from, isDirectory, rename }, findTarget(cli.sys, to));
  const name = plan.name ?? rename;
  // The root's archive begins with nothing.
  const base = splitEntry(from).name;
  const unpacking = {
    folder: plan.folder,
    rename: name === "" ? null : { from: base === "/" ? "" : base, to: name },
  };
  tell(copy, await receiveArchive(cli, body, unpacking), to);
}

/** With `-L` the link that the source is. Whether it is there will be seen when it is asked for. */
async function followInside({ invocation, container, from }: Copy): Promise<{ path: string; rename: string }> {
  const stat = invocation.options.on("follow-link") ? await statInside(invocation, container, from) : null;
  const target = stat === null ? null : linkTarget(stat, from);
  return target === null ? { path: from, rename: "" } : followedTo(from, target);
}

/** null: the engine has nothing to say about it. */
async function statInside({ cli }: Invocation, container: string, path: string): Promise<ContainerPathStat | null> {
  try {
    return await cli.client.statContainerPath(container, path);
  } catch (error) {
    if (error instanceof EngineError && !(error instanceof ConnectionError)) return null;
    throw error;
  }
}

/** null: no link. */
function linkTarget({ mode, linkTarget: target }: ContainerPathStat, path: string): string | null {
  if (!hasMode(mode, FILE_MODE.symlink)) return null;
  return target.startsWith("/") ? target : joinPath(splitEntry(path).folder, target);
}

async function copyIn(copy: Copy): Promise<void> {
  const { cli, options } = copy.invocation;
  const from = copy.from === "-" ? "-" : absolute(cli.sys, copy.from);
  const target = await findInside(copy);
  const { folder, upload } = from === "-" ? takeInput(copy, target) : packTree(copy, from, target);
  const request = await cli.client.putArchive(copy.container, folder, {
    noOverwriteDirNonDir: true,
    ...(options.on("archive") ? { copyUIDGID: true } : {}),
  });
  tell(copy, await sendArchive(cli, upload, request), `${copy.container}:${target.path}`);
}

interface Planned {
  readonly folder: string;
  readonly upload: Upload;
}

function takeInput({ container, to }: Copy, target: CopyTarget): Planned {
  if (target.kind === "directory") return { folder: target.path, upload: { kind: "input" } };
  throw new ExitError(1, `destination "${container}:${to}" must be a directory`);
}

function packTree({ invocation }: Copy, from: string, target: CopyTarget): Planned {
  const source = findSource(invocation.cli.sys, from, invocation.options.on("follow-link"));
  const plan = planCopy(source, target);
  const entry = splitEntry(source.path);
  const name = entry.name === "/" ? "." : entry.name;
  const own = entry.name === "/" ? "" : entry.name;
  const as = plan.name ?? (source.rename || own);
  return { folder: plan.folder, upload: { kind: "tree", folder: entry.folder, name, as } };
}

/** What the engine does not say about the target will be seen when it unpacks. */
async function findInside({ invocation, container, to }: Copy): Promise<CopyTarget> {
  let path = to;
  let stat = await statInside(invocation, container, to);
  const linked = stat === null ? null : linkTarget(stat, to);
  if (linked !== null) {
    path = linked;
    stat = await statInside(invocation, container, linked);
  }
  if (stat === null) return { path, kind: "missing" };
  if (hasMode(stat.mode, FILE_MODE.device)) {
    const place = `destination "${container}:${to}"`;
    throw new ExitError(1, `${place} must be a directory or a regular file: got a device`);
  }
  return { path, kind: hasMode(stat.mode, FILE_MODE.directory) ? "directory" : "file" };
}

/** On a terminal, unless it is to be quiet. */
function tell({ invocation: { cli, options } }: Copy, length: number, place: string): void {
  const quiet = options.changed("quiet") ? options.on("quiet") : !cli.sys.isatty(1);
  if (!quiet) cli.printError(`Successfully copied ${formatSize(length)} to ${place}\n`);
}
