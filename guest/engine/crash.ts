import { SIGKILL } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";

/**
 * For the fault tests only: when the engine's environment names a point, the engine kills itself there, as `kill -9`
 * at the worst moment would. Without DRYDOCK_CRASH_AT it is a comparison with null.
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
  | "exit:cleaned"
  | "exit:recorded"
  | "remove:unlisted"
  | "remove:layer";

export type CrashAt = (point: CrashPoint) => void;

export function crashAt(sys: Sys): CrashAt {
  const chosen = sys.environ["DRYDOCK_CRASH_AT"] ?? null;
  return (point) => {
    if (chosen !== null && chosen === point) sys.kill(sys.getpid(), SIGKILL);
  };
}
