/**
 * `docker exec`: a second program in a container that runs. setns(2) with a pidfd joins all its namespaces in one call;
 * the pid namespace counts only for a child, which is why the monitor joins it and clone(2) makes the process. A learner
 * sees the new process in the container's `ps`, with the same namespaces and cgroup.
 */
import { CLONE_NEWPID, SIGKILL } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { openCgroup } from "./cgroups/cgroup.ts";
import { openConsole, takeConsole } from "./console.ts";
import {
  awaitProgram,
  type LaunchResult,
  launch,
  pinProcess,
  readProcessStat,
  removeFile,
  type ShimRequest,
} from "./container.ts";
import { hostBinary } from "./host-binary.ts";
import type { ChildChannels } from "./monitor.ts";
import { EXEC_JOINS } from "./namespaces.ts";
import {
  becomeUser,
  environmentOf,
  executeProgram,
  ownStandardStreams,
  type ProcessPlan,
  planProcess,
  startSession,
  useStandardStreams,
} from "./process.ts";
import { during } from "./runtime-error.ts";
import type { Process, Seccomp } from "./spec.ts";
import { endWithFailure, tell } from "./status.ts";

export interface ExecRequest {
  /** The exec's own id. */
  readonly id: string;
  /** The container's first process. */
  readonly pid: number;
  readonly startTime: string;
  readonly process: Process;
  /** The container's linux.seccomp; absent when it is privileged. */
  readonly seccomp?: Seccomp;
  /** Relative to /sys/fs/cgroup. */
  readonly cgroup: string;
  readonly shim: ShimRequest;
  /** The program stands at its gate and the shim's socket listens: who attaches now misses nothing. */
  readonly atGate?: () => void;
}

export interface StartedExec {
  readonly pid: number;
  readonly startTime: string;
  /** A child of this process: it must be waited for. */
  readonly shimPid: number;
}

const READY = new Uint8Array([1]);

/** The program runs when this returns. Throws RuntimeError, and then nothing of it is left. */
export function execInContainer(sys: Sys, request: ExecRequest): StartedExec {
  const plan = planProcess(request.id, request.process, request.seccomp);
  try {
    return launchExec(sys, request, plan);
  } catch (error) {
    removeFile(sys, request.shim.listenSocketPath);
    removeFile(sys, request.shim.exitFile);
    throw error;
  }
}

function launchExec(sys: Sys, request: ExecRequest, plan: ProcessPlan): StartedExec {
  const container = during("namespaces", () => pinProcess(sys, request));
  try {
    const cgroup = during("cgroup", () => openCgroup(sys, request.cgroup));
    try {
      return launchWith(sys, request, plan, { container, cgroup });
    } finally {
      sys.close(cgroup);
    }
  } finally {
    sys.close(container);
  }
}

interface Held {
  /** pidfd of the container's first process. */
  readonly container: number;
  readonly cgroup: number;
}

function launchWith(sys: Sys, request: ExecRequest, plan: ProcessPlan, { container, cgroup }: Held): StartedExec {
  const launched = launch(sys, {
    id: request.id,
    shim: { ...request.shim, binary: hostBinary(sys) },
    terminal: request.process.terminal === true,
    cgroup,
    container,
    cloneFlags: 0,
    beforeClone: (child, pidfd) => child.setns(pidfd, CLONE_NEWPID),
    child: (child, channels) => runExec(child, plan, channels),
    gated: true,
  });
  const { pid, shimPid, status } = launched;
  try {
    // The program may be over before its shim is: the numbers are taken while it cannot have been waited for.
    const { startTime } = readProcessStat(sys, pid);
    openGate(sys, launched, request.atGate);
    awaitProgram(sys, status);
    return { pid, startTime, shimPid };
  } catch (error) {
    // Nobody will ever ask this shim for anything.
    sys.kill(shimPid, SIGKILL);
    sys.waitpid(shimPid, 0);
    throw error;
  }
}

/** A gate that is closed without a byte ends the process: also when the hook throws. */
function openGate(sys: Sys, { gate, status }: LaunchResult, atGate: (() => void) | undefined): void {
  try {
    atGate?.();
    during("gate", () => sys.write(gate ?? -1, new Uint8Array(1)));
  } catch (error) {
    sys.close(status);
    throw error;
  } finally {
    sys.close(gate ?? -1);
  }
}

/** In the new process: as init.ts, without anything to build. */
function runExec(sys: Sys, plan: ProcessPlan, channels: ChildChannels): never {
  try {
    enterContainer(sys, plan, channels);
  } catch (error) {
    endWithFailure(sys, channels.status, "exec", error);
  }
}

function enterContainer(
  sys: Sys,
  plan: ProcessPlan,
  { container, monitor, standard, status, gate }: ChildChannels,
): never {
  const { process } = plan;
  during("namespaces", () => {
    startSession(sys, plan);
    // Joining the mount namespace also makes its root our root and our working directory: setns(2).
    sys.setns(container, EXEC_JOINS);
  });
  if (standard !== null) during("console", () => useStandardStreams(sys, standard));
  if (process.terminal === true) during("console", () => setUpConsole(sys, process, monitor));
  const env = during("user", () => environmentOf(sys, process));
  during("user", () => ownStandardStreams(sys, process.user));
  const path = becomeUser(sys, plan);
  during("gate", () => {
    sys.sendmsg(monitor, READY);
    tell(sys, status, "ready");
    if (gate !== null && sys.read(gate, 1).length === 0) sys.exit(1);
  });
  executeProgram(sys, path, process.args, env);
}

function setUpConsole(sys: Sys, { consoleSize }: Process, monitor: number): void {
  const { master, slave } = openConsole(sys, "/dev/pts", consoleSize);
  takeConsole(sys, slave);
  sys.sendmsg(monitor, READY, [master]);
  sys.close(master);
}
