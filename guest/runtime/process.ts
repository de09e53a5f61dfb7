/**
 * From "a process of ours in a container" to "the container's program": the part that `docker run` and `docker exec`
 * share. prctl(2), seccomp(2), capabilities(7), credentials(7), execve(2). The order is what makes it safe: a filter may
 * be set without no_new_privs only while the process still has CAP_SYS_ADMIN, groups go before the user, and the binary
 * is looked up with exactly the rights that it will be run with.
 */
import { O_RDONLY, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS, S_IFIFO, S_IFMT } from "../sys/constants.ts";
import { type Program, type Sys, SysError } from "../sys/sys.ts";
import { applyCapabilities, type CapabilityPlan, dropBounding, planCapabilities } from "./capabilities.ts";
import { errnoText } from "./errno-text.ts";
import { findExecutable } from "./executable.ts";
import { setRlimits } from "./rlimits.ts";
import { during, RuntimeError } from "./runtime-error.ts";
import { compileSeccomp, type SeccompPlan } from "./seccomp.ts";
import type { Process, ProcessUser, Seccomp } from "./spec.ts";
import { homeOf } from "./user.ts";

/** Everything that can be worked out beforehand is: the new process only does system calls. */
export interface ProcessPlan {
  /** Container or exec id. */
  readonly id: string;
  readonly process: Process;
  readonly seccomp: SeccompPlan | null;
  readonly capabilities: CapabilityPlan | null;
}

/** A program that could not be executed after all: as runc 1.1 ends. */
const EXEC_FAILED = 1;

/** Throws RuntimeError for what cannot be. */
export function planProcess(id: string, process: Process, seccomp: Seccomp | undefined): ProcessPlan {
  if (process.args.length === 0) {
    const reason = "args must not be empty";
    throw new RuntimeError({ stage: "spec", syscall: "", code: "EINVAL", path: null, reason });
  }
  return {
    id,
    process,
    seccomp: seccomp === undefined ? null : compileSeccomp(seccomp),
    capabilities: process.capabilities === undefined ? null : planCapabilities(process.capabilities),
  };
}

/**
 * Until execve the new process is our binary inside the container's pid namespace, and its memory is the daemon's. Not
 * being dumpable, its /proc/PID/exe, fd and mem are closed to the container (CVE-2016-9962, CVE-2019-5736), unless that
 * has CAP_SYS_PTRACE, as with runc; the machine's PID 1 runs the same binary, so opening it for writing is ETXTBSY besides.
 * It is a property of the memory, so the daemon stays so; execve makes a process dumpable again.
 */
export function hideFromContainer(sys: Sys): void {
  sys.prctl(PR_SET_DUMPABLE, 0);
}

/** A fresh program's signals, its own session, its own keyring: setsid(2), keyrings(7). */
export function startSession(sys: Sys, { id, process }: ProcessPlan): void {
  sys.resetSignals();
  sys.setSignalMask([]);
  sys.setsid();
  if (process.oomScoreAdj !== undefined) {
    sys.writeKernelFile("/proc/self/oom_score_adj", String(process.oomScoreAdj));
  }
  try {
    sys.joinSessionKeyring(`_ses.${id}`);
  } catch (error) {
    // A kernel without keyrings has none to leak.
    if (!(error instanceof SysError) || error.code !== "ENOSYS") throw error;
  }
}

