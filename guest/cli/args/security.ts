/** `--security-opt`: a seccomp profile given as a file is sent as its content. */
import type { Sys } from "../../sys/sys.ts";
import { ExitError } from "../command.ts";
import { findJsonProblem } from "./json-syntax.ts";
import { describeFileError } from "./key-value.ts";

export interface Security {
  readonly options: readonly string[];
  /** `systempaths=unconfined`: nothing of /proc and /sys is hidden. */
  readonly openSystemPaths: boolean;
}

export function readSecurity(sys: Sys, values: readonly string[]): Security {
  const options = values.filter((value) => value !== "systempaths=unconfined");
  return {
    options: options.map((value) => readOption(sys, value)),
    openSystemPaths: options.length < values.length,
  };
}

function readOption(sys: Sys, option: string): string {
  const [key, value] = splitOption(option);
  if (value === "" && key !== "no-new-privileges") {
    throw new ExitError(125, `Invalid --security-opt: ${JSON.stringify(option)}`);
  }
  if (key !== "seccomp" || value === "builtin" || value === "unconfined") return option;
  return `seccomp=${readProfile(sys, value)}`;
}

function splitOption(option: string): readonly [string, string] {
  const equals = option.indexOf("=");
  const at = equals < 0 && option !== "no-new-privileges" ? option.indexOf(":") : equals;
  return at < 0 ? [option, ""] : [option.slice(0, at), option.slice(at + 1)];
}

function readProfile(sys: Sys, path: string): string {
  let text: string;
  try {
    text = sys.readFile(path);
  } catch (error) {
    throw new ExitError(125, `opening seccomp profile (${path}) failed: ${describeFileError(error, "open", path)}`);
  }
  const problem = findJsonProblem(sys.utf8Encode(text));
  if (problem === null) return JSON.stringify(JSON.parse(text));
  const words = problem.kind === "end" ? "unexpected end of JSON input" : problem.message;
  throw new ExitError(125, `compacting json for seccomp profile (${path}) failed: ${words}`);
}
