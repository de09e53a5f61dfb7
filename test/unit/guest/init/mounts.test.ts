import { beforeEach, describe, expect, test } from "vitest";
import { mountSystem } from "../../../../guest/init/mounts.ts";
import { MS_NODEV, MS_NOEXEC, MS_NOSUID } from "../../../../guest/sys/constants.ts";
import { FakeMachine } from "./fake-machine.ts";

let sys: FakeMachine;

beforeEach(() => {
  sys = new FakeMachine();
});

describe("the machine's mounts", () => {
  test("are all there, each below one that is there before it", () => {
    mountSystem(sys);
    const targets = sys.mounts.map(({ target }) => target);
    expect(targets).toEqual([
      "/proc",
      "/sys",
      "/sys/fs/cgroup",
      "/dev",
      "/dev/pts",
      "/dev/shm",
      "/dev/mqueue",
      "/run",
      "/tmp",
    ]);
    for (const [at, target] of targets.entries()) {
      const parents = targets.filter((other) => target.startsWith(`${other}/`));
      for (const parent of parents) expect(targets.indexOf(parent)).toBeLessThan(at);
    }
  });

  test("give nobody a set-user-id program, and a device or a program only where there must be some", () => {
    mountSystem(sys);
    const without = (flag: number): readonly string[] =>
      sys.mounts.filter(({ flags }) => (flags & flag) === 0).map(({ target }) => target);
    expect(without(MS_NOSUID)).toEqual([]);
    expect(without(MS_NODEV)).toEqual(["/dev", "/dev/pts"]);
    expect(without(MS_NOEXEC)).toEqual(["/dev", "/dev/shm", "/run", "/tmp"]);
  });

  test("let everybody write to /tmp and /dev/shm, and remove only what is theirs", () => {
    mountSystem(sys);
    const sticky = sys.mounts.filter(({ data }) => data === "mode=1777").map(({ target }) => target);
    expect(sticky).toEqual(["/dev/shm", "/tmp"]);
  });

  test("/dev has the links to a program's own descriptors, and one that is there already stays", () => {
    sys.symlink("/elsewhere", "/dev/stdin");
    mountSystem(sys);
    expect(sys.readlink("/dev/fd")).toBe("/proc/self/fd");
    expect(sys.readlink("/dev/stdin")).toBe("/elsewhere");
    expect(sys.readlink("/dev/stdout")).toBe("/proc/self/fd/1");
    expect(sys.readlink("/dev/stderr")).toBe("/proc/self/fd/2");
  });

  test("cgroups get every controller that the kernel has", () => {
    sys.writeFile("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu pids\n");
    mountSystem(sys);
    expect(sys.readFile("/sys/fs/cgroup/cgroup.subtree_control")).toBe("+cpuset +cpu +pids");
  });

  test("one that fails is told by its name", () => {
    sys.fail("mount", "ENODEV");
    expect(() => mountSystem(sys)).toThrow(expect.objectContaining({ code: "ENODEV", syscall: "mount" }));
  });
});
