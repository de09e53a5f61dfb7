import type { ContainerTopResponse } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { processesIn } from "../../runtime/cgroups/cgroup.ts";
import { readProcess } from "../../runtime/processes.ts";
import { parsePasswd } from "../../runtime/user.ts";
import type { Sys } from "../../sys/sys.ts";
import { containerPaths } from "../layout.ts";
import type { Container } from "./container.ts";
import { PS_BSD, PS_BSD_USER, PS_FIELDS, PS_FULL, PS_PLAIN, type PsColumn, type PsSurroundings } from "./ps-columns.ts";

/**
 * `docker top`. In Docker the host's ps runs and its lines are filtered by pid; this machine has no such ps, so /proc is
 * read here and the usual options of ps are understood. The caller knows that the container runs.
 */
export function topContainer(sys: Sys, container: Container, psArgs: string): ContainerTopResponse {
  const columns = parsePsArgs(psArgs === "" ? "-ef" : psArgs);
  // Docker finds its processes by this column.
  if (!columns.some(({ title }) => title === "PID")) {
    throw new EngineError("system", "Couldn't find PID field in ps output");
  }
  const around = surroundings(sys);
  const pids = [...processesIn(sys, containerPaths(container.id).cgroup)].sort((a, b) => a - b);
  const processes = pids.flatMap((pid) => readProcess(sys, pid) ?? []);
  return {
    Titles: columns.map(({ title }) => title),
    Processes: processes.map((process) => columns.map(({ read }) => read(process, around))),
  };
}

function surroundings(sys: Sys): PsSurroundings {
  const passwd = sys.exists("/etc/passwd") ? parsePasswd(sys.readFile("/etc/passwd")) : [];
  return {
    now: Number(sys.now() / 1_000_000n) / 1000,
    uptime: Number(sys.monotonic() / 1_000_000n) / 1000,
    totalMemory: sys.sysinfo().totalMemory,
    userName: (uid) => passwd.find((entry) => entry.uid === uid)?.name ?? String(uid),
  };
}

interface PsChoice {
  full: boolean;
  user: boolean;
  bsd: boolean;
  readonly fields: PsColumn[];
}

/** "-ef", "aux", "-eo pid,comm": the columns. What ps would refuse, and what is not known here, is refused in its words. */
function parsePsArgs(text: string): readonly PsColumn[] {
  const words = text.split(" ").filter((word) => word !== "");
  const choice: PsChoice = { full: false, user: false, bsd: false, fields: [] };
  for (let word = words.shift(); word !== undefined; word = words.shift()) readOption(word, words, choice);
  if (choice.fields.length > 0) return choice.fields;
  if (choice.full) return PS_FULL;
  if (choice.user) return PS_BSD_USER;
  return choice.bsd ? PS_BSD : PS_PLAIN;
}

function readOption(word: string, following: string[], choice: PsChoice): void {
  if (word.startsWith("--")) throw refusal("unknown gnu long option");
  const bsd = !word.startsWith("-");
  choice.bsd ||= bsd;
  for (let at = bsd ? 0 : 1; at < word.length; at++) {
    const letter = word.charAt(at);
    if (letter === "o") {
      readFields(word.slice(at + 1) || following.shift(), choice.fields);
      return;
    }
    readLetter(letter, bsd, choice);
  }
}

/** Which processes are meant (-e, -A, a, x) is settled: the container's. */
function readLetter(letter: string, bsd: boolean, choice: PsChoice): void {
  if (letter === "w") return;
  if (!bsd && letter === "f") choice.full = true;
  else if (bsd && letter === "u") choice.user = true;
  else if (!(bsd ? "ax" : "eA").includes(letter)) {
    throw refusal(bsd ? "unsupported option (BSD syntax)" : "unsupported SysV option");
  }
}

function readFields(list: string | undefined, fields: PsColumn[]): void {
  if (list === undefined) throw refusal("format specification must follow -o");
  for (const name of list.split(",")) {
    const column = PS_FIELDS.get(name);
    if (column === undefined) throw refusal(`unknown user-defined format specifier "${name}"`);
    fields.push(column);
  }
}

/** Docker hands on the first line that ps complains with. */
function refusal(reason: string): EngineError {
  return new EngineError("system", `error: ${reason}`);
}
