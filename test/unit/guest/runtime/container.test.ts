import { describe, expect, test } from "vitest";
import { prepareParents } from "../../../../guest/runtime/cgroups/cgroup.ts";
import {
  abandonContainer,
  type BornProcess,
  type CreateRequest,
  createContainer,
  deleteContainer,
  isAlive,
  killContainer,
  startContainer,
} from "../../../../guest/runtime/container.ts";
import { DEFAULT_PATH } from "../../../../guest/runtime/default-spec.ts";
import {
  openNetworkNamespace,
  prepareNetworkNamespace,
  removeNetworkNamespace,
} from "../../../../guest/runtime/network-namespace.ts";
import { RuntimeError } from "../../../../guest/runtime/runtime-error.ts";
import { defaultSpec } from "./default-container.ts";
import { FakeKernel } from "./fake-kernel.ts";
import { NetlinkKernel } from "./fake-netlink.ts";

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

function emptyKernel(): FakeKernel {
  const sys = new FakeKernel();
  prepareParents(sys, "docker/abc");
  for (const path of ["/run/docker/shim", "/merged", "/proc/self/ns", "/bin"]) sys.mkdirAll(path);
  sys.mknod("/dev/null", 0o020666, 1, 3);
  sys.writeFile("/bin/echo", "", { mode: 0o755 });
  sys.writeFile("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
  sys.addProcess(PID, "777");
  sys.symlink(`/proc/${PID}/stat`, "/proc/self/stat");
  sys.forks.push(SHIM, PID);
  sys.calls.length = 0;
  return sys;
}

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
}

describe("create", () => {
  test("makes the cgroup with its limits and a socket that listens, and no process", () => {
    const sys = emptyKernel();
    const created = createContainer(sys, request);
    expect(sys.readFile("/sys/fs/cgroup/docker/abc/pids.max")).toBe("9");
    expect(sys.openDescriptors()).toEqual([created.cgroup, created.listener]);
    expect(sys.calls.some((call) => call.startsWith("vfork("))).toBe(false);
  });

  test("that cannot listen leaves no cgroup", () => {
    const sys = emptyKernel();
    sys.fail("bind", "ENOSPC");
    expect(caught(() => createContainer(sys, request))).toMatchObject({ stage: "shim", code: "ENOSPC" });
    expect(sys.exists("/sys/fs/cgroup/docker/abc")).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("refuses a specification before it touches the kernel", () => {
    const sys = emptyKernel();
    const linux = { ...request.spec.linux, namespaces: [{ type: "user" }] } as const;
    const wrong = { ...request, spec: { ...request.spec, linux } };
    expect(caught(() => createContainer(sys, wrong))).toMatchObject({ stage: "spec", code: "EINVAL" });
    expect(sys.calls).toEqual([]);
  });

  test("can be taken back", () => {
    const sys = emptyKernel();
    abandonContainer(sys, createContainer(sys, request));
    expect(sys.exists("/sys/fs/cgroup/docker/abc")).toBe(false);
    expect(sys.exists("/run/docker/shim/abc.sock")).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });
});

describe("start", () => {
  test("runs the program and tells of the new process before it has done anything", () => {
    const sys = emptyKernel();
    const created = createContainer(sys, request);
    let told: BornProcess | null = null;
    const launched = startContainer(sys, created, (born) => {
      told = born;
      expect(sys.calls.some((call) => call.startsWith("mount("))).toBe(false);
    });
    expect(launched).toEqual({ pid: PID, shimPid: SHIM });
    expect(told).toEqual({ pid: PID, startTime: "777" });
    expect(sys.calls.some((call) => call.startsWith('execve("/bin/echo"'))).toBe(true);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("that fails inside throws what happened there, and leaves nothing", () => {
    const sys = emptyKernel();
    const created = createContainer(sys, request);
    sys.fail("sethostname", "EPERM");
    const error = caught(() => startContainer(sys, created, () => {}));
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({ stage: "hostname", syscall: "sethostname", code: "EPERM" });
    expect(sys.exists("/sys/fs/cgroup/docker/abc")).toBe(false);
    expect(sys.exists("/run/docker/shim/abc.sock")).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("that cannot make a process leaves nothing", () => {
    const sys = emptyKernel();
    const created = createContainer(sys, request);
    sys.fail("vfork", "ENOMEM");
    expect(caught(() => startContainer(sys, created, () => {}))).toMatchObject({ stage: "fork", code: "ENOMEM" });
    expect(sys.exists("/sys/fs/cgroup/docker/abc")).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("throws what its listener threw, untouched", () => {
    const sys = emptyKernel();
    const refusal = new Error("the disk is full");
    const refuse = (): never => {
      throw refusal;
    };
    expect(caught(() => startContainer(sys, createContainer(sys, request), refuse))).toBe(refusal);
    expect(sys.exists("/sys/fs/cgroup/docker/abc")).toBe(false);
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
    const sys = emptyKernel();
    sys.close(createContainer(sys, request).listener);
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
  const SPARE = "/run/docker/netns/spare";

  function kernel(): NetlinkKernel {
    const sys = new NetlinkKernel();
    sys.mkdirAll("/run/docker/netns");
    sys.mkdirAll("/proc/self/ns");
    sys.writeFile("/proc/self/ns/net", "");
    sys.calls.length = 0;
    return sys;
  }

  test("is made by going in, kept by its bind mount, and left again", () => {
    const sys = kernel();
    const home = openNetworkNamespace(sys);
    let inside: readonly (string | undefined)[] = [];
    const furnish = (): void => {
      inside = sys.calls.map((call) => call.split("(")[0]);
    };
    prepareNetworkNamespace(sys, { path: SPARE, home, furnish }).close();
    expect(inside).toContain("unshare");
    expect(inside).not.toContain("setns");
    expect(sys.calls.findLast((call) => !call.startsWith("close("))).toContain(`setns(${home}`);
    expect(sys.mounts.map(({ source, target }) => [source, target])).toEqual([["/proc/self/ns/net", SPARE]]);
    expect(sys.readFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")).toBe("0");
    expect(sys.openDescriptors()).toEqual([home]);
  });

  test.each(["unshare", "mount"] as const)(
    "that cannot be made for %s leaves no file, and the engine at home",
    (call) => {
      const sys = kernel();
      sys.fail(call, "ENOSPC");
      const home = openNetworkNamespace(sys);
      const make = (): unknown => prepareNetworkNamespace(sys, { path: SPARE, home, furnish: () => {} });
      expect(caught(make)).toMatchObject({ stage: "network" });
      expect(sys.exists(SPARE)).toBe(false);
      expect(sys.openDescriptors()).toEqual([home]);
      const changes = sys.calls.filter((line) => /^(unshare|setns)/.test(line)).map((line) => line.split("(")[0]);
      expect(changes.at(-1)).toBe(call === "unshare" ? "unshare" : "setns");
    },
  );

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
