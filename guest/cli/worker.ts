/**
 * A process that takes one command after the other: it stands in for the launcher, with its arguments, environment,
 * directory and descriptors, and when the command is over nothing of it is left but what the next one would make again.
 */
import { O_RDWR, PR_SET_PDEATHSIG, SIGKILL } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import type { Surroundings } from "./cli.ts";
import { writeAll } from "./connection.ts";
import { KeptConnection } from "./kept-connection.ts";
import { type LaunchRequest, readLaunchRequest } from "./launch-request.ts";
import { runDocker } from "./run-docker.ts";
import { launcherSignals } from "./signals.ts";
import type { WorkerBoard } from "./worker-board.ts";

export interface WorkerPlace {
  /** The pid of the process that forked us. */
  readonly parent: number;
  readonly board: WorkerBoard;
  readonly slot: number;
  readonly listener: number;
  /** A byte written here asks for another worker. */
  readonly want: number;
}

/** Idle workers that are kept: one answers, one may still be at its end, and the third spares the first the wish for more. */
const SPARES = 3;
/** Then it ends and a fresh one takes its place: what little a command leaves in memory goes with it. */
const COMMANDS = 200;
const CRASHED = 125;
/** Standard input, output and error are the command's; they are closed while there is none. */
const STREAMS = 3;
/** Our own descriptors: the listener, the wish for another worker, /dev/null. */
const LISTENER = 3;
const WANT = 4;
const NOTHING = 5;
/** And the engine's connection, when there is one: see kept-connection.ts. */
const ENGINE = 6;
/** Where the launcher's connection is put; what else a command opens stands above. */
const LAUNCHER = 7;
const FIRST_FREE = 7;

export class Worker {
  readonly #sys: Sys;
  readonly #place: WorkerPlace;
  readonly #kept: KeptConnection;
  #served = 0;

  constructor(sys: Sys, place: WorkerPlace) {
    this.#sys = sys;
    this.#place = place;
    this.#kept = new KeptConnection(sys, ENGINE, NOTHING);
  }

  /** In the forked child. Waits for a command. */
  begin(): void {
    const sys = this.#sys;
    sys.forgetCallbacks();
    sys.setSignalMask([]);
    this.#keepOwnDescriptors();
    this.#serve();
  }

  #keepOwnDescriptors(): void {
    const sys = this.#sys;
    const { listener, want } = this.#place;
    // Out of the way of the numbers that they get.
    const high = [listener, want, sys.open("/dev/null", O_RDWR)].map((fd) => aboveOwn(sys, fd));
    [LISTENER, WANT, NOTHING].forEach((fd, index) => {
      sys.dup2(high[index] ?? -1, fd);
      sys.setCloexec(fd, true);
    });
    this.#kept.begin();
    sys.closeFrom(FIRST_FREE);
    leaveStreams(sys);
  }

  #serve(): void {
    const sys = this.#sys;
    const { board, slot } = this.#place;
    board.setIdle(slot);
    // An idle worker without its parent would wait at a socket that nobody finds any more; a busy one ends its command.
    sys.prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (this.#orphaned()) sys.exit(0);
    const accepted = sys.accept(LISTENER);
    board.setBusy(slot);
    sys.prctl(PR_SET_PDEATHSIG, 0);
    if (!board.hasIdle(1)) sys.write(WANT, new Uint8Array(1));
    // It got the number that the command's input must have.
    sys.dup2(accepted, LAUNCHER);
    sys.close(accepted);
    const request = readLaunchRequest(sys, LAUNCHER);
    if (request !== null && request.fds.length === STREAMS) this.#run(LAUNCHER, request);
    else this.#refuse();
  }

  #refuse(): void {
    leaveStreams(this.#sys);
    this.#next();
  }

  #run(connection: number, request: LaunchRequest): void {
    const sys = this.#sys;
    takePlace(sys, request);
    const exit = (code: number): never => {
      reportCode(sys, connection, code);
      return sys.exit(code);
    };
    const surroundings: Surroundings = {
      environ: request.environ,
      signals: launcherSignals(sys, connection),
      exit,
      keeper: this.#kept,
    };
    runDocker(sys, request.argv.slice(1), surroundings).then(
      (code) => {
        // Before the code: whoever reads what the command wrote waits for the last holder of the pipe to let go.
        leaveStreams(sys);
        reportCode(sys, connection, code);
        this.#next();
      },
      (error: unknown) => {
        sys.write(2, sys.utf8Encode(`docker: ${String(error)}\n`));
        return exit(CRASHED);
      },
    );
  }

  /** The launcher's connection goes with all others: a command that was cut short has nothing that could still happen. */
  #next(): void {
    const sys = this.#sys;
    sys.forgetCallbacks();
    this.#kept.settle();
    sys.closeFrom(FIRST_FREE);
    // The directory of a command that is over must not keep its filesystem busy.
    sys.chdir("/");
    this.#served += 1;
    if (this.#served >= COMMANDS || this.#place.board.hasIdle(SPARES)) sys.exit(0);
    this.#serve();
  }

  #orphaned(): boolean {
    return this.#sys.getppid() !== this.#place.parent;
  }
}

/** dup(2) gives the lowest free number; the ones on the way are closed or overwritten afterwards. */
function aboveOwn(sys: Sys, fd: number): number {
  let high = fd;
  while (high < FIRST_FREE) high = sys.dup(high);
  return high;
}

function leaveStreams(sys: Sys): void {
  sys.closeRange(0, STREAMS - 1);
}

/** The kernel has given the three descriptors the lowest free numbers: they are where they belong. */
function takePlace(sys: Sys, { cwd }: LaunchRequest): void {
  try {
    sys.chdir(cwd);
  } catch (error) {
    // A directory that is gone or closed to us: we stay where we are, as a shell would.
    if (!(error instanceof SysError)) throw error;
  }
}

/** The launcher may be gone already; then nobody waits for the code. */
function reportCode(sys: Sys, connection: number, code: number): void {
  try {
    writeAll(sys, connection, new Uint8Array([code & 255, (code >> 8) & 255, (code >> 16) & 255, (code >> 24) & 255]));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}
