import { describe, expect, test } from "vitest";
import { createCgroup, freezeCgroup, prepareParents, removeCgroup } from "../../../../guest/runtime/cgroups/cgroup.ts";
import { weightOf } from "../../../../guest/runtime/cgroups/cpu.ts";
import { oomKills, readStats } from "../../../../guest/runtime/cgroups/stats.ts";
import type { Resources } from "../../../../guest/runtime/spec.ts";
import { FakeKernel } from "./fake-kernel.ts";

const CGROUP = "/sys/fs/cgroup/docker/abc";

/** What was written into the container's own cgroup. */
function writesOf(resources: Resources): readonly string[] {
  const sys = new FakeKernel();
  createCgroup(sys, "docker/abc", resources);
  const prefix = `writeKernelFile("${CGROUP}/`;
  return sys.calls
    .filter((call) => call.startsWith(prefix))
    .map((call) => call.slice(prefix.length, -1).replaceAll('"', ""));
}

describe("cgroup limits", () => {
  test("memory and swap together become memory and swap", () => {
    expect(writesOf({ memory: { limit: 64 << 20, swap: 128 << 20 } })).toEqual([
      "memory.swap.max,67108864",
      "memory.max,67108864",
    ]);
  });

  test("-1 is no limit, 0 is not set", () => {
    expect(writesOf({ memory: { limit: -1, swap: -1 }, pids: { limit: -1 } })).toEqual([
      "memory.swap.max,max",
      "memory.max,max",
      "pids.max,max",
    ]);
    expect(writesOf({ memory: { limit: 0, swap: 0, reservation: 0 }, pids: { limit: 0 }, cpu: { shares: 0 } })).toEqual(
      [],
    );
  });

  test("a swap total equal to the memory leaves no swap", () => {
    expect(writesOf({ memory: { limit: 1000, swap: 1000 } })).toContain("memory.swap.max,0");
  });

  test("a reservation is memory.low", () => {
    expect(writesOf({ memory: { reservation: 4096 } })).toEqual(["memory.low,4096"]);
  });

  test("--cpus 0.5 is half of each period", () => {
    expect(writesOf({ cpu: { quota: 50_000, period: 100_000 } })).toEqual(["cpu.max,50000 100000"]);
    expect(writesOf({ cpu: { quota: 20_000 } })).toEqual(["cpu.max,20000 100000"]);
    expect(writesOf({ cpu: { quota: -1, period: 50_000 } })).toEqual(["cpu.max,max 50000"]);
  });

  test("shares become weights on a straight line", () => {
    expect([2, 1024, 262_144, 1, 1_000_000].map(weightOf)).toEqual([1, 39, 10_000, 1, 10_000]);
    expect(writesOf({ cpu: { shares: 512, cpus: "0", mems: "0" } })).toEqual([
      "cpu.weight,20",
      "cpuset.cpus,0",
      "cpuset.mems,0",
    ]);
  });

  test("disk speeds are one line each", () => {
    const device = { major: 8, minor: 0 };
    expect(
      writesOf({
        blockIO: {
          weight: 500,
          weightDevice: [{ ...device, weight: 20 }],
          throttleReadBpsDevice: [{ ...device, rate: 1024 }],
          throttleWriteIOPSDevice: [{ ...device, rate: 10 }],
        },
      }),
    ).toEqual(["io.bfq.weight,500", "io.bfq.weight,8:0 20", "io.max,8:0 rbps=1024", "io.max,8:0 wiops=10"]);
  });

  test("unified entries are written as they are", () => {
    expect(writesOf({ unified: { "memory.low": "12" } })).toEqual(["memory.low,12"]);
  });
});

