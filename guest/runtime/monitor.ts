/**
 * Who stands between the daemon and the container: a child of the daemon that makes the container's first process with
 * clone(2), hands over the terminal's master, and then becomes docker-shim by execve in the same pid. So the shim is the
 * parent of the container and may wait for it, and neither cares whether the daemon lives.
 */
import { AF_UNIX, SOCK_CLOEXEC, SOCK_SEQPACKET } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { hideFromContainer } from "./process.ts";
import { during } from "./runtime-error.ts";
import { endWithFailure, tell } from "./status.ts";

/** What docker-shim is told; its options have the same names. */
export interface ShimOptions {
  /** Our binary, as the machine sees it. */
  readonly binary: string;
  readonly listenSocketPath: string;
  readonly exitFile: string;
  readonly log: { readonly path: string; readonly maxSize: number; readonly maxFiles: number } | null;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
}

/** The new process's ends. */
export interface ChildChannels {
  readonly status: number;
  /** Readable when the program may start; null: at once. */
  readonly gate: number | null;
  /** pidfd of the container to join; -1 when a new one is made. */
  readonly container: number;
  /** To the monitor: the terminal's master, then "ready". */
  readonly monitor: number;
  /** Descriptors to become 0, 1, 2; null with a terminal. No input (null) is the container's own /dev/null. */
  readonly standard: readonly [number | null, number, number] | null;
}

export interface Launch {
  readonly id: string;
  readonly shim: ShimOptions;
  readonly terminal: boolean;
  readonly status: number;
  readonly gate: number | null;
  /** Directory descriptor of the cgroup to be born in. */
  readonly cgroup: number;
  /** pidfd of the container to join, or null. */
  readonly container: number | null;
  readonly cloneFlags: number;
  /** Joins a pid namespace that exists. */
  readonly beforeClone: (sys: Sys, container: number) => void;
  /** Runs in the new process. */
  readonly child: (sys: Sys, channels: ChildChannels) => never;
}

/** The shim's ends of the container's streams. */
type ShimStreams =
  | { readonly kind: "terminal" }
  | { readonly kind: "pipes"; readonly stdin: number | null; readonly stdout: number; readonly stderr: number };

/** Runs in the forked child of the daemon and never comes back from there. */
export function runMonitor(sys: Sys, launch: Launch): never {
  let status = launch.status;
  try {
    const { cgroup, gate, container } = launch;
    const kept = keepOnly(sys, [status, cgroup, gate ?? -1, container ?? -1]);
    status = kept[0] ?? -1;
    superviseStart(sys, {
      ...launch,
      status,
      cgroup: kept[1] ?? -1,
      gate: gate && (kept[2] ?? -1),
      container: kept[3] ?? -1,
    });
  } catch (error) {
    endWithFailure(sys, status, "fork", error);
  }
}

function superviseStart(sys: Sys, launch: Launch): never {
  sys.setsid();
  hideFromContainer(sys);
  const listener = during("shim", () => listen(sys, launch.shim.listenSocketPath));
  const { streams, standard } = during("shim", () => makeStreams(sys, launch));
  const [ours, theirs] = sys.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  during("namespaces", () => launch.beforeClone(sys, launch.container ?? -1));
  const pid = during("namespaces", () => sys.clone(launch.cloneFlags, { cgroup: launch.cgroup }));
  if (pid === 0) {
    // Its own copy of our end would keep it from noticing that we are gone.
    sys.close(ours);
    const { status, gate } = launch;
    launch.child(sys, { status, gate, container: launch.container ?? -1, monitor: theirs, standard });
  }
  tell(sys, launch.status, `pid ${pid}`);
  sys.close(theirs);
  for (const fd of standard ?? []) if (fd !== null) sys.close(fd);
  const master = awaitReady(sys, ours, pid);
  sys.close(ours);
  during("shim", () =>
    sys.execve(launch.shim.binary, shimArguments(sys, { launch, pid, listener, streams, master }), []),
  );
  throw new Error("execve returned");
}

/** Gives the terminal's master, or null. A child that ends before it is ready has said why on the status pipe. */
function awaitReady(sys: Sys, socket: number, pid: number): number | null {
  let master: number | null = null;
  for (;;) {
    const { data, fds } = sys.recvmsg(socket, 64);
    if (data.length === 0) {
      sys.waitpid(pid, 0);
      sys.exit(1);
    }
    if (fds[0] === undefined) return master;
    master = fds[0];
  }
}

function listen(sys: Sys, path: string): number {
  const fd = sys.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sys.bind(fd, { kind: "unix", path });
  sys.listen(fd, 16);
  return fd;
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
  readonly launch: Launch;
  readonly pid: number;
  readonly listener: number;
  readonly streams: ShimStreams;
  readonly master: number | null;
}

function shimArguments(sys: Sys, { launch, pid, listener, streams, master }: ShimCall): readonly string[] {
  const { shim, id } = launch;
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
    const { path, maxSize, maxFiles } = shim.log;
    args.push("--log", path, "--log-max-size", String(maxSize), "--log-max-file", String(maxFiles));
  }
  if (shim.stdinOnce) args.push("--stdin-once");
  return args;
}

/**
 * The daemon's descriptors (its clients, other containers' gates) must not live on in here. The wanted ones move to 3, 4,
 * 5 …, everything above closes. -1 stays -1.
 */
function keepOnly(sys: Sys, wanted: readonly number[]): readonly number[] {
  const first = 3;
  const end = first + wanted.length;
  const high = wanted.map((fd) => moveAbove(sys, fd, end));
  high.forEach((fd, at) => {
    if (fd === -1) return;
    sys.dup2(fd, first + at);
    sys.setCloexec(first + at, true);
  });
  sys.closeFrom(end);
  return high.map((fd, at) => (fd === -1 ? -1 : first + at));
}

/** dup(2) gives the lowest free number: the low ones that it takes on the way are overwritten or closed afterwards. */
function moveAbove(sys: Sys, fd: number, end: number): number {
  let moved = fd;
  while (moved !== -1 && moved < end) moved = sys.dup(moved);
  return moved;
}
