/**
 * `docker exec`: a second program in a container that runs. setns(2) with a pidfd joins all its namespaces in one call;
 * the pid namespace counts only for a child, which is why the monitor joins it and clone(2) makes the process. A learner
 * sees the new process in the container's `ps`, with the same namespaces and cgroup.
 */
import { CLONE_NEWPID } from "../sys/constants.ts";
import type { Program, Sys } from "../sys/sys.ts";
import { openCgroup } from "./cgroups/cgroup.ts";
import { openConsole, takeConsole } from "./console.ts";
import { type ChildChannels, type Launched, launch, listenForShim, type ShimOptions } from "./monitor.ts";
import { EXEC_JOINS } from "./namespaces.ts";
import type { PinnedProcess } from "./pinned-process.ts";
import {
  becomeProgram,
  becomeUser,
  environmentOf,
  ownStandardStreams,
  type ProcessPlan,
  planProcess,
  startSession,
  useStandardStreams,
} from "./process.ts";
import { removeFile } from "./remove-file.ts";
import { during } from "./runtime-error.ts";
import type { Process, Seccomp } from "./spec.ts";

export interface ExecRequest {
  /** The exec's own id. */
  readonly id: string;
  /** The container's first process. */
  readonly pid: number;
  readonly startTime: string;
  /** Who holds it. */
  readonly pins: PinnedProcess;
  readonly process: Process;
  /** The container's linux.seccomp; absent when it is privileged. */
  readonly seccomp?: Seccomp;
  /** Relative to /sys/fs/cgroup. */
  readonly cgroup: string;
  readonly shim: ShimOptions;
  /** The shim's socket listens, nothing runs: who connects now misses nothing. */
  readonly onListening?: () => void;
}

const HANDOVER = new Uint8Array([1]);

/** The program runs when this returns. Throws RuntimeError, and then nothing of it is left. */
export function execInContainer(sys: Sys, request: ExecRequest): Launched {
  const plan = planProcess(request.id, request.process, request.seccomp);
  try {
    return launchExec(sys, request, plan);
  } catch (error) {
    removeFile(sys, request.shim.listenSocketPath);
    removeFile(sys, request.shim.exitFile);
    throw error;
  }
}

function launchExec(sys: Sys, request: ExecRequest, plan: ProcessPlan): Launched {
  const container = during("namespaces", () => request.pins.fd(request));
  const cgroup = during("cgroup", () => openCgroup(sys, request.cgroup));
  try {
    return launchWith(sys, request, plan, { container, cgroup });
  } finally {
    sys.close(cgroup);
  }
}

interface Held {
  /** pidfd of the container's first process. */
  readonly container: number;
  readonly cgroup: number;
}

function launchWith(sys: Sys, request: ExecRequest, plan: ProcessPlan, { container, cgroup }: Held): Launched {
  const listener = during("shim", () => listenForShim(sys, request.shim.listenSocketPath));
  try {
    request.onListening?.();
    return launch(sys, {
      id: request.id,
      shim: request.shim,
      listener,
      terminal: request.process.terminal === true,
      cgroup,
      cloneFlags: 0,
      beforeClone: () => sys.setns(container, CLONE_NEWPID),
      role: "exec",
      child: (channels) => enterContainer(sys, plan, container, channels),
    });
  } finally {
    sys.close(listener);
  }
}

/** In the new process: as init.ts, without anything to build. */
function enterContainer(sys: Sys, plan: ProcessPlan, container: number, { console, standard }: ChildChannels): Program {
  const { process } = plan;
  during("namespaces", () => {
    startSession(sys, plan);
    // Joining the mount namespace also makes its root our root and our working directory: setns(2).
    sys.setns(container, EXEC_JOINS);
  });
  if (standard !== null) during("console", () => useStandardStreams(sys, standard));
  if (console !== null) during("console", () => setUpConsole(sys, process, console));
  const env = during("user", () => environmentOf(sys, process));
  during("user", () => ownStandardStreams(sys, process.user));
  const path = becomeUser(sys, plan);
  return becomeProgram(sys, path, process.args, env);
}

function setUpConsole(sys: Sys, { consoleSize }: Process, channel: number): void {
  const { master, slave } = openConsole(sys, "/dev/pts", consoleSize);
  takeConsole(sys, slave);
  sys.sendmsg(channel, HANDOVER, [master]);
  sys.close(master);
}
