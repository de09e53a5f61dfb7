import { describe, expect, test } from "vitest";
import { WorkerBoard } from "../../../../guest/cli/worker-board.ts";
import { WorkerPool } from "../../../../guest/cli/worker-pool.ts";
import { SIGCHLD } from "../../../../guest/sys/constants.ts";
import { FakeSys } from "../../../../guest/sys/fake.ts";

/** Keeps the memory that pool and workers share, to play the workers' part on it. */
class SharingSys extends FakeSys {
  memory = new ArrayBuffer(0);
  override sharedMemory(size: number): ArrayBuffer {
    if (this.memory.byteLength === 0) this.memory = new ArrayBuffer(size);
    return this.memory;
  }
}

interface Played {
  readonly sys: SharingSys;
  /** The workers' view of the board. */
  readonly board: WorkerBoard;
  /** A worker that got busy asks for another. */
  readonly ask: () => void;
}

function startPool(): Played {
  const sys = new SharingSys();
  const board = new WorkerBoard(sys);
  const listener = sys.open("/", 0);
  let want = -1;
  const pipe = sys.pipe;
  sys.pipe = () => {
    const ends = pipe.call(sys);
    [, want] = ends;
    return ends;
  };
  sys.forks.push(501, 502, 503);
  new WorkerPool(sys, listener).start();
  const ask = (): void => {
    sys.write(want, new Uint8Array(1));
    sys.poll();
  };
  return { sys, board, ask };
}

function forks({ sys }: Played): number {
  return sys.calls.filter((call) => call === "fork()").length;
}

describe("the workers behind docker", () => {
  test("one waits from the beginning", () => {
    const played = startPool();
    expect(forks(played)).toBe(1);
    expect(played.board.hasIdle(1)).toBe(true);
  });

  test("another is made when the last that waited gets a command", () => {
    const played = startPool();
    played.board.setBusy(0);
    played.ask();
    expect(forks(played)).toBe(2);
    expect(played.board.hasIdle(1)).toBe(true);
  });

  test("none is made while one still waits", () => {
    const played = startPool();
    played.ask();
    expect(forks(played)).toBe(1);
  });

  test("one that died while it waited is replaced", () => {
    const played = startPool();
    played.sys.endChild(501, null, 9);
    played.sys.arrivedSignals.push({ signal: SIGCHLD, pid: 501, status: 9 });
    played.sys.poll();
    expect(forks(played)).toBe(2);
    expect(played.board.hasIdle(1)).toBe(true);
    expect(played.board.hasIdle(2)).toBe(false);
  });

  test("no room for a process is no end: the next who asks gets one", () => {
    const played = startPool();
    played.board.setBusy(0);
    played.sys.fail("fork", "EAGAIN");
    played.ask();
    expect(played.board.hasIdle(1)).toBe(false);
    played.ask();
    expect(played.board.hasIdle(1)).toBe(true);
  });
});
