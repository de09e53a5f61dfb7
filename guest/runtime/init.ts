/**
 * The container's first process, from the moment that clone(2) has made it until its program runs: this file is the
 * order of things, top to bottom. Each line is one idea of the kernel; the files it calls say which. What fails is thrown
 * in the daemon, whose memory this runs in, and the process ends; what it made goes with its namespaces.
 */
import { O_DIRECTORY, O_PATH } from "../sys/constants.ts";
import type { Program, Sys } from "../sys/sys.ts";
import { type ConsoleSize, openConsole, takeConsole } from "./console.ts";
import { bindConsole, populateDev } from "./devices.ts";
import { openInRoot } from "./in-root.ts";
import type { ChildChannels } from "./monitor.ts";
import { mountAll } from "./mounts.ts";
import { enterCgroupNamespace, joinNamespaces } from "./namespaces.ts";
import {
  becomeProgram,
  becomeUser,
  environmentOf,
  ownStandardStreams,
  type ProcessPlan,
  startSession,
  useStandardStreams,
} from "./process.ts";
import { type Mask, makeReadonly, makeRootReadonly, maskPaths, openRoot, pivotInto } from "./rootfs.ts";
import { during } from "./runtime-error.ts";
import type { Namespace, Spec } from "./spec.ts";
import { writeSysctls } from "./sysctl.ts";

export interface InitPlan extends ProcessPlan {
  readonly spec: Spec;
  /** Absolute. */
  readonly rootfs: string;
  readonly namespaces: readonly Namespace[];
  readonly masks: readonly Mask[];
  /** Those that are still to be written. */
  readonly sysctls: Readonly<Record<string, string>>;
}

const HANDOVER = new Uint8Array([1]);

export function initialise(sys: Sys, plan: InitPlan, channels: ChildChannels): Program {
  const { spec, process, namespaces } = plan;
  const { linux } = spec;
  during("namespaces", () => startSession(sys, plan));
  during("network", () => joinNamespaces(sys, namespaces));
  during("namespaces", () => enterCgroupNamespace(sys, namespaces));

  sys.umask(0);
  const root = during("mounts", () => openRoot(sys, plan.rootfs, linux.rootfsPropagation));
  const { mounts } = spec;
  const fresh = mountAll(sys, root, mounts, linux.rootfsPropagation);
  const dev = fresh.find(({ destination }) => destination === "/dev")?.root?.fd;
  const nullIsOurs = during("devices", () => populateDev(sys, root, { mounts, devices: linux.devices ?? [], dev }));
  const { console, standard } = channels;
  if (console !== null) during("console", () => setUpConsole(sys, root, process.consoleSize, console));
  during("pivot", () => pivotInto(sys, root, linux.rootfsPropagation));

  during("hostname", () => setNames(sys, spec));
  during("sysctl", () => writeSysctls(sys, plan.sysctls));
  during("cwd", () => makeCwd(sys, process.cwd));
  if (spec.root.readonly === true) during("paths", () => makeRootReadonly(sys));
  during("paths", () => {
    makeReadonly(sys, linux.readonlyPaths ?? []);
    maskPaths(sys, plan.masks, nullIsOurs);
  });

  if (standard !== null) during("console", () => useStandardStreams(sys, standard));
  const env = during("user", () => environmentOf(sys, process));
  during("user", () => ownStandardStreams(sys, process.user));
  const path = becomeUser(sys, plan);
  return becomeProgram(sys, path, process.args, env);
}

/** The slave is opened by its path in the new root; its master is the monitor's from now on. */
function setUpConsole(sys: Sys, root: number, size: ConsoleSize | undefined, channel: number): void {
  const devpts = openInRoot(sys, root, "/dev/pts", O_PATH | O_DIRECTORY).fd;
  const { master, slave } = openConsole(sys, `/proc/self/fd/${devpts}`, size);
  takeConsole(sys, slave);
  bindConsole(sys, root, slave);
  sys.sendmsg(channel, HANDOVER, [master]);
}

function setNames(sys: Sys, { hostname, domainname }: Spec): void {
  if (hostname !== undefined && hostname !== "") sys.sethostname(hostname);
  if (domainname !== undefined && domainname !== "") sys.setdomainname(domainname);
}

/** As runc: a working directory that the image lacks is made, by root. */
function makeCwd(sys: Sys, cwd: string): void {
  if (cwd !== "" && cwd !== "/") sys.mkdirAll(cwd, 0o755);
}
