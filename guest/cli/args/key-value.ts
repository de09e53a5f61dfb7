/** Variables and labels, from flags and from files of lines. */
import { type Sys, SysError } from "../../sys/sys.ts";
import type { Environment } from "../cli.ts";
import { ExitError } from "../command.ts";

/** `A=1` as it is; `A` alone takes the value that our own environment has, if any. */
export function readEnvironment(
  sys: Sys,
  sources: { readonly files: readonly string[]; readonly values: readonly string[]; readonly environ: Environment },
): readonly string[] {
  const lines = sources.files.flatMap((path) => readLines(sys, path, "environment: variable"));
  const fromFiles = lines.map((line) => resolve(line, sources.environ)).filter((line) => line !== null);
  const fromFlags = sources.values.map((value) => resolve(value, sources.environ) ?? value);
  return [...fromFiles, ...fromFlags];
}

function resolve(line: string, environ: Environment): string | null {
  if (line.includes("=")) return line;
  const value = environ[line];
  return value === undefined ? null : `${line}=${value}`;
}

export function readLabels(sys: Sys, files: readonly string[], values: readonly string[]): Record<string, string> {
  const lines = files.flatMap((path) => readLines(sys, path, "label: label"));
  // A name alone is a label on the command line, and none in a file.
  return readPairs([...lines.filter((line) => line.includes("=")), ...values]);
}

export function readPairs(pairs: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 0) map[pair] = "";
    else map[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return map;
}

function readLines(sys: Sys, path: string, what: string): readonly string[] {
  const text = readTextFile(sys, path);
  const lines = (text.startsWith("\uFEFF") ? text.slice(1) : text).split("\n");
  return lines
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const line_ = line.endsWith("\r") ? line.slice(0, -1) : line;
      const name = line_.split("=", 1)[0] ?? "";
      if (name.includes(" ") || name.includes("\t")) {
        throw new ExitError(125, `poorly formatted ${what} '${name}' contains whitespaces`);
      }
      if (name === "")
        throw new ExitError(125, `poorly formatted ${what.split(":")[0]}: no variable name on line '${line_}'`);
      return line_;
    });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  EEXIST: "file exists",
  ENOSPC: "no space left on device",
};

/** The words of Go's os.PathError. */
export function describeFileError(error: unknown, verb: string, path: string): string {
  if (!(error instanceof SysError)) throw error;
  return `${verb} ${path}: ${REASONS[error.code] ?? error.code}`;
}

export function readTextFile(sys: Sys, path: string): string {
  try {
    return sys.readFile(path);
  } catch (error) {
    throw new ExitError(125, describeFileError(error, "open", path));
  }
}
