/**
 * A cgroup is a directory; the processes in it are counted and limited together: cgroups(7),
 * Documentation/admin-guide/cgroup-v2.rst. A learner sees /sys/fs/cgroup/docker/ID with memory.max, pids.max … and the
 * container's pids in cgroup.procs. Making one is mkdir, limiting it is writing text, ending all in it is one "1".
 */
import { O_DIRECTORY, O_PATH } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { Resources } from "../spec.ts";
import { cpuWrites } from "./cpu.ts";
import { attachDeviceRules } from "./devices.ts";
import { ioWrites } from "./io.ts";
import { memoryWrites } from "./memory.ts";
import { pidsWrites } from "./pids.ts";

export const CGROUP_ROOT = "/sys/fs/cgroup";

/** One file of the cgroup and what to write into it. */
export type CgroupWrite = readonly [file: string, text: string];

/** One line a controller. */
const CONTROLLERS: readonly {
  readonly name: string;
  readonly writes: (resources: Resources) => readonly CgroupWrite[];
}[] = [
  { name: "cpu", writes: cpuWrites },
  { name: "cpuset", writes: () => [] },
  { name: "io", writes: ioWrites },
  { name: "memory", writes: memoryWrites },
  { name: "pids", writes: pidsWrites },
];

/** How often a look at cgroup.events is repeated before a cgroup counts as stuck. */
const PATIENCE = 2000;

/** Parents that have their controllers switched on already; the daemon is the only one who makes them. */
const prepared = new WeakMap<Sys, Set<string>>();

/** `path` is relative to /sys/fs/cgroup: docker/ID. */
export function cgroupDirectory(path: string): string {
  return `${CGROUP_ROOT}/${path}`;
}

/** Makes every directory above `path` and hands the controllers down through it: cgroup.subtree_control. */
export function prepareParents(sys: Sys, path: string): void {
  const done = prepared.get(sys) ?? new Set();
  prepared.set(sys, done);
  const names = path.split("/").slice(0, -1);
  let directory = CGROUP_ROOT;
  for (const name of ["", ...names]) {
    if (name !== "") directory += `/${name}`;
    if (done.has(directory)) continue;
    if (name !== "") sys.mkdirAll(directory, 0o755);
    enableControllers(sys, directory);
    done.add(directory);
  }
}

/**
 * Makes the cgroup with its limits and its device rules and gives a descriptor of it, as {@link openCgroup}. On failure
 * nothing of it stays. Throws SysError.
 */
export function createCgroup(sys: Sys, path: string, resources: Resources): number {
  prepareParents(sys, path);
  makeDirectory(sys, path);
  let fd = -1;
  try {
    applyResources(sys, path, resources);
    fd = openCgroup(sys, path);
    if (resources.devices !== undefined) attachDeviceRules(sys, fd, resources.devices);
    return fd;
  } catch (error) {
    if (fd !== -1) sys.close(fd);
    sys.rmdir(cgroupDirectory(path));
    throw error;
  }
}

/** Only what is given is written, also to a cgroup that is in use. Throws SysError. */
export function applyResources(sys: Sys, path: string, resources: Resources): void {
  const directory = cgroupDirectory(path);
  for (const { writes } of CONTROLLERS) {
    for (const [file, text] of writes(resources)) sys.writeKernelFile(`${directory}/${file}`, text);
  }
  for (const [file, text] of Object.entries(resources.unified ?? {})) sys.writeKernelFile(`${directory}/${file}`, text);
}

/** For clone's CLONE_INTO_CGROUP: the process is born in it, there is no moment outside. */
export function openCgroup(sys: Sys, path: string): number {
  return sys.open(cgroupDirectory(path), O_PATH | O_DIRECTORY);
}

/** Ends every process in it and below, also ones that fork meanwhile. */
export function killCgroup(sys: Sys, path: string): void {
  sys.writeKernelFile(`${cgroupDirectory(path)}/cgroup.kill`, "1");
}

