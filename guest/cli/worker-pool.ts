/**
 * Keeps at least one worker waiting for a command. A worker that finds itself the last to get busy says so, and another
 * is forked: once for each degree of concurrency that ever was, not once a command.
 */
import { SIGCHLD, WNOHANG } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { Worker } from "./worker.ts";
import { WorkerBoard } from "./worker-board.ts";

const NOTES = 64;

export class WorkerPool {
  readonly #sys: Sys;
  readonly #listener: number;
  readonly #board: WorkerBoard;
  /** Slot of each worker, by pid. */
  readonly #workers = new Map<number, number>();

  constructor(sys: Sys, listener: number) {
    this.#sys = sys;
    this.#listener = listener;
    this.#board = new WorkerBoard(sys);
  }

  /** Returns once in this process, and once in every worker, which then has the event loop to itself. */
  start(): void {
    const sys = this.#sys;
    const ended = sys.signalfd([SIGCHLD]);
    const [wanted, want] = sys.pipe();
    sys.onReadable(ended, () => {
      sys.readSignals(ended);
      this.#reap();
      this.#fill(want);
    });
    sys.onReadable(wanted, () => {
      sys.read(wanted, NOTES);
      this.#fill(want);
    });
    this.#fill(want);
  }

  #reap(): void {
    const sys = this.#sys;
    while (this.#workers.size > 0) {
      const ended = sys.waitpid(-1, WNOHANG);
      if (ended === null) return;
      const slot = this.#workers.get(ended.pid);
      this.#workers.delete(ended.pid);
      if (slot !== undefined) this.#board.release(slot);
    }
  }

  #fill(want: number): void {
    if (this.#board.hasIdle(1)) return;
    const slot = this.#board.take();
    if (slot === null) return;
    // Counted before it is there: until it waits, nobody needs another one.
    this.#board.setIdle(slot);
    const parent = this.#sys.getpid();
    const pid = this.#fork(slot);
    if (pid > 0) this.#workers.set(pid, slot);
    if (pid === 0) new Worker(this.#sys, { parent, board: this.#board, slot, listener: this.#listener, want }).begin();
  }

  /** -1 when there is no room for another process: the commands that run make some, and then we are told. */
  #fork(slot: number): number {
    try {
      return this.#sys.fork();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.#board.release(slot);
      return -1;
    }
  }
}
