import type { Sys } from "../sys/sys.ts";
import { pinProcess } from "./container.ts";

interface Pin {
  readonly pid: number;
  readonly startTime: string;
  readonly fd: number;
}

/**
 * The process that was asked for last, held by its pidfd: most execs go where the one before went, and to look in /proc
 * whether a pid is still the same process costs as much as to enter its namespaces. pidfd_open(2): it never means another.
 */
export class PinnedProcess {
  readonly #sys: Sys;
  #pin: Pin | null = null;

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  /** A pidfd, good until another process is asked for, and not to be closed. Throws SysError ESRCH: it is over. */
  fd({ pid, startTime }: { readonly pid: number; readonly startTime: string }): number {
    if (this.#pin?.pid === pid && this.#pin.startTime === startTime) return this.#pin.fd;
    this.release();
    const fd = pinProcess(this.#sys, { pid, startTime });
    this.#pin = { pid, startTime, fd };
    return fd;
  }

  release(): void {
    if (this.#pin !== null) this.#sys.close(this.#pin.fd);
    this.#pin = null;
  }
}
