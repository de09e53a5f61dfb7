/**
 * How a new process tells its maker how it went: lines on a pipe whose writing end closes by itself at execve (O_CLOEXEC).
 * "pid N" it exists, "ready" it stands at the gate, "{…}" it failed and why; the end of the pipe after "ready" means that
 * the program runs.
 */
import type { Sys } from "../sys/sys.ts";
import { type Failure, type Stage, toRuntimeError } from "./runtime-error.ts";

export type Outcome =
  | { readonly kind: "ready"; readonly pid: number }
  | { readonly kind: "failed"; readonly pid: number; readonly failure: Failure }
  /** The pipe ended without a word; `pid` is 0 when there never was a process. */
  | { readonly kind: "ended"; readonly pid: number };

const MESSAGE_MAX = 4096;

/** Waits until the other side is ready, has failed or is gone. With `named` "ready" counts once the pid is known too:
 *  the two lines come from two processes, in whichever order these happen to run. */
export function readStatus(sys: Sys, fd: number, named: boolean): Outcome {
  let pid = 0;
  let ready = false;
  let text = "";
  for (;;) {
    const bytes = sys.read(fd, MESSAGE_MAX);
    if (bytes.length === 0) return { kind: "ended", pid };
    text += sys.utf8Decode(bytes);
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      if (line === "ready") ready = true;
      else if (line.startsWith("pid ")) pid = Number(line.slice(4));
      else return { kind: "failed", pid, failure: JSON.parse(line) as Failure };
      if (ready && (pid !== 0 || !named)) return { kind: "ready", pid };
    }
  }
}

export function tell(sys: Sys, fd: number, line: string): void {
  sys.write(fd, sys.utf8Encode(`${line}\n`));
}

/** The last thing that a process does which cannot go on. It must not return: its caller's caller is the daemon's code. */
export function endWithFailure(sys: Sys, fd: number, stage: Stage, error: unknown): never {
  try {
    tell(sys, fd, JSON.stringify(toRuntimeError(stage, error).toFailure()));
  } finally {
    sys.exit(1);
  }
}
