/**
 * The life of a container: created, running, stopped, gone (runtime.md of the OCI runtime specification). Two processes are
 * made, each by a clone that borrows the daemon's memory until its execve; see monitor.ts. A learner can follow it call by
 * call in the trace.
 */
import { SIGKILL } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { applyResources, createCgroup, freezeCgroup, killCgroup, removeCgroup, thawCgroup } from "./cgroups/cgroup.ts";
import { type InitPlan, initialise } from "./init.ts";
import { type Launched, launch, listenForShim, type ShimOptions } from "./monitor.ts";
import { flagsToClone, joinPidNamespace } from "./namespaces.ts";
import { removeNetworkNamespace } from "./network-namespace.ts";
import { planProcess } from "./process.ts";
import { removeFile } from "./remove-file.ts";
import { planMasks } from "./rootfs.ts";
import { during, RuntimeError } from "./runtime-error.ts";
import type { Namespace, Resources, Spec } from "./spec.ts";

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
  /** Sysctls of the specification that have been written already, in the namespaces that it joins. */
  readonly settled?: Readonly<Record<string, string>>;
  readonly shim: ShimOptions;
}

export interface CreatedContainer {
  readonly request: CreateRequest;
  readonly plan: InitPlan;
  /** Directory descriptor, to be born in. Closed with the listener. */
  readonly cgroup: number;
  /** The shim's socket: who connects now is served when the shim runs. Closed by startContainer or abandonContainer. */
  readonly listener: number;
}

/** Called in the new process before anything else is done there; the machine is still in sight. What it throws ends it. */
export type OnBorn = (born: BornProcess) => void;

export interface BornProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: with it a pid that was given to somebody else is told apart. */
  readonly startTime: string;
}

/** The cgroup stands with its limits and the shim's socket listens; there is no process yet. Throws RuntimeError, and then
 *  nothing is left. */
export function createContainer(sys: Sys, request: CreateRequest): CreatedContainer {
  const plan = planContainer(sys, request);
  try {
    const cgroup = during("cgroup", () => createCgroup(sys, request.cgroup, request.spec.linux.resources ?? {}));
    return { request, plan, cgroup, listener: listenOrClose(sys, request, cgroup) };
  } catch (error) {
    removeTraces(sys, request);
    throw error;
  }
}

function listenOrClose(sys: Sys, { shim }: CreateRequest, cgroup: number): number {
  try {
    return during("shim", () => listenForShim(sys, shim.listenSocketPath));
  } catch (error) {
    sys.close(cgroup);
    throw error;
  }
}

/** Lets go of a container that will not be started. */
export function abandonContainer(sys: Sys, created: CreatedContainer): void {
  closeCreated(sys, created);
  removeTraces(sys, created.request);
}

function closeCreated(sys: Sys, { cgroup, listener }: CreatedContainer): void {
  sys.close(cgroup);
  sys.close(listener);
}

/**
 * The program runs when this returns. Throws RuntimeError when it or its shim could not be, or what `born` threw; then
 * nothing is left.
 */
export function startContainer(sys: Sys, created: CreatedContainer, born: OnBorn): Launched {
  try {
    return launchContainer(sys, created, born);
  } catch (error) {
    removeTraces(sys, created.request);
    throw error;
  } finally {
    closeCreated(sys, created);
  }
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

/** No process of it runs any more when this returns. Throws RuntimeError, and then all of them run. */
export function pauseContainer(sys: Sys, cgroup: string): void {
  during("pause", () => {
    try {
      freezeCgroup(sys, cgroup);
    } catch (error) {
      thawCgroup(sys, cgroup);
      throw error;
    }
  });
}

/** They go on where they stood. Throws RuntimeError. */
export function resumeContainer(sys: Sys, cgroup: string): void {
  during("pause", () => thawCgroup(sys, cgroup));
}

/** Other limits for what runs already. Device rules stay as they are. Throws RuntimeError. */
export function updateContainer(sys: Sys, cgroup: string, resources: Resources): void {
  during("cgroup", () => applyResources(sys, cgroup, resources));
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
  readonly parent: number;
}

function readOwnProcess(sys: Sys): BornProcess {
  const text = sys.readFile("/proc/self/stat");
  return { pid: Number.parseInt(text, 10), startTime: parseProcessStat(text).startTime };
}

/** proc_pid_stat(5). The name in parentheses may hold anything, also spaces and parentheses. */
export function readProcessStat(sys: Sys, pid: number): ProcessStat {
  return parseProcessStat(sys.readFile(`/proc/${pid}/stat`));
}

/** Those that are asked for, the state being the first. */
const STAT_FIELDS = 20;

function parseProcessStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ", STAT_FIELDS);
  return { state: fields[0] ?? "", parent: Number(fields[1] ?? 0), startTime: fields[19] ?? "" };
}

function planContainer(sys: Sys, request: CreateRequest): InitPlan {
  const { id, spec, rootfs } = request;
  const namespaces = withNetwork(spec.linux.namespaces, request.netns);
  for (const { type } of namespaces) {
    if (type === "user" || type === "time") throw unsupported(type);
  }
  const masks = planMasks(sys, spec.linux.maskedPaths ?? []);
  const sysctls = withoutSettled(spec.linux.sysctl ?? {}, request.settled ?? {});
  return { ...planProcess(id, spec.process, spec.linux.seccomp), spec, rootfs, namespaces, masks, sysctls };
}

function withoutSettled(
  sysctls: Readonly<Record<string, string>>,
  settled: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  // The same object: nothing is to be done, which is the common case.
  if (sysctls === settled) return {};
  return Object.fromEntries(Object.entries(sysctls).filter(([name, value]) => settled[name] !== value));
}

function launchContainer(sys: Sys, { request, plan, cgroup, listener }: CreatedContainer, born: OnBorn): Launched {
  return launch(sys, {
    id: request.id,
    shim: request.shim,
    listener,
    terminal: plan.process.terminal === true,
    cgroup,
    cloneFlags: flagsToClone(plan.namespaces),
    beforeClone: () => joinPidNamespace(sys, plan.namespaces),
    role: "init",
    child: (channels) => {
      // "self" is seen from the machine's /proc, which is still ours: the pid that the machine knows.
      born(readOwnProcess(sys));
      return initialise(sys, plan, channels);
    },
  });
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

/** For who has no start time: a child that is not waited for keeps its pid. No error when it is over. */
export function killChild(sys: Sys, { pid, parent }: { readonly pid: number; readonly parent: number }): void {
  try {
    const pidfd = sys.pidfdOpen(pid);
    try {
      if (readProcessStat(sys, pid).parent === parent) sys.pidfdSendSignal(pidfd, SIGKILL);
    } finally {
      sys.close(pidfd);
    }
  } catch (error) {
    if (!(error instanceof SysError && (error.code === "ESRCH" || error.code === "ENOENT"))) throw error;
  }
}

function unsupported(type: string): RuntimeError {
  const reason = `namespace "${type}" is not supported`;
  return new RuntimeError({ stage: "spec", syscall: "", code: "EINVAL", path: null, reason });
}
