/** The bytes of `docker cp`: a child of ours moves them, while we go on listening to signals and to the engine. */
import type { BodyStream } from "../../api/client.ts";
import { O_DIRECTORY, O_RDONLY, SIGKILL } from "../../sys/constants.ts";
import { runInChild } from "../../sys/run-in-child.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { Cli } from "../cli.ts";
import { ExitError } from "../command.ts";
import { SocketConnection } from "../connection.ts";

type Outcome =
  | { readonly kind: "done"; readonly length: number }
  | { readonly kind: "failed"; readonly message: string; readonly broken: boolean };

/** What a child reports of `step`, which gives the length of the archive. */
function attempt(step: () => number): Outcome {
  try {
    return { kind: "done", length: step() };
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return { kind: "failed", message: describe(error), broken: error.code === "EPIPE" || error.code === "ECONNRESET" };
  }
}

const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on device",
  EACCES: "permission denied",
  EROFS: "read-only file system",
  EBUSY: "device or resource busy",
  EEXIST: "file exists",
};

/** Go's words; "untar" refuses in its own. */
function describe({ syscall, code, path }: SysError): string {
  if (code === "ENODATA") return "unexpected EOF";
  if (code === "EBADMSG") return "archive/tar: invalid tar header";
  return syscall === "untar" ? (path ?? code) : `${syscall} ${path ?? ""}: ${TEXTS[code] ?? code}`;
}

/** What is sent in the body of a request, as chunks. */
export type Upload =
  | { readonly kind: "tree"; readonly folder: string; readonly name: string; readonly as: string }
  | { readonly kind: "input" };

/** Gives how long the archive was. `answer` is the engine's; a refusal of it ends the transfer. */
export async function sendArchive(
  cli: Cli,
  upload: Upload,
  { connection, answer }: { readonly connection: unknown; readonly answer: Promise<void> },
): Promise<number> {
  const { sys } = cli;
  const { fd } = requireSocket(connection);
  const child = runInChild(sys, {
    fds: [upload.kind === "input" ? 0 : sys.open(upload.folder, O_RDONLY | O_DIRECTORY), fd],
    work: () => attempt(() => writeArchive(sys, upload)),
  });
  let sending = true;
  const refused = answer.then(
    () => null,
    (error: unknown) => {
      if (sending) sys.kill(child.pid, SIGKILL);
      return { error };
    },
  );
  const outcome = await child.answer;
  sending = false;
  sys.waitpid(child.pid, 0);
  // Its refusal is why the connection broke.
  const refusal = outcome?.kind === "failed" && !outcome.broken ? null : await refused;
  if (refusal !== null) throw refusal.error;
  return lengthOf(outcome);
}

function writeArchive(sys: Sys, upload: Upload): number {
  if (upload.kind === "input") return sys.sendChunks(1, 0);
  const { name, as } = upload;
  return sys.tar("/proc/self/fd/0", 1, { chunked: true, entry: { name, as } });
}

export interface Unpacking {
  readonly folder: string;
  readonly rename: { readonly from: string; readonly to: string } | null;
}

/** Unpacks an answer's body here. Everything becomes the caller's. Gives how long the archive was. */
export function receiveArchive(cli: Cli, body: BodyStream, { folder, rename }: Unpacking): Promise<number> {
  const { sys } = cli;
  const root = sys.open(folder, O_RDONLY | O_DIRECTORY);
  return receive(cli, body, root, (input) => {
    const options = { ...input, directory: "", keepKinds: true, owner: "caller" } as const;
    return sys.untar(0, "/proc/self/fd/1", rename === null ? options : { ...options, rename }).length;
  });
}

/** Writes an answer's body to a descriptor. */
export function receiveBody(cli: Cli, body: BodyStream, to: number): Promise<number> {
  return receive(cli, body, to, (input) => cli.sys.copyBody(1, 0, input));
}

async function receive(
  { sys }: Cli,
  { connection, rest, framing }: BodyStream,
  to: number,
  read: (input: { readonly rest: Uint8Array; readonly framing?: number | "chunked" }) => number,
): Promise<number> {
  const socket = requireSocket(connection);
  socket.release();
  const child = runInChild(sys, {
    fds: [socket.fd, to],
    work: () => attempt(() => read(framing === "close" ? { rest } : { rest, framing })),
  });
  const outcome = await child.answer;
  sys.waitpid(child.pid, 0);
  socket.close();
  return lengthOf(outcome);
}

function requireSocket(connection: unknown): SocketConnection {
  if (connection instanceof SocketConnection) return connection;
  throw new TypeError("the engine's stream is not a socket of ours");
}

function lengthOf(outcome: Outcome | null): number {
  if (outcome?.kind === "done") return outcome.length;
  throw new ExitError(1, outcome?.message ?? "the transfer was killed");
}
