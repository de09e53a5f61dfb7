import { SIGKILL } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { CRASH_FILE } from "./layout.ts";

/**
 * For the fault tests only: an engine that finds the name of a point in CRASH_FILE when it starts removes the file, and
 * kills itself when it gets to that point, as `kill -9` at the worst moment would. Without the file it does nothing.
 */
export type CrashPoint =
  | "create:directory"
  | "create:layer"
  | "create:config"
  | "start:mounted"
  | "start:created"
  | "start:recorded"
  | "start:running"
  | "stop:signalled"
  | "exit:seen"
  | "exit:recorded"
  | "exit:cleaned"
  | "remove:unlisted"
  | "remove:layer";

export type CrashAt = (point: CrashPoint) => void;

export function crashAt(sys: Sys): CrashAt {
  if (!sys.exists(CRASH_FILE)) return () => {};
  const chosen = sys.readFile(CRASH_FILE).trim();
  sys.unlink(CRASH_FILE);
  // One of the points lies in a container's first process: it is the engine that is meant.
  const engine = sys.getpid();
  return (point) => {
    if (chosen === point) sys.kill(engine, SIGKILL);
  };
}
