import { PR_SET_PDEATHSIG, SIGKILL } from "./constants.ts";
import type { Sys } from "./sys.ts";

/** What a forked child is for. */
export interface ChildWork<T> {
  /** What it gets of ours, as its descriptors 0, 1, …; it has nothing else. */
  readonly fds: readonly number[];
  /** Runs in the child. What it gives is sent as JSON; it must not throw. */
  readonly work: () => T;
  /** Runs in the child when that has been sent. */
  readonly after?: (result: T) => void;
}

/** How long a child may go on with what comes after its answer, in milliseconds. */
const PATIENCE = 10_000;
const PIECE = 4096;

export interface Child<T> {
  readonly pid: number;
  /** null: it was killed. */
  readonly answer: Promise<T | null>;
}

/**
 * For work that is long and about bytes that JavaScript must not touch, while the event loop goes on. The child ends with its
 * parent. Waiting for it (waitpid) is the parent's business.
 */
export function runInChild<T>(sys: Sys, work: ChildWork<T>): Child<T> {
  const [answer, say] = sys.pipe();
  const pid = sys.fork();
  if (pid === 0) live(sys, work, say);
  sys.close(say);
  return { pid, answer: readAnswer(sys, answer, pid) };
}

function live<T>(sys: Sys, { fds, work, after }: ChildWork<T>, say: number): never {
  let status = 1;
  try {
    sys.prctl(PR_SET_PDEATHSIG, SIGKILL);
    fds.forEach((fd, place) => {
      sys.dup2(fd, place);
    });
    sys.dup2(say, fds.length);
    sys.closeFrom(fds.length + 1);
    const result = work();
    sys.write(fds.length, sys.utf8Encode(`${JSON.stringify(result)}\n`));
    after?.(result);
    status = 0;
  } finally {
    sys.exit(status);
  }
}

function readAnswer<T>(sys: Sys, fd: number, pid: number): Promise<T | null> {
  let text = "";
  let impatience: ReturnType<Sys["setTimer"]> | null = null;
  return new Promise((resolve) => {
    sys.onReadable(fd, () => {
      const bytes = sys.read(fd, PIECE);
      text += sys.utf8Decode(bytes);
      if (bytes.length > 0) {
        if (!text.endsWith("\n")) return;
        resolve(JSON.parse(text) as T);
        impatience = sys.setTimer(PATIENCE, () => sys.kill(pid, SIGKILL));
        return;
      }
      if (impatience !== null) sys.clearTimer(impatience);
      sys.onReadable(fd, null);
      sys.close(fd);
      resolve(null);
    });
  });
}
