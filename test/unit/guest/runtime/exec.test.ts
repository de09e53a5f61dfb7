import { describe, expect, test } from "vitest";
import { prepareParents } from "../../../../guest/runtime/cgroups/cgroup.ts";
import { DEFAULT_CAPABILITIES, DEFAULT_PATH, processCapabilities } from "../../../../guest/runtime/default-spec.ts";
import { type ExecRequest, execInContainer } from "../../../../guest/runtime/exec.ts";
import { FakeKernel } from "./fake-kernel.ts";

const CONTAINER = 500;
const SHIM = 4000;
const PID = 4001;

const request: ExecRequest = {
  id: "exec1",
  pid: CONTAINER,
  startTime: "42",
  cgroup: "docker/abc",
  process: {
    user: { uid: 1000, gid: 100, additionalGids: [100] },
    args: ["echo", "hi"],
    env: [DEFAULT_PATH, "HOME=/home"],
    cwd: "/tmp",
    capabilities: processCapabilities(DEFAULT_CAPABILITIES, 1000),
  },
  shim: {
    listenSocketPath: "/run/docker/shim/exec1.sock",
    exitFile: "/run/docker/runtime/abc/exec1.json",
    log: null,
    openStdin: true,
    stdinOnce: true,
  },
};

function kernelWithContainer(): FakeKernel {
  const sys = new FakeKernel();
  prepareParents(sys, "docker/abc");
  sys.mkdir("/sys/fs/cgroup/docker/abc");
  sys.mkdirAll("/run/docker/shim");
  sys.mkdirAll("/bin");
  sys.writeFile("/bin/echo", "", { mode: 0o755 });
  sys.forks.push(CONTAINER);
  sys.fork();
  sys.addProcess(CONTAINER, "42");
  sys.addProcess(PID, "43");
  sys.calls.length = 0;
  return sys;
}

/** The next fork's child stands at its gate, of which it holds the descriptor given. */
function standAtGate(sys: FakeKernel): () => number {
  let gate = -1;
  sys.forks.push(SHIM);
  sys.onFork = () => {
    sys.write(sys.pipes[0]?.[1] ?? -1, sys.utf8Encode(`pid ${PID}\nready\n`));
    gate = sys.dup(sys.pipes[1]?.[0] ?? -1);
  };
  return () => gate;
}

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
}

describe("exec", () => {
  test("knows the new process when its program runs, and keeps no descriptor", () => {
    const sys = kernelWithContainer();
    const gate = standAtGate(sys);
    expect(execInContainer(sys, request)).toEqual({ pid: PID, startTime: "43", shimPid: SHIM });
    expect(sys.openDescriptors()).toEqual([gate()]);
    expect(sys.read(gate(), 1)).toHaveLength(1);
    expect(sys.calls.filter((call) => call.startsWith("fork("))).toHaveLength(1);
  });

  test("calls its hook while the program still stands at the gate", () => {
    const sys = kernelWithContainer();
    const gate = standAtGate(sys);
    let opened: unknown;
    const atGate = (): void => {
      sys.setNonblocking(gate(), true);
      opened = caught(() => sys.read(gate(), 1));
    };
    execInContainer(sys, { ...request, atGate });
    expect(opened).toMatchObject({ code: "EAGAIN" });
    expect(sys.read(gate(), 1)).toHaveLength(1);
  });

  test("whose hook throws ends the program that never ran, and its shim", () => {
    const sys = kernelWithContainer();
    const gate = standAtGate(sys);
    const atGate = (): never => {
      sys.endChild(SHIM, null, 9);
      throw new Error("nobody wants it any more");
    };
    sys.kill = () => {};
    expect(() => execInContainer(sys, { ...request, atGate })).toThrow("nobody wants it any more");
    expect(sys.calls).toContain(`waitpid(${SHIM},0)`);
    expect(sys.read(gate(), 1)).toHaveLength(0);
    expect(sys.openDescriptors()).toEqual([gate()]);
  });

  test("joins the pid namespace before the clone and all others behind it", () => {
    const sys = kernelWithContainer();
    sys.forks.push(0, 0);
    // The fake's execve and exit throw, where the real ones never come back.
    expect(caught(() => execInContainer(sys, request))).toBeInstanceOf(Error);
    const order = [
      "prctl(4,0)",
      "setns(6,536870912)",
      "clone(0,",
      "resetSignals(",
      "setns(6,1308753920)",
      "prctl(24,",
      'chdir("/tmp")',
      "setgroups([100]",
      "setresgid(100,100,100)",
      "setresuid(1000,1000,1000)",
      "capset(",
      'stat("/bin/echo")',
      "sendmsg(",
    ];
    const positions = order.map((beginning) => sys.calls.findIndex((call) => call.startsWith(beginning)));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  test("in a container that is over is refused", () => {
    const sys = kernelWithContainer();
    expect(caught(() => execInContainer(sys, { ...request, startTime: "41" }))).toMatchObject({
      stage: "namespaces",
      code: "ESRCH",
    });
    expect(sys.openDescriptors()).toEqual([]);
    expect(sys.calls.some((call) => call.startsWith("fork("))).toBe(false);
  });

  test("that fails inside says why and leaves no socket", () => {
    const sys = kernelWithContainer();
    const failure = {
      stage: "lookup",
      syscall: "stat",
      code: "ENOENT",
      path: "foo",
      reason: 'exec: "foo": executable file not found in $PATH',
    };
    sys.forks.push(SHIM);
    sys.onFork = () => {
      sys.write(sys.pipes[0]?.[1] ?? -1, sys.utf8Encode(`pid ${PID}\n${JSON.stringify(failure)}\n`));
      sys.writeFile(request.shim.listenSocketPath, "");
      sys.endChild(SHIM, 1);
    };
    expect(caught(() => execInContainer(sys, request))).toMatchObject(failure);
    expect(sys.exists(request.shim.listenSocketPath)).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });
});
