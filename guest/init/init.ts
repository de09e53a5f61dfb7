/**
 * PID 1 of the machine: mounts, the engine and its companions, and the duty every PID 1 has, reaping orphans
 * (wait(2)). It sleeps in select(2) until a child ends or a power signal comes.
 */
import {
  O_APPEND,
  O_CREAT,
  O_RDWR,
  O_WRONLY,
  RB_AUTOBOOT,
  RB_POWER_OFF,
  SIGCHLD,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
  WNOHANG,
} from "../sys/constants.ts";
import { type Sys, SysError, type WaitResult } from "../sys/sys.ts";
import { mountSystem } from "./mounts.ts";
import { Services } from "./services.ts";

/** What init starts, given by main so that init needs to know nothing above sys. */
export interface Programs {
  /** Once, before any of them runs. */
  readonly prepare: () => void;
  /** Becomes the engine. */
  readonly dockerd: () => void;
  /** Becomes the warm process behind the `docker` command. */
  readonly docker: () => void;
}

/** Descriptors 0 to 2 of everything init starts: nothing to read, messages to a file. */
const LOG = "/var/log/drydock.log";
/** What is worse than this is written to the console: warnings, 4, and up; proc_sys_kernel(5). */
const CONSOLE_LEVEL = "5";

/**
 * Inherited by the shims, which are the last to go: a container would be lost with its own. The engine, a hundred times
 * as large, goes before them, and comes back.
 */
const ENGINE_OOM_SCORE = -998;

export function runInit(sys: Sys, programs: Programs): void {
  mountSystem(sys);
  prepareMachine(sys);
  programs.prepare();
  const signals = sys.signalfd([SIGCHLD, SIGTERM, SIGUSR1, SIGUSR2]);
  const services = new Services(sys, () => {
    sys.onReadable(signals, null);
    sys.close(signals);
  });
  sys.onReadable(signals, () => onSignals(sys, signals, services));
  startServices(sys, services, programs);
}

/** Returns also in a forked service, which must not start the others: each fork ends the list for itself. */
function startServices(sys: Sys, services: Services, programs: Programs): void {
  const init = sys.getpid();
  services.start({
    kind: "spawn",
    name: "drydock-pipe",
    path: "/usr/bin/drydock-pipe",
    argv: ["drydock-pipe", "/dev/hvc0"],
  });
  services.start({ kind: "fork", name: "dockerd", run: programs.dockerd, oomScoreAdjust: ENGINE_OOM_SCORE });
  if (sys.getpid() !== init) return;
  services.start({ kind: "fork", name: "docker", run: programs.docker, oomScoreAdjust: 0 });
}

function prepareMachine(sys: Sys): void {
  sys.sethostname(sys.readFile("/etc/hostname").trim());
  spawnAndWait(sys, ["ip", "link", "set", "lo", "up"]);
  // Containers are told apart by their own namespaces; the machine itself routes between them.
  sys.writeKernelFile("/proc/sys/net/ipv4/ip_forward", "1");
  // Each container's cable is a dozen lines of the kernel's log. They stay in dmesg; a serial port sends them letter by letter.
  sys.writeKernelFile("/proc/sys/kernel/printk", CONSOLE_LEVEL);
  redirectOutput(sys);
}

function redirectOutput(sys: Sys): void {
  sys.mkdirAll("/var/log");
  const nothing = sys.open("/dev/null", O_RDWR);
  const log = sys.open(LOG, O_WRONLY | O_APPEND | O_CREAT, 0o644);
  sys.dup2(nothing, 0);
  sys.dup2(log, 1);
  sys.dup2(log, 2);
  sys.close(nothing);
  sys.close(log);
}

function spawnAndWait(sys: Sys, argv: readonly string[]): void {
  const pid = sys.spawn({ path: "/bin/busybox", argv: ["busybox", ...argv], envp: [], fds: [0, 1, 2] });
  sys.waitpid(pid, 0);
}

function onSignals(sys: Sys, fd: number, services: Services): void {
  for (const { signal } of sys.readSignals(fd)) {
    if (signal === SIGTERM) sys.reboot(RB_AUTOBOOT);
    else if (signal === SIGUSR1 || signal === SIGUSR2) sys.reboot(RB_POWER_OFF);
  }
  const init = sys.getpid();
  // One SIGCHLD can stand for many children. A restarted service returns here in its own process: not our loop then.
  for (let ended = reap(sys); ended !== null; ended = reap(sys)) {
    services.ended(ended.pid);
    if (sys.getpid() !== init) return;
  }
}

function reap(sys: Sys): WaitResult | null {
  try {
    return sys.waitpid(-1, WNOHANG);
  } catch (error) {
    // Every service has ended, and none is due again yet.
    if (error instanceof SysError && error.code === "ECHILD") return null;
    throw error;
  }
}
