import { describe, expect, test } from "vitest";
import { prepareParents } from "../../../../guest/runtime/cgroups/cgroup.ts";
import {
  type CreateRequest,
  createContainer,
  deleteContainer,
  isAlive,
  killContainer,
  startContainer,
} from "../../../../guest/runtime/container.ts";
import { DEFAULT_PATH } from "../../../../guest/runtime/default-spec.ts";
import { prepareNetworkNamespace, removeNetworkNamespace } from "../../../../guest/runtime/network-namespace.ts";
import { RuntimeError } from "../../../../guest/runtime/runtime-error.ts";
import { defaultSpec } from "./default-container.ts";
import { FakeKernel } from "./fake-kernel.ts";

const SHIM = 4000;
const PID = 4001;

const request: CreateRequest = {
  id: "abc",
  spec: defaultSpec({
    root: { path: "/merged" },
    hostname: "box",
    process: { user: { uid: 0, gid: 0 }, args: ["echo"], env: [DEFAULT_PATH], cwd: "/" },
    mounts: [],
    network: null,
    cgroup: "docker/abc",
    resources: { pids: { limit: 9 } },
  }),
  bundle: "/bundle",
  rootfs: "/merged",
  cgroup: "docker/abc",
  netns: null,
  shim: {
    listenSocketPath: "/run/docker/shim/abc.sock",
    exitFile: "/run/docker/runtime/abc/exit.json",
    log: null,
    openStdin: false,
    stdinOnce: false,
  },
};

/** The container's end of the gate, as its process holds it. */
let gateOfChild = -1;

/** The next fork's child writes these lines, and ends when `ends`. */
function kernelWhereTheChildSays(lines: readonly string[], ends: boolean): FakeKernel {
  const sys = new FakeKernel();
  prepareParents(sys, "docker/abc");
  sys.mkdirAll("/run/docker/shim");
  sys.addProcess(PID, "777");
  sys.forks.push(SHIM);
  sys.onFork = () => {
    const status = sys.pipes[0]?.[1] ?? -1;
    for (const line of lines) sys.write(status, sys.utf8Encode(`${line}\n`));
    sys.writeFile("/run/docker/shim/abc.sock", "");
    if (ends) sys.endChild(SHIM, 1);
    else gateOfChild = sys.dup(sys.pipes[1]?.[0] ?? -1);
  };
  sys.calls.length = 0;
  return sys;
}

const failure = {
  stage: "mounts",
  syscall: "mount",
  code: "EPERM",
  path: "/proc",
  reason: "mount /proc: operation not permitted",
};

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
}

