/**
 * The connection to the engine that a worker hands from one command to the next: half of what `docker ps` costs the engine
 * is a client that comes and goes. Only an idle one is handed on, and only to a command that wants the same endpoint.
 */
import type { Sys } from "../sys/sys.ts";

export interface Keeper {
  /** A connected socket without an exchange under way, or null. It belongs to the caller until it is kept again. */
  take(endpoint: string): number | null;
  /** The descriptor's connection is idle, and the caller has no more use for it. */
  keep(endpoint: string, fd: number): void;
}

export class KeptConnection implements Keeper {
  readonly #sys: Sys;
  /** The descriptor that it has between two commands, and what stands there when there is none. */
  readonly #place: number;
  readonly #nothing: number;
  #endpoint: string | null = null;
  #taken = false;

  /** `nothing` is a descriptor of /dev/null. The place is never free, or the next socket would have its number. */
  constructor(sys: Sys, place: number, nothing: number) {
    this.#sys = sys;
    this.#place = place;
    this.#nothing = nothing;
  }

  /** In the process that it is for. */
  begin(): void {
    this.#put(this.#nothing);
  }

  take(endpoint: string): number | null {
    if (this.#endpoint !== endpoint) return null;
    this.#endpoint = null;
    this.#taken = true;
    return this.#place;
  }

  keep(endpoint: string, fd: number): void {
    if (fd !== this.#place) this.#put(fd);
    this.#endpoint = endpoint;
    this.#taken = false;
  }

  /** After a command: a connection that it took and did not give back is in the middle of something. */
  settle(): void {
    if (this.#taken) this.#put(this.#nothing);
    this.#taken = false;
  }

  #put(fd: number): void {
    this.#sys.dup2(fd, this.#place);
    this.#sys.setCloexec(this.#place, true);
  }
}
