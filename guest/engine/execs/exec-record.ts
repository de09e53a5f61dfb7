import type { ExecConfig } from "../../api/contract/exec.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { containerPaths, SHIMS } from "../layout.ts";
import { readJson } from "../store.ts";

/** What an engine must know of an exec that a former one started. */
export interface ExecRecord {
  readonly id: string;
  readonly config: ExecConfig;
  /** Of a health check: for the engine that started it, and no other. */
  readonly probe: boolean;
}

/** All but the socket, whose path would be too long there, lie in the container's bundle and go with it at the latest. */
export interface ExecPaths {
  readonly socket: string;
  readonly record: string;
  readonly exitFile: string;
}

const RECORD = /^exec-([0-9a-f]{64})\.config\.json$/;
const ANY_FILE = /^exec-([0-9a-f]{64})\./;

export function execPaths(container: string, id: string): ExecPaths {
  const { bundle } = containerPaths(container);
  return {
    socket: `${SHIMS}/${id}.sock`,
    record: `${bundle}/exec-${id}.config.json`,
    exitFile: `${bundle}/exec-${id}.json`,
  };
}

/** Before there is a socket or a process: half a record is then one of an exec that never was. */
export function writeExecRecord(sys: Sys, container: string, { id, config, probe }: ExecRecord): void {
  sys.writeFile(execPaths(container, id).record, JSON.stringify({ config, probe }), { mode: 0o600 });
}

/** Those of a running container. Files that belong to none of them are removed. */
export function readExecRecords(sys: Sys, container: string): readonly ExecRecord[] {
  const { bundle } = containerPaths(container);
  if (!sys.exists(bundle)) return [];
  const names = sys.readdir(bundle);
  const records: ExecRecord[] = [];
  for (const name of names) {
    const id = RECORD.exec(name)?.[1];
    const record = id === undefined ? null : (readJson(sys, `${bundle}/${name}`) as Omit<ExecRecord, "id"> | null);
    if (id !== undefined && record !== null) records.push({ id, ...record });
  }
  const known = new Set(records.map(({ id }) => id));
  for (const name of names) {
    const id = ANY_FILE.exec(name)?.[1];
    if (id !== undefined && !known.has(id)) sys.unlink(`${bundle}/${name}`);
  }
  return records;
}

export interface ExecProcess {
  readonly pid: number;
  readonly shimPid: number;
}

/** The shim's command line says whose parent it is. null: there is no such shim (yet). */
export function findExecProcess(sys: Sys, id: string): ExecProcess | null {
  for (const name of sys.readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = commandLine(sys, name);
    if (words[0] === "docker-shim" && words[words.indexOf("--id") + 1] === id) {
      return { pid: Number(words[words.indexOf("--pid") + 1]), shimPid: Number(name) };
    }
  }
  return null;
}

function commandLine(sys: Sys, pid: string): readonly string[] {
  try {
    return sys.readFile(`/proc/${pid}/cmdline`).split("\0");
  } catch (error) {
    // It has just ended.
    if (error instanceof SysError && (error.code === "ENOENT" || error.code === "ESRCH")) return [];
    throw error;
  }
}