describe("create", () => {
  test("makes the cgroup, forks once, and knows the process by pid and start time", () => {
    const sys = kernelWhereTheChildSays([`pid ${PID}`, "ready"], false);
    const created = createContainer(sys, request);
    expect(created).toMatchObject({ pid: PID, startTime: "777", shimPid: SHIM });
    expect(sys.calls.filter((call) => call.startsWith("fork("))).toHaveLength(1);
    expect(sys.readFile("/sys/fs/cgroup/docker/abc/pids.max")).toBe("9");
    expect(sys.openDescriptors()).toEqual([created.status, created.gate, gateOfChild].sort((a, b) => a - b));
  });

  test("does not mind that the container is ready before its pid is known", () => {
    const sys = kernelWhereTheChildSays(["ready", `pid ${PID}`], false);
    expect(createContainer(sys, request).pid).toBe(PID);
  });

  test("that fails inside throws what the new process said, and leaves nothing", () => {
    const sys = kernelWhereTheChildSays([`pid ${PID}`, JSON.stringify(failure)], true);
    const error = caught(() => createContainer(sys, request));
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject(failure);
    expect(sys.exists("/sys/fs/cgroup/docker/abc")).toBe(false);
    expect(sys.exists("/run/docker/shim/abc.sock")).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
    expect(sys.calls).toContain(`waitpid(${SHIM},0)`);
  });

  test("whose process vanishes without a word throws too, and leaves nothing", () => {
    const sys = kernelWhereTheChildSays([], true);
    expect(caught(() => createContainer(sys, request))).toMatchObject({ stage: "fork", code: "ECHILD" });
    expect(sys.exists("/sys/fs/cgroup/docker/abc")).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("that cannot fork leaves no cgroup", () => {
    const sys = kernelWhereTheChildSays([], false);
    sys.fail("fork", "ENOMEM");
    expect(caught(() => createContainer(sys, request))).toMatchObject({ code: "ENOMEM" });
    expect(sys.exists("/sys/fs/cgroup/docker/abc")).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("refuses a specification before it touches the kernel", () => {
    const sys = kernelWhereTheChildSays([], false);
    const linux = { ...request.spec.linux, namespaces: [{ type: "user" }] } as const;
    const wrong = { ...request, spec: { ...request.spec, linux } };
    expect(caught(() => createContainer(sys, wrong))).toMatchObject({ stage: "spec", code: "EINVAL" });
    expect(sys.calls).toEqual([]);
  });
});

describe("start", () => {
  test("opens the gate and waits until both programs have been executed", () => {
    const sys = kernelWhereTheChildSays([`pid ${PID}`, "ready"], false);
    const created = createContainer(sys, request);
    sys.calls.length = 0;
    startContainer(sys, created);
    expect(sys.calls[0]).toMatch(new RegExp(`^write\\(${created.gate},`));
    expect(sys.read(gateOfChild, 1)).toHaveLength(1);
    expect(sys.openDescriptors()).toEqual([gateOfChild]);
  });

  test("throws when the shim could not be executed", () => {
    const noShim = { ...failure, stage: "shim", syscall: "execve", code: "ENOENT" };
    const sys = kernelWhereTheChildSays([`pid ${PID}`, "ready"], false);
    const created = createContainer(sys, request);
    const [again, end] = sys.pipe();
    sys.write(end, sys.utf8Encode(`${JSON.stringify(noShim)}\n`));
    sys.close(created.status);
    expect(caught(() => startContainer(sys, { ...created, status: again }))).toMatchObject({
      stage: "shim",
      code: "ENOENT",
    });
  });
});

describe("kill", () => {
  test("goes to the process that was meant, through a descriptor of it", () => {
    const sys = new FakeKernel();
    sys.forks.push(PID);
    sys.fork();
    sys.addProcess(PID, "777");
    sys.calls.length = 0;
    killContainer(sys, { pid: PID, startTime: "777", signal: 15 });
    expect(sys.calls.map((call) => call.split("(")[0])).toEqual(["pidfdOpen", "readFile", "pidfdSendSignal", "close"]);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("never hits a process that was given the number later", () => {
    const sys = new FakeKernel();
    sys.forks.push(PID);
    sys.fork();
    sys.addProcess(PID, "888");
    expect(caught(() => killContainer(sys, { pid: PID, startTime: "777", signal: 9 }))).toMatchObject({
      code: "ESRCH",
    });
    expect(sys.calls.some((call) => call.startsWith("pidfdSendSignal"))).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("a zombie is not alive", () => {
    const sys = new FakeKernel();
    sys.addProcess(PID, "777", "Z");
    expect(isAlive(sys, PID, "777")).toBe(false);
    sys.addProcess(PID, "777", "S");
    expect(isAlive(sys, PID, "777")).toBe(true);
    expect(isAlive(sys, PID + 1, "777")).toBe(false);
  });
});

describe("delete", () => {
  test("takes cgroup, network namespace and files away, and may be repeated", () => {
    const sys = kernelWhereTheChildSays([`pid ${PID}`, "ready"], false);
    createContainer(sys, request);
    sys.mkdirAll("/run/docker/netns");
    sys.writeFile("/run/docker/netns/abc", "");
    sys.mount("/proc/self/ns", "/run/docker/netns/abc", "bind", 4096);
    const all = {
      id: "abc",
      cgroup: "docker/abc",
      netns: "/run/docker/netns/abc",
      files: ["/run/docker/shim/abc.sock"],
    };
    deleteContainer(sys, all);
    expect(sys.mounts).toEqual([]);
    for (const path of ["/sys/fs/cgroup/docker/abc", all.netns, "/run/docker/shim/abc.sock"]) {
      expect([path, sys.exists(path)]).toEqual([path, false]);
    }
    deleteContainer(sys, all);
  });
});

describe("a network namespace", () => {
  test("is made by a child and kept by its bind mount", () => {
    const sys = new FakeKernel();
    sys.forks.push(SHIM);
    sys.onFork = () => {
      sys.write(sys.pipes[0]?.[1] ?? -1, sys.utf8Encode("ready\n"));
      sys.endChild(SHIM, 0);
    };
    prepareNetworkNamespace(sys, "/run/docker/netns/spare");
    expect(sys.exists("/run/docker/netns/spare")).toBe(true);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("that cannot be made leaves no file", () => {
    const sys = new FakeKernel();
    sys.forks.push(SHIM);
    sys.onFork = () => {
      sys.write(sys.pipes[0]?.[1] ?? -1, sys.utf8Encode(`${JSON.stringify({ ...failure, stage: "network" })}\n`));
      sys.endChild(SHIM, 1);
    };
    expect(caught(() => prepareNetworkNamespace(sys, "/run/docker/netns/spare"))).toMatchObject({ stage: "network" });
    expect(sys.exists("/run/docker/netns/spare")).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("is unmounted and its file removed, twice if need be", () => {
    const sys = new FakeKernel();
    sys.mkdirAll("/run/docker/netns");
    sys.writeFile("/run/docker/netns/x", "");
    sys.mount("/proc/self/ns", "/run/docker/netns/x", "bind", 4096);
    removeNetworkNamespace(sys, "/run/docker/netns/x");
    removeNetworkNamespace(sys, "/run/docker/netns/x");
    expect(sys.mounts).toEqual([]);
    expect(sys.exists("/run/docker/netns/x")).toBe(false);
  });
});
