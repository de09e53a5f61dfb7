/**
 * From "echo" to /bin/echo, as a shell would: a name without a slash is looked for in every directory of PATH, inside the
 * container. The sentences are those of Go's os/exec, because Docker prints them and chooses 126 or 127 by them.
 */
import { S_IFDIR, S_IFMT, X_OK } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { errnoText } from "./errno-text.ts";
import { RuntimeError } from "./runtime-error.ts";

/** Throws RuntimeError of stage "lookup". The process must have its final root, user, capabilities and cwd. */
export function findExecutable(sys: Sys, name: string, env: readonly string[]): string {
  if (name.includes("/")) {
    const refusal = refuse(sys, name);
    if (refusal === null) return name;
    throw failure(name, refusal.code, refusal.syscall, `exec: "${name}": ${refusal.sentence}`);
  }
  for (const directory of pathOf(env).split(":")) {
    const path = `${directory === "" ? "." : directory}/${name}`;
    // access(2) first: most directories do not have it, and an answer costs less than an exception.
    if (name !== "" && sys.access(path, X_OK) && refuseKind(sys, path) === null) return path;
  }
  throw failure(name, "ENOENT", "stat", `exec: "${name}": executable file not found in $PATH`);
}

interface Refusal {
  readonly code: string;
  readonly syscall: string;
  readonly sentence: string;
}

const NOT_ALLOWED: Refusal = { code: "EACCES", syscall: "access", sentence: errnoText("EACCES") };

/** null: it can be executed. */
function refuse(sys: Sys, path: string): Refusal | null {
  // access(2) asks for the real user, who is the effective one here, and knows about noexec mounts.
  return refuseKind(sys, path) ?? (sys.access(path, X_OK) ? null : NOT_ALLOWED);
}

/** null: it can be executed by whoever may. */
function refuseKind(sys: Sys, path: string): Refusal | null {
  let mode: number;
  try {
    mode = sys.stat(path).mode;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return { code: error.code, syscall: "stat", sentence: `stat ${path}: ${errnoText(error.code)}` };
  }
  if ((mode & S_IFMT) === S_IFDIR) return { code: "EISDIR", syscall: "stat", sentence: errnoText("EISDIR") };
  return (mode & 0o111) === 0 ? NOT_ALLOWED : null;
}

function pathOf(env: readonly string[]): string {
  // The last one wins, as in a process that sets them one by one.
  for (let at = env.length - 1; at >= 0; at -= 1) {
    const entry = env[at];
    if (entry?.startsWith("PATH=")) return entry.slice("PATH=".length);
  }
  return "";
}

function failure(name: string, code: string, syscall: string, reason: string): RuntimeError {
  return new RuntimeError({ stage: "lookup", syscall, code, path: name, reason });
}
