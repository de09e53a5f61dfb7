import { beforeEach, describe, expect, test } from "vitest";
import { EngineError } from "../../../../../guest/api/contract/errors.ts";
import type { Container } from "../../../../../guest/engine/containers/container.ts";
import { KernelViews } from "../../../../../guest/engine/kernel/kernel-view.ts";
import { readMounts, readNamespaces } from "../../../../../guest/engine/kernel/namespaces-and-mounts.ts";
import {
  readCgroup,
  readCredentials,
  readProcesses,
} from "../../../../../guest/engine/kernel/processes-and-credentials.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";

const CGROUP = "/docker/web-id";
let sys: FakeSys;

beforeEach(() => {
  sys = new FakeSys();
  sys.mkdirAll(`/sys/fs/cgroup${CGROUP}`);
});

function put(path: string, content: string): void {
  sys.mkdirAll(path.slice(0, path.lastIndexOf("/")));
  sys.writeFile(path, content);
}

/** A process as /proc shows it; `name` may hold what it likes. */
function addProcess(pid: number, { parent = 1, inside = pid, name = "sh", more = "" } = {}): void {
  const zeros = Array.from({ length: 46 }, () => "0").join(" ");
  put(`/proc/${pid}/stat`, `${pid} (${name}) S ${parent} ${zeros}`);
  put(`/proc/${pid}/status`, `Name:\t${name}\nUid:\t5\t7\t5\t5\nNSpid:\t${pid}\t${inside}\n${more}`);
  put(`/proc/${pid}/cmdline`, `${name}\0-c\0`);
}

test("a namespace with the machine's inode is shared", () => {
  for (const type of ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]) {
    for (const process of ["self", "92"]) {
      sys.mkdirAll(`/proc/${process}/ns`);
      const inode = process === "92" && type === "net" ? 4026532000 : 4026531840;
      sys.symlink(`${type}:[${inode}]`, `/proc/${process}/ns/${type}`);
    }
  }
  const found = readNamespaces(sys, 92);
  expect(found.filter(({ shared }) => !shared)).toEqual([
    { type: "net", inode: 4026532000, host: 4026531840, shared: false },
  ]);
  expect(found).toHaveLength(8);
});

test("a mount has as many optional fields as it likes, and spaces in its names", () => {
  put(
    "/proc/92/mountinfo",
    "40 30 0:25 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b\n" +
      "41 40 0:26 /srv/a\\040b /data\\134x ro,nosuid shared:3 master:1 - tmpfs tmp\\011fs rw\n",
  );
  expect(readMounts(sys, 92)).toEqual([
    {
      id: 40,
      parent: 30,
      device: "0:25",
      root: "/",
      point: "/",
      options: ["rw", "relatime"],
      propagation: [],
      type: "overlay",
      source: "overlay",
      superOptions: ["rw", "lowerdir=/a:/b"],
    },
    {
      id: 41,
      parent: 40,
      device: "0:26",
      root: "/srv/a b",
      point: "/data\\x",
      options: ["ro", "nosuid"],
      propagation: ["shared:3", "master:1"],
      type: "tmpfs",
      source: "tmp\tfs",
      superOptions: ["rw"],
    },
  ]);
});

test("the cgroup is the one that the kernel names, with the files that are there", () => {
  put("/proc/92/cgroup", `0::${CGROUP}\n`);
  put(`/sys/fs/cgroup${CGROUP}/memory.max`, "max\n");
  put(`/sys/fs/cgroup${CGROUP}/cpu.stat`, "usage_usec 5\nuser_usec 4\n");
  expect(readCgroup(sys, 92)).toEqual({
    path: CGROUP,
    files: { "cpu.stat": "usage_usec 5\nuser_usec 4", "memory.max": "max" },
  });
});

test("children follow their parents, those whose parent is outside come first", () => {
  put(`/sys/fs/cgroup${CGROUP}/cgroup.procs`, "92\n95\n94\n93\n99\n");
  addProcess(92, { inside: 1 });
  addProcess(93, { parent: 92, inside: 2, name: "a (b) c" });
  addProcess(94, { parent: 93, inside: 3 });
  addProcess(95, { parent: 92, inside: 4 });
  const found = readProcesses(sys, CGROUP);
  expect(found.map(({ pid, inside, depth }) => [pid, inside, depth])).toEqual([
    [92, 1, 0],
    [93, 2, 1],
    [94, 3, 2],
    [95, 4, 1],
  ]);
  expect(found[1]).toEqual({
    pid: 93,
    inside: 2,
    parent: 92,
    depth: 1,
    state: "S",
    uid: 7,
    name: "a (b) c",
    command: ["a (b) c", "-c"],
  });
});

test("capabilities are names, seccomp a word, maps numbers", () => {
  const more =
    "CapInh:\t0000000000000000\nCapPrm:\t0000000000000001\nCapEff:\t0000000000000000\n" +
    "CapBnd:\t0000010000200001\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n";
  addProcess(92, { more });
  put("/proc/92/uid_map", "         0          0 4294967295\n");
  put("/proc/92/gid_map", "         0     100000       1000\n      1000          5          1\n");
  expect(readCredentials(sys, 92)).toEqual({
    capabilities: {
      inheritable: [],
      permitted: ["CAP_CHOWN"],
      effective: [],
      bounding: ["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_CHECKPOINT_RESTORE"],
      ambient: [],
    },
    seccomp: { mode: "filter", filters: 3 },
    noNewPrivileges: true,
    uidMap: [{ inside: 0, outside: 0, count: 4294967295 }],
    gidMap: [
      { inside: 0, outside: 100000, count: 1000 },
      { inside: 1000, outside: 5, count: 1 },
    ],
  });
});

describe("a view", () => {
  const running = { id: "web-id", state: { Pid: 92, ProcessStart: "0" } } as unknown as Container;

  test("of a container whose process has gone is refused as of one that does not run", () => {
    const views = new KernelViews(sys, { requireRunning: () => running });
    expect(() => views.view("web")).toThrow(new EngineError("conflict", "container web-id is not running"));
  });

  test("is refused in the words of who looks for the container", () => {
    const requireRunning = (): never => {
      throw new EngineError("notFound", "No such container: web");
    };
    expect(() => new KernelViews(sys, { requireRunning }).view("web")).toThrow("No such container: web");
  });

  test("of which the kernel refuses a part is that error, not a container that has ended", () => {
    put("/proc/92/cgroup", `0::${CGROUP}\n`);
    sys.fail("readlink", "EACCES");
    const views = new KernelViews(sys, { requireRunning: () => running });
    expect(() => views.view("web")).toThrow(expect.objectContaining({ code: "EACCES" }));
  });
});
