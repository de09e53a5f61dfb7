/** How much one process may take: setrlimit(2), /proc/PID/limits. `docker run --ulimit nofile=64:64`. */
import {
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_LOCKS,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RSS,
  RLIMIT_RTPRIO,
  RLIMIT_RTTIME,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
} from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { RuntimeError } from "./runtime-error.ts";
import type { Rlimit } from "./spec.ts";

/** "No limit" as a number of the specification. */
export const RLIM_INFINITY = 2 ** 64;

const RESOURCE: Readonly<Record<string, number>> = {
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_LOCKS,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RSS,
  RLIMIT_RTPRIO,
  RLIMIT_RTTIME,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
};

export function setRlimits(sys: Sys, rlimits: readonly Rlimit[]): void {
  for (const { type, soft, hard } of rlimits) {
    const resource = RESOURCE[type];
    if (resource === undefined) throw unknown(type);
    sys.setrlimit(resource, finite(soft), finite(hard));
  }
}

function finite(limit: number): number | null {
  return limit >= RLIM_INFINITY ? null : limit;
}

function unknown(type: string): RuntimeError {
  const reason = `invalid rlimit type: ${type}`;
  return new RuntimeError({ stage: "spec", syscall: "setrlimit", code: "EINVAL", path: null, reason });
}
