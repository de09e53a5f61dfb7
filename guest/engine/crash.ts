import { O_RDWR } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { CRASH_FILE } from "./layout.ts";

/**
 * For the fault tests only: an engine that finds the name of a point in CRASH_FILE when it starts removes the file, and
 * is killed when it gets to that point, as by `kill -9` at the worst moment. Without the file it does nothing.
 */
export type CrashPoint =
  | "create:directory"
  | "create:layer"
  | "create:config"
  | "start:mounted"
  | "start:created"
  | "start:recorded"
  | "start:running"
  | "exec:recorded"
  | "exec:listening"
  | "exec:running"
  | "exec:ended"
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
  const kill = prepareKill(sys);
  return (point) => {
    if (chosen === point) kill();
  };
}

/**
 * Somebody else does it: one of the points lies in a container's first process, which cannot name the engine in its pid
 * namespace, and has to go on when the engine is gone.
 */
function prepareKill(sys: Sys): () => void {
  const [order, giveOrder] = sys.pipe();
  const [readDone, done] = sys.pipe();
  const script = `read order; kill -9 ${sys.getpid()}; echo done`;
  const nothing = sys.open("/dev/null", O_RDWR);
  sys.spawn({ path: "/bin/sh", argv: ["sh", "-c", script], envp: [], fds: [order, done, nothing] });
  for (const fd of [order, done, nothing]) sys.close(fd);
  return () => {
    sys.write(giveOrder, sys.utf8Encode("\n"));
    sys.read(readDone, 1);
  };
}
