/**
 * The life of a container: created, running, stopped, gone (runtime.md of the OCI runtime specification). One fork of the
 * daemon, one clone, two execves; nothing here waits for anything but the new process itself. A learner can follow it
 * call by call in the trace.
 */
import { type Sys, SysError } from "../sys/sys.ts";
import { createCgroup, killCgroup, openCgroup, removeCgroup } from "./cgroups/cgroup.ts";
import { hostBinary } from "./host-binary.ts";
import { type InitPlan, runInit } from "./init.ts";
import { type Launch, runMonitor, type ShimOptions } from "./monitor.ts";
import { flagsToClone, joinPidNamespace } from "./namespaces.ts";
import { removeNetworkNamespace } from "./network-namespace.ts";
import { planProcess } from "./process.ts";
import { during, RuntimeError } from "./runtime-error.ts";
import type { Namespace, Spec } from "./spec.ts";
import { type Outcome, readStatus } from "./status.ts";

export interface ShimRequest extends Omit<ShimOptions, "binary"> {}

export interface CreateRequest {
  readonly id: string;
  readonly spec: Spec;
  /** Directory of config.json; a relative root.path is meant from there. */
  readonly bundle: string;
  /** Absolute; overrides root.path. Must be mounted already. */
  readonly rootfs: string;
  /** Relative to /sys/fs/cgroup. Made here, with the limits of the specification. */
  readonly cgroup: string;
  /** A network namespace to join; null: as the specification says (none there: the machine's). */
  readonly netns: string | null;
  readonly shim: ShimRequest;
}

export interface CreatedContainer {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: with it a pid that was given to somebody else is told apart. */
  readonly startTime: string;
  /** A child of this process: it must be waited for. */
  readonly shimPid: number;
  /** Descriptors, closed by startContainer. */
  readonly gate: number;
  readonly status: number;
}

/** The process stands at the gate when this returns. Throws RuntimeError, and then nothing of it is left. */
export function createContainer(sys: Sys, request: CreateRequest): CreatedContainer {
  const plan = planContainer(request);
  during("cgroup", () => createCgroup(sys, request.cgroup, request.spec.linux.resources ?? {}));
  try {
    return launchContainer(sys, request, plan);
  } catch (error) {
    removeTraces(sys, request);
    throw error;
  }
}

/** Opens the gate; the program runs when this returns. Throws RuntimeError when shim or program could not be. */
export function startContainer(sys: Sys, created: CreatedContainer): void {
  try {
    during("gate", () => sys.write(created.gate, new Uint8Array(1)));
  } catch (error) {
    abandonContainer(sys, created);
    throw error;
  }
  sys.close(created.gate);
  awaitProgram(sys, created.status);
}

/** Until both execves have happened, the program's and the shim's: then nobody holds the status pipe any more. */
export function awaitProgram(sys: Sys, status: number): void {
  const outcome = during("gate", () => readStatus(sys, status, true));
  sys.close(status);
  if (outcome.kind === "failed") throw new RuntimeError(outcome.failure);
}

/** Lets go of a container that will not be started: its gate shuts, and it ends. */
export function abandonContainer(sys: Sys, { gate, status }: CreatedContainer): void {
  sys.close(gate);
  sys.close(status);
}

export interface KillRequest {
  readonly pid: number;
  readonly startTime: string;
  readonly signal: number;
  /** With a cgroup and `all`, every process of it; only SIGKILL can be sent so. */
  readonly all?: boolean;
  readonly cgroup?: string;
}

/** Throws RuntimeError with code ESRCH when it is over already. */
export function killContainer(sys: Sys, request: KillRequest): void {
  if (request.all === true && request.cgroup !== undefined) {
    const cgroup = request.cgroup;
    during("kill", () => killCgroup(sys, cgroup));
    return;
  }
  during("kill", () => signalExactly(sys, request));
}

/** The process of that pid and start time is still there (a zombie counts as gone). */
export function isAlive(sys: Sys, pid: number, startTime: string): boolean {
  try {
    const stat = readProcessStat(sys, pid);
    return stat.startTime === startTime && stat.state !== "Z" && stat.state !== "X";
  } catch (error) {
    if (error instanceof SysError && (error.code === "ENOENT" || error.code === "ESRCH")) return false;
    throw error;
  }
}

export interface DeleteRequest {
  readonly id: string;
  readonly cgroup: string;
  /** Path of its network namespace, when it is to go too. */
  readonly netns?: string | null;
  /** Sockets and files of the shim. */
  readonly files?: readonly string[];
}

/** Ends what still runs and removes what the kernel keeps for it. Twice is as good as once. */
export function deleteContainer(sys: Sys, request: DeleteRequest): void {
  during("delete", () => {
    removeCgroup(sys, request.cgroup);
    if (request.netns !== undefined && request.netns !== null) removeNetworkNamespace(sys, request.netns);
    for (const file of request.files ?? []) removeFile(sys, file);
  });
}

