import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Service, Services } from "../../../../guest/init/services.ts";
import { FakeMachine } from "./fake-machine.ts";

const ENGINE = 200;
const PIPE: Service = {
  kind: "spawn",
  name: "drydock-pipe",
  path: "/usr/bin/drydock-pipe",
  argv: ["drydock-pipe", "/dev/hvc0"],
};

let sys: FakeMachine;
let services: Services;
const leaveInit = vi.fn();
const run = vi.fn();
const engine: Service = { kind: "fork", name: "dockerd", run, oomScoreAdjust: -900 };

beforeEach(() => {
  vi.clearAllMocks();
  sys = new FakeMachine();
  services = new Services(sys, leaveInit);
});

function forks(): number {
  return sys.callsOf("fork").length;
}

/** The engine ends: the kernel knows, and init is told. */
function endEngine(pid: number): void {
  sys.endChild(pid, 1);
  services.ended(pid);
}

describe("a service that is spawned", () => {
  test("has a session of its own, init's log, and the machine's PATH", () => {
    services.start(PIPE);
    expect(sys.spawned).toEqual([
      {
        path: "/usr/bin/drydock-pipe",
        argv: ["drydock-pipe", "/dev/hvc0"],
        envp: [expect.stringMatching(/^PATH=.*:\/bin$/), "HOME=/root"],
        fds: [0, 1, 2],
        newSession: true,
      },
    ]);
  });
});

describe("a service that is forked", () => {
  test("is left alone by init, which only knows its pid", () => {
    sys.forks.push(ENGINE);
    services.start(engine);
    expect(run).not.toHaveBeenCalled();
    expect(leaveInit).not.toHaveBeenCalled();
    expect(sys.calls.filter((call) => !call.startsWith("getpid"))).toEqual(["fork()"]);
  });

  test("leaves what is init's, takes a session and a name and its place in the OOM killer's order, and only then runs", () => {
    sys.forks.push(0);
    const order: string[] = [];
    leaveInit.mockImplementationOnce(() => order.push(`leave after ${sys.calls.at(-1)}`));
    run.mockImplementationOnce(() => order.push(`run after ${sys.calls.at(-1)}`));
    services.start(engine);
    expect(order).toEqual(["leave after fork()", 'run after writeKernelFile("/proc/self/oom_score_adj","-900")']);
    expect(sys.callsOf("setSignalMask", "setsid", "prctl", "setProcessTitle")).toEqual([
      "setSignalMask([])",
      "setsid()",
      'prctl(15,"dockerd")',
      'setProcessTitle("dockerd")',
    ]);
  });

  test("that throws is not taken for one that could not be started", () => {
    sys.forks.push(0);
    run.mockImplementationOnce(() => {
      throw new Error("the engine has a bug");
    });
    expect(() => services.start(engine)).toThrow("the engine has a bug");
  });
});

describe("a service that ended", () => {
  beforeEach(() => {
    sys.forks.push(ENGINE, ENGINE + 1, ENGINE + 2);
    services.start(engine);
  });

  test("after a second or more is started again at once", () => {
    sys.advance(1000);
    endEngine(ENGINE);
    expect(forks()).toBe(2);
  });

  test("sooner is started again a second after its start, and not earlier", () => {
    sys.advance(400);
    endEngine(ENGINE);
    sys.advance(599);
    expect(forks()).toBe(1);
    sys.advance(1);
    expect(forks()).toBe(2);
  });

  test("again and again is started once a second", () => {
    for (let round = 0; round < 3; round++) {
      endEngine(ENGINE + round);
      sys.advance(999);
      expect(forks()).toBe(round + 1);
      sys.advance(1);
    }
    expect(forks()).toBe(4);
  });

  test("is known by its new pid only", () => {
    sys.advance(1000);
    endEngine(ENGINE);
    services.ended(ENGINE);
    sys.advance(5000);
    expect(forks()).toBe(2);
    endEngine(ENGINE + 1);
    expect(forks()).toBe(3);
  });

  test("is not started by another service that was forked while it was waited for", () => {
    endEngine(ENGINE);
    sys.forks.unshift(0);
    services.start({ kind: "fork", name: "docker", run: () => {}, oomScoreAdjust: 0 });
    expect(sys.pid).not.toBe(1);
    sys.advance(5000);
    expect(forks()).toBe(2);
  });
});

describe("a process that is no service", () => {
  test("was an orphan, and needs nothing", () => {
    services.start(PIPE);
    const before = sys.calls.length;
    services.ended(4711);
    sys.advance(5000);
    expect(sys.calls.length).toBe(before);
  });
});

describe("a service for which there is no memory", () => {
  test.each([
    ["fork", engine],
    ["spawn", PIPE],
  ] as const)("(%s) does not end init: it is started a second later, and the log says why", (call, service) => {
    sys.fail(call, "ENOMEM");
    services.start(service);
    expect(sys.callsOf("write")).toEqual([expect.stringContaining(`init: cannot start ${service.name}: `)]);
    sys.advance(999);
    expect(sys.callsOf(call)).toHaveLength(1);
    sys.advance(1);
    expect(sys.callsOf(call)).toHaveLength(2);
  });
});