/** `docker pause`: no process of it runs any more when this returns. */
export function freezeCgroup(sys: Sys, path: string): void {
  sys.writeKernelFile(`${cgroupDirectory(path)}/cgroup.freeze`, "1");
  waitForEvent(sys, path, "frozen 1");
}

/** The kernel remembers what it was told: also for an engine that did not freeze it itself. */
export function isCgroupFrozen(sys: Sys, path: string): boolean {
  return sys.readFile(`${cgroupDirectory(path)}/cgroup.freeze`).trim() === "1";
}

export function thawCgroup(sys: Sys, path: string): void {
  sys.writeKernelFile(`${cgroupDirectory(path)}/cgroup.freeze`, "0");
  waitForEvent(sys, path, "frozen 0");
}

/** Pids of all in it and below, in no order. */
export function processesIn(sys: Sys, path: string): readonly number[] {
  return pidsBelow(sys, cgroupDirectory(path));
}

function pidsBelow(sys: Sys, directory: string): number[] {
  const pids = sys.readFile(`${directory}/cgroup.procs`).split("\n").filter(Boolean).map(Number);
  return pids.concat(...childrenOf(sys, directory).map((name) => pidsBelow(sys, `${directory}/${name}`)));
}

/** Everything in it ends, then the directories go, children first. No error when it is gone already. */
export function removeCgroup(sys: Sys, path: string): void {
  if (removeEmpty(sys, path)) return;
  if (readEvents(sys, path).includes("populated 1")) {
    killCgroup(sys, path);
    waitForEvent(sys, path, "populated 0");
  }
  removeTree(sys, cgroupDirectory(path));
}

/** The usual end. False: it has processes or children. */
function removeEmpty(sys: Sys, path: string): boolean {
  try {
    sys.rmdir(cgroupDirectory(path));
  } catch (error) {
    if (error instanceof SysError && error.code === "EBUSY") return false;
    if (!(error instanceof SysError && error.code === "ENOENT")) throw error;
  }
  return true;
}

/** A container with docker-in-docker ambitions has directories of its own here; the kernel's files are no entries to remove. */
function removeTree(sys: Sys, directory: string): void {
  for (const name of childrenOf(sys, directory)) removeTree(sys, `${directory}/${name}`);
  sys.rmdir(directory);
}

/** nlink counts sub-directories: the usual cgroup has none, and then its forty files need no look. */
function childrenOf(sys: Sys, directory: string): readonly string[] {
  if (sys.stat(directory).nlink <= 2) return [];
  return sys
    .readdir(directory)
    .filter((name) => !name.includes(".") && sys.exists(`${directory}/${name}/cgroup.procs`));
}

function makeDirectory(sys: Sys, path: string): void {
  try {
    sys.mkdir(cgroupDirectory(path), 0o755);
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== "EEXIST") throw error;
    // Left by a daemon that was killed: nothing in it can be ours.
    removeCgroup(sys, path);
    sys.mkdir(cgroupDirectory(path), 0o755);
  }
}

function enableControllers(sys: Sys, directory: string): void {
  const available = sys.readFile(`${directory}/cgroup.controllers`).trim().split(" ");
  const enabled = sys.readFile(`${directory}/cgroup.subtree_control`).trim().split(" ");
  const missing = CONTROLLERS.filter(({ name }) => available.includes(name) && !enabled.includes(name));
  if (missing.length === 0) return;
  sys.writeKernelFile(`${directory}/cgroup.subtree_control`, missing.map(({ name }) => `+${name}`).join(" "));
}

function readEvents(sys: Sys, path: string): string {
  return sys.readFile(`${cgroupDirectory(path)}/cgroup.events`);
}

/** A killed process leaves within a tick; the kernel runs it while we ask. */
function waitForEvent(sys: Sys, path: string, line: string): void {
  for (let look = 0; look < PATIENCE; look += 1) {
    if (readEvents(sys, path).includes(line)) return;
  }
  const file = `${cgroupDirectory(path)}/cgroup.events`;
  throw new SysError({ syscall: "read", code: "EBUSY", errno: 16, path: file });
}