describe("a cgroup", () => {
  test("gets its controllers handed down from the top, once", () => {
    const sys = new FakeKernel();
    sys.writeFile("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids hugetlb\n");
    sys.writeFile("/sys/fs/cgroup/cgroup.subtree_control", "memory\n");
    sys.calls.length = 0;
    prepareParents(sys, "fresh/abc");
    const written = sys.calls.filter((call) => call.startsWith("writeKernelFile("));
    expect(written).toEqual([
      'writeKernelFile("/sys/fs/cgroup/cgroup.subtree_control","+cpu +cpuset +io +pids")',
      'writeKernelFile("/sys/fs/cgroup/fresh/cgroup.subtree_control","+cpu +cpuset +io +memory +pids")',
    ]);
    sys.calls.length = 0;
    prepareParents(sys, "fresh/other");
    expect(sys.calls).toEqual([]);
  });

  test("is gone again when a limit is refused", () => {
    const sys = new FakeKernel();
    prepareParents(sys, "docker/abc");
    sys.fail("writeKernelFile", "EINVAL");
    expect(() => createCgroup(sys, "docker/abc", { pids: { limit: 5 } })).toThrow("EINVAL");
    expect(sys.exists(CGROUP)).toBe(false);
  });

  test("is gone again when the device program is refused, and no descriptor stays", () => {
    const sys = new FakeKernel();
    prepareParents(sys, "docker/abc");
    sys.fail("bpfAttachDevice", "EPERM");
    expect(() => createCgroup(sys, "docker/abc", { devices: [{ allow: true }] })).toThrow("EPERM");
    expect(sys.exists(CGROUP)).toBe(false);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("is emptied by one write before it is removed", () => {
    const sys = new FakeKernel();
    createCgroup(sys, "docker/abc", {});
    sys.writeFile(`${CGROUP}/cgroup.events`, "populated 1\nfrozen 0\n");
    sys.calls.length = 0;
    const kill = sys.writeKernelFile;
    sys.writeKernelFile = (path, text) => {
      kill(path, text);
      if (path.endsWith("cgroup.kill")) sys.writeFile(`${CGROUP}/cgroup.events`, "populated 0\nfrozen 0\n");
    };
    removeCgroup(sys, "docker/abc");
    expect(sys.calls).toContain(`writeKernelFile("${CGROUP}/cgroup.kill","1")`);
    expect(sys.exists(CGROUP)).toBe(false);
    removeCgroup(sys, "docker/abc");
  });

  test("that will not empty is an error and no endless wait", () => {
    const sys = new FakeKernel();
    createCgroup(sys, "docker/abc", {});
    sys.writeFile(`${CGROUP}/cgroup.events`, "populated 1\nfrozen 0\n");
    expect(() => removeCgroup(sys, "docker/abc")).toThrow("EBUSY");
  });

  test("is frozen when the kernel says so", () => {
    const sys = new FakeKernel();
    createCgroup(sys, "docker/abc", {});
    sys.writeFile(`${CGROUP}/cgroup.events`, "populated 1\nfrozen 1\n");
    sys.calls.length = 0;
    freezeCgroup(sys, "docker/abc");
    expect(sys.calls[0]).toBe(`writeKernelFile("${CGROUP}/cgroup.freeze","1")`);
  });

  test("left by a killed daemon is made anew", () => {
    const sys = new FakeKernel();
    createCgroup(sys, "docker/abc", { pids: { limit: 7 } });
    createCgroup(sys, "docker/abc", {});
    expect(sys.readFile(`${CGROUP}/pids.max`)).toBe("max\n");
  });
});

describe("what the kernel counted", () => {
  test("is read back as numbers", () => {
    const sys = new FakeKernel();
    createCgroup(sys, "docker/abc", {});
    const files = {
      "cpu.stat": "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 4\nnr_throttled 2\nthrottled_usec 77\n",
      "memory.current": "8192\n",
      "memory.max": "65536\n",
      "memory.stat": "anon 4096\ninactive_file 1024\n",
      "memory.events": "low 0\nmax 3\noom 1\noom_kill 1\n",
      "pids.current": "3\n",
      "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n",
    };
    for (const [name, text] of Object.entries(files)) sys.writeFile(`${CGROUP}/${name}`, text);
    expect(readStats(sys, "docker/abc")).toEqual({
      cpu: { usage: 1500, user: 1000, system: 500, throttling: { periods: 4, throttledPeriods: 2, throttledTime: 77 } },
      memory: {
        usage: 8192,
        limit: 65536,
        stat: new Map([
          ["anon", 4096],
          ["inactive_file", 1024],
        ]),
      },
      pids: { current: 3, limit: null },
      io: [{ major: 8, minor: 0, rbytes: 10, wbytes: 20, rios: 1, wios: 2 }],
    });
    expect(oomKills(sys, "docker/abc")).toBe(1);
  });
});
