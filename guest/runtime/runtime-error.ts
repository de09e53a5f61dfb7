/**
 * What went wrong while a container was made: the step, the system call, its errno, the path, and the sentence that
 * runc would have said (`reason`). A learner sees it behind "OCI runtime create failed: …".
 */
import { SysError } from "../sys/sys.ts";
import { errnoText } from "./errno-text.ts";

/** The steps of a container's life, in the order in which they happen. */
export type Stage =
  | "spec"
  | "cgroup"
  | "shim"
  | "fork"
  | "namespaces"
  | "network"
  | "mounts"
  | "devices"
  | "console"
  | "pivot"
  | "hostname"
  | "sysctl"
  | "paths"
  | "no-new-privs"
  | "seccomp"
  | "capabilities"
  | "user"
  | "cwd"
  | "lookup"
  | "exec"
  | "kill"
  | "pause"
  | "delete";

export interface Failure {
  readonly stage: Stage;
  /** Name of the call as in its man page; "" when no call failed. */
  readonly syscall: string;
  /** errno by name: ENOENT. */
  readonly code: string;
  readonly path: string | null;
  /** runc's sentence: `exec: "foo": executable file not found in $PATH`. */
  readonly reason: string;
}

export class RuntimeError extends Error {
  readonly stage: Stage;
  readonly syscall: string;
  readonly code: string;
  readonly path: string | null;
  readonly reason: string;

  constructor(failure: Failure) {
    super(failure.reason);
    this.name = "RuntimeError";
    this.stage = failure.stage;
    this.syscall = failure.syscall;
    this.code = failure.code;
    this.path = failure.path;
    this.reason = failure.reason;
  }
}

/** Runs one step; whatever the kernel refuses in it becomes a RuntimeError of that stage. */
export function during<T>(stage: Stage, step: () => T, sentence?: (error: SysError) => string): T {
  try {
    return step();
  } catch (error) {
    throw toRuntimeError(stage, error, sentence);
  }
}

export function toRuntimeError(stage: Stage, error: unknown, sentence?: (error: SysError) => string): RuntimeError {
  if (error instanceof RuntimeError) return error;
  if (!(error instanceof SysError)) {
    return new RuntimeError({ stage, syscall: "", code: "EINVAL", path: null, reason: String(error) });
  }
  return new RuntimeError({
    stage,
    syscall: error.syscall,
    code: error.code,
    path: error.path ?? null,
    reason: sentence === undefined ? plainReason(error) : sentence(error),
  });
}

/** Go's os.PathError: `open /x: permission denied`. */
function plainReason(error: SysError): string {
  const subject = error.path === undefined ? error.syscall : `${error.syscall} ${error.path}`;
  return `${subject}: ${errnoText(error.code)}`;
}
