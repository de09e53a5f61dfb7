/**
 * Who stands between the daemon and the container: a child of the daemon that makes the container's first process, takes
 * over the terminal's master, and then becomes docker-shim by execve in the same pid. So the shim is the parent of the
 * container and may wait for it, and neither cares whether the daemon lives.
 *
 * Both children are vfork(2)'s: they run the TypeScript below in the daemon's own memory while it stands still. Each has
 * its own descriptors, namespaces, credentials and root all the same, and what goes wrong in one is thrown in the daemon.
 */
import { AF_UNIX, SIGKILL, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_SEQPACKET } from "../sys/constants.ts";
import { type Program, type Sys, SysError, type VforkOptions } from "../sys/sys.ts";
import { hideFromContainer } from "./process.ts";
import { during, type Stage, toRuntimeError } from "./runtime-error.ts";

/** Connections that may wait for the shim: it serves at most 64. */
const BACKLOG = 64;
/** guest/sys/shim.c, as the machine sees it. */
const SHIM = "/usr/bin/docker-shim";

/** What docker-shim is told; its options have the same names. */
export interface ShimOptions {
  readonly listenSocketPath: string;
  readonly exitFile: string;
  readonly log: {
    readonly path: string;
    readonly maxSize: number;
    readonly maxFiles: number;
    readonly attributes?: string;
  } | null;
  /** The memory.events to watch for `oom`; null: the container has no limit of its own. */
  readonly memoryEvents?: string | null;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
}

/** The new process's ends. */
export interface ChildChannels {
  /** Takes the terminal's master; null without a terminal. */
  readonly console: number | null;
  /** Descriptors to become 0, 1, 2; null with a terminal. No input (null) is the container's own /dev/null. */
  readonly standard: readonly [number | null, number, number] | null;
}

export interface Launch {
  readonly id: string;
  readonly shim: ShimOptions;
  /** From listenForShim. */
  readonly listener: number;
  readonly terminal: boolean;
  /** Directory descriptor of the cgroup to be born in. */
  readonly cgroup: number;
  readonly cloneFlags: number;
  /** Joins a pid namespace that exists. Runs in the monitor. */
  readonly beforeClone: () => void;
  /** What the trace calls the new process. */
  readonly role: "init" | "exec";
  /** Runs in the new process. */
  readonly child: (channels: ChildChannels) => Program;
}

export interface Launched {
  /** As the machine sees it. */
  readonly pid: number;
  /** A child of this process: it must be waited for. */
  readonly shimPid: number;
}

/** The shim's ends of the container's streams. */
type ShimStreams =
  | { readonly kind: "terminal" }
  | { readonly kind: "pipes"; readonly stdin: number | null; readonly stdout: number; readonly stderr: number };

/** Clients may connect from now on; the shim finds them waiting. */
export function listenForShim(sys: Sys, path: string): number {
  // It takes whoever waits, and must not wait itself.
  const fd = sys.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  try {
    sys.bind(fd, { kind: "unix", path });
    sys.listen(fd, BACKLOG);
  } catch (error) {
    sys.close(fd);
    throw error;
  }
  return fd;
}

/** The program runs when this returns, or a RuntimeError says why not; then neither process is left. */
export function launch(sys: Sys, request: Launch): Launched {
  let pid = 0;
  try {
    const shimPid = makeProcess(
      sys,
      "fork",
      () => {
        sys.setsid();
        hideFromContainer(sys);
        const { streams, standard } = during("shim", () => makeStreams(sys, request));
        const pair = request.terminal ? sys.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) : null;
        during("namespaces", request.beforeClone);
        const { cloneFlags: flags, cgroup } = request;
        const child = (): Program => request.child({ console: pair?.[1] ?? null, standard });
        pid = makeProcess(sys, "namespaces", child, { flags, cgroup, role: request.role });
        const master = pair && during("console", () => sys.recvmsg(pair[0], 1).fds[0] ?? null);
        return becomeShim(sys, { request, pid, streams, master });
      },
      { role: "shim" },
    );
    return { pid, shimPid };
  } catch (error) {
    // Without its shim nobody would wait for it.
    if (pid !== 0) end(sys, pid);
    throw error;
  }
}

/** What the child threw has its stage already, or is none of the runtime's. */
function makeProcess(sys: Sys, stage: Stage, child: () => Program, options: VforkOptions = {}): number {
  try {
    return sys.vfork(child, options);
  } catch (error) {
    throw error instanceof SysError ? toRuntimeError(stage, error) : error;
  }
}

function end(sys: Sys, pid: number): void {
  try {
    sys.kill(pid, SIGKILL);
  } catch (error) {
    if (!(error instanceof SysError && error.code === "ESRCH")) throw error;
  }
}

function makeStreams(
  sys: Sys,
  { terminal, shim }: Launch,
): { readonly streams: ShimStreams; readonly standard: ChildChannels["standard"] } {
  if (terminal) return { streams: { kind: "terminal" }, standard: null };
  const [input, stdin] = shim.openStdin ? sys.pipe() : [null, null];
  const [stdout, output] = sys.pipe();
  const [stderr, error] = sys.pipe();
  return { streams: { kind: "pipes", stdin, stdout, stderr }, standard: [input, output, error] };
}

interface ShimCall {
  readonly request: Launch;
  readonly pid: number;
  readonly streams: ShimStreams;
  readonly master: number | null;
}

/**
 * The daemon's descriptors (its clients, other containers' sockets, its own standard streams) must not live on in there:
 * only the shim's own go on. The shim relies on it, see shim.c.
 */
function becomeShim(sys: Sys, call: ShimCall): Program {
  sys.closeFrom(0, true);
  return sys.program(SHIM, shimArguments(sys, call), []);
}

function shimArguments(sys: Sys, { request, pid, streams, master }: ShimCall): readonly string[] {
  const { shim, id, listener } = request;
  const args = ["docker-shim", "--id", id, "--pid", String(pid), "--exit", shim.exitFile];
  const pass = (option: string, fd: number | null): void => {
    if (fd === null) return;
    sys.setCloexec(fd, false);
    args.push(option, String(fd));
  };
  pass("--listen", listener);
  pass("--tty", master);
  if (streams.kind === "pipes") {
    pass("--stdin", streams.stdin);
    pass("--stdout", streams.stdout);
    pass("--stderr", streams.stderr);
  }
  if (shim.log !== null) {
    const { path, maxSize, maxFiles, attributes } = shim.log;
    args.push("--log", path, "--log-max-size", String(maxSize), "--log-max-file", String(maxFiles));
    if (attributes) args.push("--log-attributes", attributes);
  }
  if (shim.memoryEvents) args.push("--memory-events", shim.memoryEvents);
  if (shim.stdinOnce) args.push("--stdin-once");
  return args;
}