export interface ProcessStat {
  readonly state: string;
  readonly startTime: string;
}

/** proc_pid_stat(5). The name in parentheses may hold anything, also spaces and parentheses. */
export function readProcessStat(sys: Sys, pid: number): ProcessStat {
  const text = sys.readFile(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
}

/** Forks the monitor and waits for the new process to stand at its gate. Also what exec.ts uses. */
export function launch(sys: Sys, start: LaunchStart): LaunchResult {
  return during("fork", () => {
    const [status, statusOfChild] = sys.pipe();
    let gate: readonly [number | null, number | null] = [null, null];
    let shimPid: number;
    try {
      if (start.gated) gate = sys.pipe();
      shimPid = sys.fork();
    } catch (error) {
      closeAll(sys, [status, statusOfChild, ...gate]);
      throw error;
    }
    if (shimPid === 0) runMonitor(sys, { ...start, status: statusOfChild, gate: gate[0] });
    closeAll(sys, [statusOfChild, gate[0]]);
    const outcome = readStatus(sys, status, true);
    if (outcome.kind === "ready") return { pid: outcome.pid, shimPid, status, gate: gate[1] };
    closeAll(sys, [status, gate[1]]);
    // The monitor waits for its child and then ends by itself.
    sys.waitpid(shimPid, 0);
    throw failureOf(outcome);
  });
}

function closeAll(sys: Sys, fds: readonly (number | null)[]): void {
  for (const fd of fds) if (fd !== null) sys.close(fd);
}

export type LaunchStart = Omit<Launch, "status" | "gate"> & { readonly gated: boolean };

export interface LaunchResult {
  readonly pid: number;
  readonly shimPid: number;
  readonly status: number;
  readonly gate: number | null;
}

function planContainer(request: CreateRequest): InitPlan {
  const { id, spec, rootfs } = request;
  const namespaces = withNetwork(spec.linux.namespaces, request.netns);
  for (const { type } of namespaces) {
    if (type === "user" || type === "time") throw unsupported(type);
  }
  return { ...planProcess(id, spec.process, spec.linux.seccomp), spec, rootfs, namespaces };
}

function launchContainer(sys: Sys, request: CreateRequest, plan: InitPlan): CreatedContainer {
  const cgroup = during("cgroup", () => openCgroup(sys, request.cgroup));
  try {
    const { pid, shimPid, status, gate } = launch(sys, {
      id: request.id,
      shim: { ...request.shim, binary: hostBinary(sys) },
      terminal: plan.process.terminal === true,
      cgroup,
      container: null,
      cloneFlags: flagsToClone(plan.namespaces),
      beforeClone: (child) => joinPidNamespace(child, plan.namespaces),
      child: (child, channels) => runInit(child, plan, channels),
      gated: true,
    });
    return { pid, startTime: readProcessStat(sys, pid).startTime, shimPid, status, gate: gate ?? -1 };
  } finally {
    sys.close(cgroup);
  }
}

function withNetwork(namespaces: readonly Namespace[], netns: string | null): readonly Namespace[] {
  if (netns === null || namespaces.some(({ type, path }) => type === "network" && path === netns)) return namespaces;
  return [...namespaces.filter(({ type }) => type !== "network"), { type: "network", path: netns }];
}

function removeTraces(sys: Sys, { cgroup, shim }: CreateRequest): void {
  removeCgroup(sys, cgroup);
  removeFile(sys, shim.listenSocketPath);
  removeFile(sys, shim.exitFile);
}

export function removeFile(sys: Sys, path: string): void {
  if (sys.exists(path)) sys.unlink(path);
}

function signalExactly(sys: Sys, request: KillRequest): void {
  const pidfd = pinProcess(sys, request);
  try {
    sys.pidfdSendSignal(pidfd, request.signal);
  } finally {
    sys.close(pidfd);
  }
}

/** A pidfd pins the process: whoever gets the pid after this check, what is done with it is done to the one checked. */
export function pinProcess(sys: Sys, { pid, startTime }: { readonly pid: number; readonly startTime: string }): number {
  const pidfd = sys.pidfdOpen(pid);
  if (isAlive(sys, pid, startTime)) return pidfd;
  sys.close(pidfd);
  throw new SysError({ syscall: "pidfd_open", code: "ESRCH", errno: 3 });
}

function failureOf(outcome: Outcome): RuntimeError {
  if (outcome.kind === "failed") return new RuntimeError(outcome.failure);
  const reason = "container process ended before it was ready";
  return new RuntimeError({ stage: "fork", syscall: "clone", code: "ECHILD", path: null, reason });
}

function unsupported(type: string): RuntimeError {
  const reason = `namespace "${type}" is not supported`;
  return new RuntimeError({ stage: "spec", syscall: "", code: "EINVAL", path: null, reason });
}
