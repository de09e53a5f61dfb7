/**
 * Signals for this command. Started by the launcher we sit in another session than the terminal, so the launcher
 * catches them and sends each as one byte; started directly, a signalfd collects them.
 */

import { SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGSTOP, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";

export interface SignalSource {
  /** Readable when a signal is there. */
  readonly fd: number;
  read(): readonly number[];
}

const CAUGHT = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH];
/** Those that end a command which has no other use for them. */
const FATAL: ReadonlySet<number> = new Set([SIGHUP, SIGINT, SIGQUIT, SIGTERM]);
/** More signals than are ever pending at once. */
const BATCH = 64;

export function isFatalSignal(signal: number): boolean {
  return FATAL.has(signal);
}

export function directSignals(sys: Sys): SignalSource {
  const fd = sys.signalfd(CAUGHT);
  return { fd, read: () => sys.readSignals(fd).map((info) => info.signal) };
}

/** The launcher's end is its death: to us that is the terminal hanging up. */
export function launcherSignals(sys: Sys, connection: number): SignalSource {
  return {
    fd: connection,
    read() {
      const bytes = sys.read(connection, BATCH);
      if (bytes.length === 0) return [SIGHUP];
      if (bytes.includes(SIGSTOP)) waitForContinue(sys, connection, bytes);
      return [...bytes].filter((signal) => signal !== SIGSTOP && signal !== SIGCONT);
    },
  };
}

/** Our launcher was stopped by Ctrl-Z, and we stand still with it. */
function waitForContinue(sys: Sys, connection: number, bytes: Uint8Array): void {
  let last = bytes;
  while (last.length > 0 && last.lastIndexOf(SIGCONT) <= last.lastIndexOf(SIGSTOP)) last = sys.read(connection, BATCH);
}
