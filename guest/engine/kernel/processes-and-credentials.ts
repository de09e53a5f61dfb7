/** The processes of a cgroup, and what the first one may do: proc_pid_status(5), cgroups(7). */
import type { KernelCgroup, KernelCredentials, KernelIdRange, KernelProcess } from "../../api/contract/drydock.ts";
import { processesIn } from "../../runtime/cgroups/cgroup.ts";
import { type ProcessInfo, readProcess } from "../../runtime/processes.ts";
import { CAPABILITIES } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { CGROUP_ROOT } from "../layout.ts";

/** What a lesson or a panel asks for. One that belongs to a controller which is not there is left out. */
const CGROUP_FILES = [
  "cgroup.controllers",
  "cgroup.events",
  "cgroup.freeze",
  "cgroup.procs",
  "cpu.max",
  "cpu.pressure",
  "cpu.stat",
  "cpu.weight",
  "io.stat",
  "memory.current",
  "memory.events",
  "memory.high",
  "memory.low",
  "memory.max",
  "memory.peak",
  "memory.pressure",
  "memory.swap.current",
  "memory.swap.max",
  "pids.current",
  "pids.max",
];

/** Where the kernel says that the process is. */
export function readCgroup(sys: Sys, pid: number): KernelCgroup {
  const path = /^0::(.*)$/m.exec(sys.readFile(`/proc/${pid}/cgroup`))?.[1] ?? "/";
  const files = CGROUP_FILES.flatMap((name): readonly (readonly [string, string])[] => {
    const file = `${CGROUP_ROOT}${path}/${name}`;
    return sys.exists(file) ? [[name, sys.readFile(file).trimEnd()]] : [];
  });
  return { path, files: Object.fromEntries(files) };
}

/** Parents first, each followed by its children; siblings by pid. */
export function readProcesses(sys: Sys, cgroup: string): readonly KernelProcess[] {
  const all = processesIn(sys, cgroup.slice(1)).flatMap((pid) => readProcess(sys, pid) ?? []);
  const pids = new Set(all.map(({ pid }) => pid));
  const childrenOf = (parent: number | null): readonly ProcessInfo[] =>
    all.filter(({ ppid }) => (parent === null ? !pids.has(ppid) : ppid === parent)).sort((a, b) => a.pid - b.pid);
  const walk = (process: ProcessInfo, depth: number): readonly KernelProcess[] => [
    ...describeProcess(sys, process, depth),
    ...childrenOf(process.pid).flatMap((child) => walk(child, depth + 1)),
  ];
  return childrenOf(null).flatMap((process) => walk(process, 0));
}

/** Nothing when it has ended meanwhile. */
function describeProcess(sys: Sys, process: ProcessInfo, depth: number): readonly KernelProcess[] {
  const { pid, ppid: parent, state, uid, name, command } = process;
  try {
    const pids = statusField(sys.readFile(`/proc/${pid}/status`), "NSpid").split(/\s+/);
    return [{ pid, inside: Number(pids.at(-1)), parent, depth, state, uid, name, command }];
  } catch (error) {
    if (error instanceof SysError && (error.code === "ENOENT" || error.code === "ESRCH")) return [];
    throw error;
  }
}

const SECCOMP_MODES = ["disabled", "strict", "filter"] as const;

export function readCredentials(sys: Sys, pid: number): KernelCredentials {
  const status = sys.readFile(`/proc/${pid}/status`);
  const capabilities = (field: string): readonly string[] => capabilityNames(statusField(status, field));
  return {
    capabilities: {
      effective: capabilities("CapEff"),
      permitted: capabilities("CapPrm"),
      inheritable: capabilities("CapInh"),
      bounding: capabilities("CapBnd"),
      ambient: capabilities("CapAmb"),
    },
    seccomp: {
      mode: SECCOMP_MODES[Number(statusField(status, "Seccomp"))] ?? "disabled",
      filters: Number(statusField(status, "Seccomp_filters")),
    },
    noNewPrivileges: statusField(status, "NoNewPrivs") === "1",
    uidMap: readIdMap(sys, `/proc/${pid}/uid_map`),
    gidMap: readIdMap(sys, `/proc/${pid}/gid_map`),
  };
}

/** "" when there is no such line. */
function statusField(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
}

function capabilityNames(mask: string): readonly string[] {
  const set = BigInt(`0x${mask}`);
  return CAPABILITIES.filter((_, number) => (set & (1n << BigInt(number))) !== 0n);
}

function readIdMap(sys: Sys, path: string): readonly KernelIdRange[] {
  const lines = sys.readFile(path).split("\n");
  return lines
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [inside, outside, count] = line.trim().split(/\s+/).map(Number);
      return { inside: inside ?? 0, outside: outside ?? 0, count: count ?? 0 };
    });
}
