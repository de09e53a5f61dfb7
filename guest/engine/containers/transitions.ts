/** From one record of a container's state to the next. */
import { ZERO_TIME } from "../../api/contract/container.ts";
import type { BornProcess } from "../../runtime/container.ts";
import type { StartFailure } from "../errors.ts";
import { atStart } from "../health/health-record.ts";
import { NO_NETWORK, type RunNetwork } from "../networks/endpoint.ts";
import { formatTime } from "../time.ts";
import type { Container, StateRecord } from "./container.ts";
import { pastRun } from "./restarts.ts";

/** Times are nanoseconds since the epoch. */
export interface Beginning {
  readonly born: BornProcess;
  readonly at: bigint;
  readonly network: RunNetwork;
}

export interface Ending {
  readonly code: number;
  readonly at: bigint;
}

export function toRunning(state: StateRecord, { born, at, network }: Beginning): StateRecord {
  return {
    ...state,
    Status: "running",
    OOMKilled: false,
    Pid: born.pid,
    ProcessStart: born.startTime,
    ExitCode: 0,
    Error: "",
    StartedAt: formatTime(at),
    FinishedAt: ZERO_TIME,
    Network: network,
    Health: state.Health === null ? null : atStart(state.Health),
  };
}

/** `delay`: after how many milliseconds the container's policy starts it again; null: it does not. */
export function toEnded(
  { state, hostConfig, backoff }: Container,
  { code, at }: Ending,
): { readonly state: StateRecord; readonly delay: number | null } {
  const ended: StateRecord = {
    ...state,
    Status: "exited",
    Pid: 0,
    ProcessStart: "",
    Network: NO_NETWORK,
    ExitCode: code,
    FinishedAt: formatTime(at),
  };
  const delay = backoff.next(hostConfig.RestartPolicy ?? {}, pastRun(ended));
  if (delay === null) return { state: ended, delay };
  return { state: { ...ended, Status: "restarting", RestartCount: ended.RestartCount + 1 }, delay };
}

/** What its policy was to start again keeps the exit code of its last run, and stays down. */
export function toFailed(before: StateRecord, { error, exitCode }: StartFailure): StateRecord {
  const failed = { ...before, Error: error.message };
  return before.Status === "restarting" ? { ...failed, Status: "exited" } : { ...failed, ExitCode: exitCode };
}
