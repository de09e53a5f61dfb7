/**
 * The programs PID 1 keeps alive. A service is forked from us (its TypeScript is in our memory already) or spawned
 * from a file; when it ends it is started again, at once the first time and then no faster than once a second. The same
 * when it could not be started: memory that is short now comes back, and PID 1 must not die for want of it.
 */
import { PR_SET_NAME } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";

export type Service =
  | { readonly kind: "fork"; readonly name: string; readonly run: () => void; readonly oomScoreAdjust: number }
  | { readonly kind: "spawn"; readonly name: string; readonly path: string; readonly argv: readonly string[] };

const RESTART_INTERVAL = 1000;

export class Services {
  readonly #sys: Sys;
  readonly #init: number;
  /** What a forked child undoes before it becomes its service: our signal descriptor and its handler. */
  readonly #leaveInit: () => void;
  readonly #running = new Map<number, Service>();
  readonly #startedAt = new Map<Service, bigint>();

  constructor(sys: Sys, leaveInit: () => void) {
    this.#sys = sys;
    this.#init = sys.getpid();
    this.#leaveInit = leaveInit;
  }

  start(service: Service): void {
    this.#startedAt.set(service, this.#sys.monotonic());
    const pid = this.#make(service);
    if (pid === null) this.#startLater(service, RESTART_INTERVAL);
    else if (pid !== 0) this.#running.set(pid, service);
    else if (service.kind === "fork") this.#become(service);
  }

  /** To be told of every child that ended; those that are not services were orphans and need nothing more. */
  ended(pid: number): void {
    const service = this.#running.get(pid);
    if (service === undefined) return;
    this.#running.delete(pid);
    const age = Number((this.#sys.monotonic() - (this.#startedAt.get(service) ?? 0n)) / 1_000_000n);
    if (age >= RESTART_INTERVAL) this.start(service);
    else this.#startLater(service, RESTART_INTERVAL - age);
  }

  /** A service forked while the timer ran has inherited the timer; it is not its business. */
  #startLater(service: Service, delay: number): void {
    this.#sys.setTimer(delay, () => {
      if (this.#sys.getpid() === this.#init) this.start(service);
    });
  }

  /** The child's pid, 0 in the child of a fork, or null: the kernel would not. */
  #make(service: Service): number | null {
    const sys = this.#sys;
    try {
      return service.kind === "fork" ? sys.fork() : this.#spawn(service);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      sys.write(2, sys.utf8Encode(`init: cannot start ${service.name}: ${error.message}\n`));
      return null;
    }
  }

  #become(service: Extract<Service, { kind: "fork" }>): void {
    const sys = this.#sys;
    this.#leaveInit();
    sys.setSignalMask([]);
    sys.setsid();
    sys.prctl(PR_SET_NAME, service.name);
    sys.setProcessTitle(service.name);
    // Out of memory, the containers go before the engine does.
    sys.writeKernelFile("/proc/self/oom_score_adj", String(service.oomScoreAdjust));
    service.run();
  }

  #spawn(service: Extract<Service, { kind: "spawn" }>): number {
    const envp = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"];
    return this.#sys.spawn({ path: service.path, argv: service.argv, envp, fds: [0, 1, 2], newSession: true });
  }
}
