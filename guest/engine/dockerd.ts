import { LOCK_EX, LOCK_NB, O_CREAT, O_RDWR, SIGCHLD, SIGPIPE, WNOHANG } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import type { Trace } from "../sys/trace.ts";
import { type DaemonConfig, type ListenAddress, readDaemonConfig, readHostFlags } from "./daemon-config.ts";
import { Engine } from "./engine.ts";
import { ENGINE_LOCK } from "./layout.ts";

/** How the engine is reached: given by main.ts, because the engine knows nothing of HTTP. */
export type Serve = (engine: Engine, hosts: readonly ListenAddress[]) => void;

/** The daemon, with its arguments. Returns once it listens: what follows happens on the event loop. */
export function runDockerd(sys: Sys & { readonly trace: Trace }, args: readonly string[], serve: Serve): void {
  const log = (text: string): void => note(sys, text);
  if (!takeLock(sys)) {
    log(`failed to start daemon: process with PID ${sys.readFile(ENGINE_LOCK).trim()} is still running`);
    sys.exit(1);
  }
  const config = configure(sys, args, log);
  reapChildren(sys);
  serve(Engine.open(sys, sys.trace, { log, warnings: config.warnings }), config.hosts);
}

/** The log lies on the disk whose want of space it may have to tell of. */
function note(sys: Sys, text: string): void {
  try {
    sys.write(2, sys.utf8Encode(`dockerd: ${text}\n`));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

function configure(sys: Sys, args: readonly string[], log: (text: string) => void): DaemonConfig {
  try {
    return readDaemonConfig(sys, readHostFlags(args));
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
    return sys.exit(1);
  }
}

/** One engine at a time. The lock is the kernel's, so a killed engine leaves none. */
function takeLock(sys: Sys): boolean {
  const fd = sys.open(ENGINE_LOCK, O_RDWR | O_CREAT, 0o644);
  try {
    sys.flock(fd, LOCK_EX | LOCK_NB);
  } catch (error) {
    if (error instanceof SysError && error.code === "EAGAIN") return false;
    throw error;
  }
  sys.ftruncate(fd, 0);
  sys.write(fd, sys.utf8Encode(`${sys.getpid()}\n`));
  return true;
}

/** Shims and log helpers are our children; what they did is told elsewhere. */
function reapChildren(sys: Sys): void {
  const fd = sys.signalfd([SIGCHLD, SIGPIPE]);
  sys.onReadable(fd, () => {
    sys.readSignals(fd);
    while (reapOne(sys));
  });
}

function reapOne(sys: Sys): boolean {
  try {
    return sys.waitpid(-1, WNOHANG) !== null;
  } catch (error) {
    if (error instanceof SysError && error.code === "ECHILD") return false;
    throw error;
  }
}
