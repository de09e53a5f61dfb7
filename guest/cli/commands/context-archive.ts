/** `docker context export` and `import`: a context as a tar of its metadata, for another client. */
import { O_CREAT, O_EXCL, O_WRONLY } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import { describeFileError } from "../args/key-value.ts";
import { type Command, ExitError } from "../command.ts";
import { loadContext, storeOf } from "../context-of.ts";
import { type Context, checkContextName, DEFAULT_CONTEXT, readContext } from "../contexts.ts";
import { BadTar, readTar, writeTar } from "../tar-files.ts";

const METADATA = "meta.json";
/** Docker's bound: nobody's context is larger. */
const MAX_ARCHIVE = 10 << 20;
const PIECE = 65_536;

export const exportContext: Command = {
  kind: "command",
  name: "export",
  summary: "Export a context to a tar archive FILE or a tar stream on STDOUT.",
  usage: "[OPTIONS] CONTEXT [FILE|-]",
  flags: [],
  arity: { kind: "between", least: 1, most: 2 },
  aliases: [],
  run: async ({ cli, args }) => {
    const [name = "", file = `${name}.dockercontext`] = args;
    if (name !== DEFAULT_CONTEXT) checkContextName(name);
    if (file === "-" && cli.sys.isatty(1)) {
      throw new ExitError(1, "cowardly refusing to export to a terminal, please specify a file path");
    }
    const content = cli.sys.utf8Encode(JSON.stringify(loadContext(cli, name)));
    const archive = writeTar([
      { name: METADATA, content, mode: 0o644 },
      { name: "tls", content: null, mode: 0o700 },
    ]);
    if (file === "-") writeAll(cli.sys, 1, archive);
    else {
      writeNew(cli.sys, file, archive);
      cli.printError(`Written file ${JSON.stringify(file)}\n`);
    }
    return 0;
  },
};

export const importContext: Command = {
  kind: "command",
  name: "import",
  summary: "Import a context from a tar or zip file",
  usage: "CONTEXT FILE|-",
  flags: [],
  arity: { kind: "exactly", count: 2 },
  aliases: [],
  run: async ({ cli, args }) => {
    const [name = "", file = ""] = args;
    checkContextName(name);
    const store = storeOf(cli);
    if (store.has(name)) throw new ExitError(1, `context ${JSON.stringify(name)} already exists`);
    const archive = file === "-" ? readAll(cli.sys, 0) : readArchive(cli.sys, file);
    store.put({ ...contextIn(cli.sys, archive), Name: name });
    cli.print(`${name}\n`);
    cli.printError(`Successfully imported context ${JSON.stringify(name)}\n`);
    return 0;
  },
};

/** Throws Docker's refusals, and ours of what this client could not use. */
function contextIn(sys: Sys, archive: Uint8Array): Context {
  if (archive[0] === 0x50 && archive[1] === 0x4b) throw new ExitError(1, "zip files are not supported by this client");
  const files = explained(() => readTar(archive));
  for (const { name } of files) checkEntry(name);
  if (files.some(({ name }) => name !== METADATA)) {
    throw new ExitError(1, "TLS connections are not supported by this client");
  }
  const metadata = files.at(-1);
  if (metadata === undefined) throw new ExitError(1, "invalid context: no metadata found");
  return explained(() => readContext(JSON.parse(sys.utf8Decode(metadata.content)) as Partial<Context>));
}

function checkEntry(name: string): void {
  if (name !== METADATA && !name.startsWith("tls/")) throw new ExitError(1, `${name}: unexpected context file`);
  const clean = name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  if (!clean) throw new ExitError(1, `${name}: unexpected path format`);
  if (name.includes("\\")) throw new ExitError(1, `${name}: unexpected '\\' in path`);
}

function explained<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof BadTar || error instanceof SyntaxError) throw new ExitError(1, error.message);
    throw error;
  }
}

function writeNew(sys: Sys, file: string, bytes: Uint8Array): void {
  try {
    const fd = sys.open(file, O_WRONLY | O_CREAT | O_EXCL, 0o600);
    writeAll(sys, fd, bytes);
    sys.close(fd);
  } catch (error) {
    throw new ExitError(1, describeFileError(error, "open", file));
  }
}

function writeAll(sys: Sys, fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += sys.write(fd, bytes.subarray(at));
}

function readArchive(sys: Sys, file: string): Uint8Array {
  try {
    return sys.readFileBytes(file);
  } catch (error) {
    throw new ExitError(1, describeFileError(error, "open", file));
  }
}

function readAll(sys: Sys, fd: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = sys.read(fd, PIECE); piece.length > 0; piece = sys.read(fd, PIECE)) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_ARCHIVE) throw new ExitError(1, "read exceeds the defined limit");
  }
  const whole = new Uint8Array(length);
  pieces.reduce((at, piece) => {
    whole.set(piece, at);
    return at + piece.length;
  }, 0);
  return whole;
}
