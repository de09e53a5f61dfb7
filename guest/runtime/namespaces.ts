/**
 * A namespace is what makes a process see its own copy of one kernel thing: mounts, pids, host name, network …
 * namespaces(7), clone(2), setns(2), unshare(2). A learner sees them as links in /proc/PID/ns: other numbers inside
 * than outside. Four are made by clone itself; the cgroup namespace must wait until the process stands in its cgroup,
 * because its root is wherever the process is at that moment.
 */
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  O_RDONLY,
} from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import type { Namespace, NamespaceKind } from "./spec.ts";

export const CLONE_FLAG: Readonly<Record<NamespaceKind, number>> = {
  pid: CLONE_NEWPID,
  network: CLONE_NEWNET,
  mount: CLONE_NEWNS,
  ipc: CLONE_NEWIPC,
  uts: CLONE_NEWUTS,
  cgroup: CLONE_NEWCGROUP,
  user: CLONE_NEWUSER,
  time: CLONE_NEWTIME,
};

/** What `docker exec` joins: all that a container may have of its own. Joining the one we are in changes nothing. */
export const EXEC_JOINS = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;

/** Flags of the namespaces that clone makes for the new process. */
export function flagsToClone(namespaces: readonly Namespace[]): number {
  let flags = 0;
  for (const { type, path } of namespaces) {
    if (path === undefined && type !== "cgroup") flags |= CLONE_FLAG[type];
  }
  return flags;
}

/** A process never changes its own pid namespace, only that of its future children: so this runs before clone. */
export function joinPidNamespace(sys: Sys, namespaces: readonly Namespace[]): void {
  for (const namespace of namespaces) {
    if (namespace.type === "pid" && namespace.path !== undefined) join(sys, namespace.path, CLONE_NEWPID);
  }
}

/** In the new process: every namespace that is given by a path. The mount namespace is the last: it hides the paths. */
export function joinNamespaces(sys: Sys, namespaces: readonly Namespace[]): void {
  let mountPath: string | undefined;
  for (const { type, path } of namespaces) {
    if (path === undefined || type === "pid") continue;
    if (type === "mount") mountPath = path;
    else join(sys, path, CLONE_FLAG[type]);
  }
  if (mountPath !== undefined) join(sys, mountPath, CLONE_NEWNS);
}

/** In the new process, when it is in its cgroup. */
export function enterCgroupNamespace(sys: Sys, namespaces: readonly Namespace[]): void {
  if (namespaces.some(({ type, path }) => type === "cgroup" && path === undefined)) sys.unshare(CLONE_NEWCGROUP);
}

function join(sys: Sys, path: string, flag: number): void {
  const fd = sys.open(path, O_RDONLY);
  sys.setns(fd, flag);
  sys.close(fd);
}
