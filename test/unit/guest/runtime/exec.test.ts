import { describe, expect, test } from "vitest";
import { prepareParents } from "../../../../guest/runtime/cgroups/cgroup.ts";
import { DEFAULT_CAPABILITIES, DEFAULT_PATH, processCapabilities } from "../../../../guest/runtime/default-spec.ts";
import { type ExecRequest, execInContainer } from "../../../../guest/runtime/exec.ts";
import type { Launched } from "../../../../guest/runtime/monitor.ts";
import { PinnedProcess } from "../../../../guest/runtime/pinned-process.ts";
import { AF_UNIX, SOCK_SEQPACKET } from "../../../../guest/sys/constants.ts";
import { FakeKernel } from "./fake-kernel.ts";

const CONTAINER = 500;
const SHIM = 4000;
const PID = 4001;

const request: Omit<ExecRequest, "pins"> = {
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
  sys.forks.push(SHIM, PID);
  sys.calls.length = 0;
  return sys;
}

/** With nothing held afterwards. */
function exec(sys: FakeKernel, wanted: Omit<ExecRequest, "pins">): Launched {
  const pins = new PinnedProcess(sys);
  try {
    return execInContainer(sys, { ...wanted, pins });
  } finally {
    pins.release();
  }
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
    expect(exec(sys, request)).toEqual({ pid: PID, shimPid: SHIM });
    expect(sys.openDescriptors()).toEqual([]);
    expect(sys.calls.some((call) => call.startsWith('execve("/bin/echo",["echo","hi"]'))).toBe(true);
  });

  test("calls its hook when the socket listens and nothing runs yet", () => {
    const sys = kernelWithContainer();
    const onListening = (): void => {
      sys.connect(sys.socket(AF_UNIX, SOCK_SEQPACKET, 0), { kind: "unix", path: request.shim.listenSocketPath });
      expect(sys.calls.some((call) => call.startsWith("vfork("))).toBe(false);
    };
    exec(sys, { ...request, onListening });
    expect(sys.openDescriptors()).toHaveLength(1);
  });

  test("whose hook throws makes no process", () => {
    const sys = kernelWithContainer();
    const onListening = (): never => {
      throw new Error("nobody wants it any more");
    };
    expect(() => exec(sys, { ...request, onListening })).toThrow("nobody wants it any more");
    expect(sys.calls.some((call) => call.startsWith("vfork("))).toBe(false);
    expect(sys.exists(request.shim.listenSocketPath)).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("joins the pid namespace before the clone and all others behind it", () => {
    const sys = kernelWithContainer();
    exec(sys, request);
    const order = [
      "prctl(4,0)",
      ",536870912)",
      'vfork(function,{"flags":0,',
      "resetSignals(",
      ",1308753920)",
      "capbsetDrop(",
      'chdir("/tmp")',
      "setgroups([100]",
      "setresgid(100,100,100)",
      "setresuid(1000,1000,1000)",
      "capset(",
      'stat("/bin/echo")',
      "closeFrom(3,true)",
      'program("/bin/echo"',
    ];
    const positions = order.map((beginning) => sys.calls.findIndex((call) => call.includes(beginning)));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  test("in a container that is over is refused", () => {
    const sys = kernelWithContainer();
    expect(caught(() => exec(sys, { ...request, startTime: "41" }))).toMatchObject({
      stage: "namespaces",
      code: "ESRCH",
    });
    expect(sys.openDescriptors()).toEqual([]);
    expect(sys.calls.some((call) => call.startsWith("vfork("))).toBe(false);
  });

  test("that fails inside says why and leaves no socket", () => {
    const sys = kernelWithContainer();
    const wrong = { ...request, process: { ...request.process, args: ["foo"] } };
    expect(caught(() => exec(sys, wrong))).toMatchObject({
      stage: "lookup",
      syscall: "stat",
      code: "ENOENT",
      path: "foo",
      reason: 'exec: "foo": executable file not found in $PATH',
    });
    expect(sys.exists(request.shim.listenSocketPath)).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("after another in the same container does not ask again who it is, in another one it does", () => {
    const sys = kernelWithContainer();
    const pins = new PinnedProcess(sys);
    const held = pins.fd(request);
    sys.calls.length = 0;
    expect(pins.fd(request)).toBe(held);
    expect(sys.calls).toEqual([]);
    expect(caught(() => pins.fd({ ...request, startTime: "41" }))).toMatchObject({ code: "ESRCH" });
    expect(sys.openDescriptors()).toEqual([]);
  });
});
