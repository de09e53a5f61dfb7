import { EngineError, type ErrorKind } from "../api/contract/errors.ts";
import { errnoText } from "../runtime/errno-text.ts";
import { RuntimeError, type Stage } from "../runtime/runtime-error.ts";
import { SysError } from "../sys/sys.ts";

/** Whatever was thrown, in the engine's vocabulary; the kernel's refusals in Go's words ("mkdir /x: no space left on device"). */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (error instanceof RuntimeError) return new EngineError("system", error.reason);
  if (error instanceof SysError) {
    const subject = error.path === undefined ? error.syscall : `${error.syscall} ${error.path}`;
    return new EngineError("system", `${subject}: ${errnoText(error.code)}`);
  }
  return new EngineError("system", error instanceof Error ? error.message : String(error));
}

/** Runs one step of the engine; what it throws is an EngineError. */
export function translated<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw toEngineError(error);
  }
}

/** The same, with what was to be done in front: "cannot pause container X: …". */
export function translatedAs<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const { kind, message } = toEngineError(error);
    throw new EngineError(kind, `${what}: ${message}`);
  }
}

/** Between two runs of a container there is nothing to be done with it. */
export function isRestarting(id: string): EngineError {
  return new EngineError("conflict", `Container ${id} is restarting, wait until the container is running`);
}

/** Why a container did not start: the message that `docker run` prints and the code that the container is left with. */
export interface StartFailure {
  readonly error: EngineError;
  readonly exitCode: 126 | 127 | 128;
}

/** Before the new process tries to become the program: runc's `unable to start container process` says nothing more. */
const AT_THE_PROGRAM: ReadonlySet<Stage> = new Set<Stage>(["lookup", "exec", "cwd", "user"]);
const NOT_FOUND = /executable file not found|no such file or directory/;
const DENIED = /permission denied|is a directory|exec format error/;

/** What stands in front of the words of the runtime. */
export const CREATE_FAILED =
  "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed";

/** Docker's sentence around runc's, and its choice of 126 and 127: moby's translateContainerdStartErr. */
export function startFailure(error: unknown): StartFailure {
  if (!(error instanceof RuntimeError)) return { error: toEngineError(error), exitCode: 128 };
  const { stage, reason } = error;
  const where = AT_THE_PROGRAM.has(stage) ? "" : "error during container init: ";
  const sentence = `${CREATE_FAILED}: unable to start container process: ${where}${reason}`;
  const hint =
    stage === "mounts" && reason.includes("not a directory")
      ? ": Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type"
      : "";
  const exitCode = exitCodeOf(stage, reason);
  const kind: ErrorKind = exitCode === 128 ? "system" : "invalid";
  return { error: new EngineError(kind, `${sentence}: unknown${hint}`), exitCode };
}

function exitCodeOf(stage: Stage, reason: string): 126 | 127 | 128 {
  if (stage === "mounts") return reason.includes("not a directory") ? 127 : 128;
  if (stage !== "lookup" && stage !== "exec") return DENIED.test(reason) ? 126 : 128;
  if (NOT_FOUND.test(reason)) return 127;
  return DENIED.test(reason) ? 126 : 128;
}

/** The same for `docker exec`: its code is 126 or 127, and the message is the exec's own. */
export function execFailure(error: unknown): StartFailure {
  if (!(error instanceof RuntimeError)) return { error: toEngineError(error), exitCode: 126 };
  const code = NOT_FOUND.test(error.reason) ? 127 : 126;
  const sentence = `OCI runtime exec failed: exec failed: unable to start container process: ${error.reason}: unknown`;
  return { error: new EngineError("invalid", sentence), exitCode: code };
}