/** Gives the path to execute. The working directory is the container's root so far. */
export function becomeUser(sys: Sys, { process, seccomp, capabilities }: ProcessPlan): string {
  if (process.noNewPrivileges === true) during("no-new-privs", () => sys.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  if (seccomp !== null) during("seccomp", () => sys.seccomp(seccomp.flags, seccomp.program));
  during("capabilities", () => {
    if (capabilities !== null) dropBounding(sys, capabilities);
    setRlimits(sys, process.rlimits ?? []);
  });
  // As root first: root may enter what the user may not (runc does the same).
  const entered = process.cwd === "/" || during("cwd", () => tryEnter(sys, process.cwd), cwdSentence(process.cwd));
  during("user", () => setUser(sys, process.user));
  during("capabilities", () => {
    if (capabilities !== null) applyCapabilities(sys, capabilities);
  });
  if (!entered) during("cwd", () => sys.chdir(process.cwd), cwdSentence(process.cwd));
  during("cwd", () => verifyCwd(sys));
  return during("lookup", () => findExecutable(sys, process.args[0] ?? "", process.env));
}

/** As runc: HOME is the user's, unless the image says otherwise. Reads the container's passwd file. */
export function environmentOf(sys: Sys, { env, user }: Process): readonly string[] {
  if (env.some((entry) => entry.startsWith("HOME="))) return env;
  return [...env, `HOME=${homeOf(sys, user.uid)}`];
}

/**
 * The pipes become 0, 1 and 2. Without input the container's own /dev/null does: through a descriptor of the machine's
 * node root in the container could change its owner and mode. So this runs when the root is the container's.
 */
export function useStandardStreams(sys: Sys, standard: readonly [number | null, number, number]): void {
  const input = standard[0] ?? sys.open("/dev/null", O_RDONLY);
  for (const [at, fd] of [input, standard[1], standard[2]].entries()) sys.dup2(fd, at);
}

/** /dev/stdout is /proc/self/fd/1: somebody who is not root can reopen the pipe only when it is theirs. */
export function ownStandardStreams(sys: Sys, { uid, gid }: ProcessUser): void {
  if (uid === 0) return;
  for (const fd of [0, 1, 2]) {
    if ((sys.fstat(fd).mode & S_IFMT) === S_IFIFO || sys.isatty(fd)) sys.chown(`/proc/self/fd/${fd}`, uid, gid);
  }
}

/**
 * Nothing of ours goes along: every descriptor above 2 is marked to close at execve, also one that was forgotten
 * (CVE-2024-21626: a leaked directory is a way out).
 */
export function becomeProgram(sys: Sys, path: string, args: readonly string[], env: readonly string[]): Program {
  sys.closeFrom(3, true);
  return sys.program(path, args, env, (error) => {
    // It was found and may be executed, so it counts as started; as with runc the last word goes to its standard error.
    sys.write(2, sys.utf8Encode(`exec ${path}: ${errnoText(error.code)}\n`));
    return EXEC_FAILED;
  });
}

function setUser(sys: Sys, { uid, gid, additionalGids, umask }: ProcessUser): void {
  sys.umask(umask ?? 0o022);
  // Who stops being root would lose the permitted set with it: capabilities(7).
  if (uid !== 0) sys.prctl(PR_SET_KEEPCAPS, 1);
  sys.setgroups(additionalGids ?? []);
  sys.setresgid(gid, gid, gid);
  sys.setresuid(uid, uid, uid);
  if (uid !== 0) sys.prctl(PR_SET_KEEPCAPS, 0);
}

function tryEnter(sys: Sys, cwd: string): boolean {
  try {
    sys.chdir(cwd);
    return true;
  } catch (error) {
    if (error instanceof SysError && (error.code === "EACCES" || error.code === "EPERM")) return false;
    throw error;
  }
}

function cwdSentence(cwd: string): (error: SysError) => string {
  return (error) => `chdir to cwd ("${cwd}") set in config.json failed: ${errnoText(error.code)}`;
}

/** CVE-2024-21626: a cwd of /proc/self/fd/N could be a directory of the machine; getcwd(2) then has no path inside. */
function verifyCwd(sys: Sys): void {
  let cwd = "";
  try {
    cwd = sys.getcwd();
  } catch (error) {
    if (!(error instanceof SysError) || error.code !== "ENOENT") throw error;
  }
  if (cwd.startsWith("/")) return;
  throw new RuntimeError({
    stage: "cwd",
    syscall: "getcwd",
    code: "ENOENT",
    path: null,
    reason:
      "current working directory is outside of container mount namespace root -- possible container breakout detected",
  });
}
