import type { ContainerPathStat } from "../../api/contract/archive.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { FilesView } from "../../runtime/files-view.ts";
import { fdPath, openInRoot, resolveInRoot } from "../../runtime/in-root.ts";
import { resolveUser } from "../../runtime/user.ts";
import { O_DIRECTORY, O_PATH, O_RDONLY, O_RDWR, S_IFDIR, S_IFMT } from "../../sys/constants.ts";
import { runInChild } from "../../sys/run-in-child.ts";
import { type Sys, SysError, type UntarOptions } from "../../sys/sys.ts";
import { toEngineError } from "../errors.ts";
import type { TakenStream } from "./attach.ts";
import type { Container } from "./container.ts";
import type { LayerSource } from "./diff.ts";
import { withFiles } from "./files.ts";
import { absolutePath, baseName, splitPath } from "./path-names.ts";
import { notFound, statInRoot } from "./path-stat.ts";

export interface ExtractQuery {
  readonly path: string;
  readonly noOverwriteDirNonDir: boolean;
  readonly copyUIDGID: boolean;
}

/** The body of the client's request, still to be read. The descriptor stays its owner's. */
export interface TakenBody {
  readonly fd: number;
  readonly rest: Uint8Array;
  readonly framing: number | "chunked";
}

/** A path of a container, and what the client called both: refusals repeat it. */
export interface ContainerPath {
  readonly container: Container;
  readonly name: string;
  readonly path: string;
}

export function statPath(source: LayerSource, { container, name, path }: ContainerPath): Promise<ContainerPathStat> {
  return withFiles(source, container, async ({ root }) =>
    explained({ name, path }, () => statInRoot(source.sys, root, path)),
  );
}

/** `docker cp` out of a container, running or not. A child writes the tar to the client. */
export function archivePath(
  source: LayerSource,
  { container, name, path: given }: ContainerPath,
  take: (stat: ContainerPathStat) => TakenStream,
): Promise<void> {
  const { sys } = source;
  const path = absolutePath(given);
  return withFiles(source, container, async (view) => {
    const { stat, directory, entry } = explained({ name, path: given }, () => openEntry(sys, view.root, path));
    try {
      const { fd } = take(stat);
      await packTo(sys, { view, directory, entry, client: fd });
    } finally {
      sys.close(directory);
    }
  });
}

interface OpenedEntry {
  readonly stat: ContainerPathStat;
  /** The directory itself, or the one that the file is in. */
  readonly directory: number;
  readonly entry: { readonly name: string; readonly as: string };
}

/** The archive begins with the name that was asked for, whatever a link has made of it. The root has none. */
function openEntry(sys: Sys, root: number, path: string): OpenedEntry {
  const stat = statInRoot(sys, root, path);
  const isDirectory = stat.mode >= 2 ** 31;
  const { folder, name } = isDirectory ? { folder: path, name: "." } : splitPath(path);
  const as = baseName(path);
  const directory = openInRoot(sys, root, folder, O_RDONLY | O_DIRECTORY).fd;
  return { stat, directory, entry: { name, as: as === "/" ? "" : as } };
}

interface Packing {
  readonly view: FilesView;
  readonly directory: number;
  readonly entry: OpenedEntry["entry"];
  readonly client: number;
}

/** The view's namespace is the child's, too: what is mounted there stays for as long as somebody packs it. */
async function packTo(sys: Sys, { view, directory, entry, client }: Packing): Promise<void> {
  const packed = runInChild(sys, {
    fds: [directory, client, view.namespace],
    work: () => attempt(() => sys.tar(fdPath(0), 1, { entry })),
  });
  sys.close(client);
  await packed.answer;
}

/** `docker cp` into a container. Settles when all is there. */
export function extractTo(
  source: LayerSource,
  { container, name }: ContainerPath,
  query: ExtractQuery,
  take: () => TakenBody,
): Promise<void> {
  const { sys } = source;
  return withFiles(source, container, async (view) => {
    const directory = explained({ name, path: query.path }, () => findDirectory(sys, view.root, query.path));
    checkWritable(container, directory);
    const options: UntarOptions = {
      directory: directory.slice(1),
      whole: directory === "/",
      keepKinds: query.noOverwriteDirNonDir,
      ...(query.copyUIDGID ? ownerOf(sys, view, container) : {}),
    };
    const { fd, rest, framing } = take();
    const { answer } = runInChild(sys, {
      fds: [view.root, fd, view.namespace],
      work: () => attempt(() => sys.untar(1, fdPath(0), { ...options, rest, framing })),
      // Of what the client goes on sending nothing is wanted; but it should get round to reading why.
      after: (result) => (result.kind === "failed" ? discard(sys, 1) : undefined),
    });
    const failure = await answer;
    if (failure === null) throw new EngineError("system", "the process that unpacked the archive was killed");
    if (failure.kind === "failed") throw unpackingError(failure);
  });
}

type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly syscall: string; readonly code: string; readonly path: string };

/** Runs in the child: what the kernel refused, as data. */
function attempt(step: () => unknown): Outcome {
  try {
    step();
    return { kind: "done" };
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return { kind: "failed", syscall: error.syscall, code: error.code, path: error.path ?? "" };
  }
}

function discard(sys: Sys, fd: number): void {
  sys.sendfile(sys.open("/dev/null", O_RDWR), fd);
}

/** What Docker, and Go's archive/tar below it, say. */
function unpackingError({ syscall, code, path }: Extract<Outcome, { kind: "failed" }>): EngineError {
  if (code === "ENODATA") return new EngineError("system", "unexpected EOF");
  if (code === "EBADMSG") return new EngineError("system", "archive/tar: invalid tar header");
  if (syscall === "untar" && !path.startsWith("/proc/")) return new EngineError("system", path);
  return toEngineError(new SysError({ syscall, code, errno: 0, path }));
}

/** Where a path leads in the end. Throws unless a directory is there. */
function findDirectory(sys: Sys, root: number, path: string): string {
  const directory = resolveInRoot(sys, root, path);
  const { fd } = openInRoot(sys, root, directory, O_PATH);
  const { mode } = sys.fstat(fd);
  sys.close(fd);
  if ((mode & S_IFMT) !== S_IFDIR) throw new EngineError("invalid", "extraction point is not a directory");
  return directory;
}

/** Of a mount, its own word; of everything else, the root's. A tmpfs is there while the container runs. */
function checkWritable(container: Container, directory: string): void {
  const mounts = container.record.MountPoints.filter(({ Type }) => Type !== "tmpfs" || container.running);
  const [mount] = mounts
    .filter(({ Destination }) => directory === Destination || directory.startsWith(`${Destination}/`))
    .sort((a, b) => b.Destination.length - a.Destination.length);
  if (mount?.RW === false) throw new EngineError("invalid", "mounted volume is marked read-only");
  if (mount === undefined && container.hostConfig.ReadonlyRootfs === true) {
    throw new EngineError("invalid", "container rootfs is marked read-only");
  }
}

function ownerOf(sys: Sys, view: FilesView, { config }: Container): Pick<UntarOptions, "owner"> {
  if (!config.User) return {};
  const { uid, gid } = resolveUser(sys, fdPath(view.root), config.User);
  return { owner: { uid, gid } };
}

function explained<T>({ name, path }: { readonly name: string; readonly path: string }, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof SysError && error.code === "ENOENT") throw notFound(path, name);
    throw toEngineError(error);
  }
}
