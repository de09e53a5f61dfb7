import { describe, expect, test } from "vitest";
import { parseMountOptions } from "../../../../guest/runtime/mount-options.ts";
import { mountAll } from "../../../../guest/runtime/mounts.ts";
import type { Mount } from "../../../../guest/runtime/spec.ts";
import * as k from "../../../../guest/sys/constants.ts";
import { FakeKernel } from "./fake-kernel.ts";

function mounting(mounts: readonly Mount[], prepare: (sys: FakeKernel) => void = () => {}): FakeKernel {
  const sys = new FakeKernel();
  for (const path of ["/merged/proc", "/merged/etc", "/data", "/outside"]) sys.mkdirAll(path);
  sys.writeFile("/file", "");
  prepare(sys);
  const root = sys.open("/merged", k.O_PATH | k.O_DIRECTORY);
  sys.calls.length = 0;
  // In a child, as in a container: what it opens goes with it.
  sys.vfork(() => {
    mountAll(sys, root, mounts);
    return null;
  });
  sys.close(root);
  return sys;
}

const targets = (sys: FakeKernel): readonly string[] => sys.mounts.map(({ target }) => target);

describe("mount options", () => {
  test("words become flags and the rest goes to the filesystem", () => {
    expect(parseMountOptions(["nosuid", "noexec", "mode=755", "size=64k"])).toMatchObject({
      flags: k.MS_NOSUID | k.MS_NOEXEC,
      data: "mode=755,size=64k",
    });
  });

  test("the last word wins", () => {
    expect(parseMountOptions(["ro", "rw"])).toMatchObject({ flags: 0, set: 0, clear: k.MOUNT_ATTR_RDONLY });
    expect(parseMountOptions(["rprivate", "rshared"]).propagation).toBe(k.MS_SHARED | k.MS_REC);
  });

  test("rro is read-only all the way down", () => {
    expect(parseMountOptions(["rbind", "rro"])).toMatchObject({ set: k.MOUNT_ATTR_RDONLY, recursive: true });
    expect(parseMountOptions(["rbind", "ro"])).toMatchObject({ set: k.MOUNT_ATTR_RDONLY, recursive: false });
  });

  test("one list is parsed once", () => {
    const options = ["ro", "nosuid"];
    expect(parseMountOptions(options)).toBe(parseMountOptions(options));
  });
});

describe("mounts", () => {
  test("a filesystem goes on the descriptor that was resolved inside the root", () => {
    const sys = mounting([{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid"] }]);
    expect(sys.mounts).toEqual([
      {
        source: "proc",
        target: expect.stringMatching(/^\/proc\/self\/fd\/\d+$/),
        type: "proc",
        flags: k.MS_NOSUID,
        data: null,
      },
    ]);
    expect(sys.calls.find((call) => call.startsWith("openat2("))).toMatch(/^openat2\(\d+,"proc",/);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("what is missing is made, directories and the file at the end", () => {
    const sys = mounting([
      { destination: "/new/deep/directory", type: "tmpfs", source: "tmpfs", options: ["mode=700"] },
      { destination: "/etc/sub/hosts", type: "bind", source: "/file", options: ["rbind"] },
    ]);
    expect(sys.stat("/merged/new/deep/directory").mode & k.S_IFMT).toBe(k.S_IFDIR);
    expect(sys.stat("/merged/etc/sub/hosts").mode & k.S_IFMT).toBe(k.S_IFREG);
    expect(sys.openDescriptors()).toEqual([]);
  });

  const tmpfs = (destination: string): Mount => ({
    destination,
    type: "tmpfs",
    source: "tmpfs",
    options: ["mode=755"],
  });
  const opened = (sys: FakeKernel, path: string): number =>
    sys.calls.filter((call) => call.startsWith("openat2(") && call.includes(`"${path}"`)).length;

  test("a tmpfs is looked up once for all that is mounted directly in it", () => {
    const sys = mounting([tmpfs("/dev"), tmpfs("/dev/shm"), tmpfs("/dev/mqueue")], (fake) =>
      fake.mkdirAll("/merged/dev"),
    );
    // Once to mount it, once to find what was mounted.
    expect(opened(sys, "dev")).toBe(2);
    expect(sys.mounts).toHaveLength(3);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test.each([
    ["over it", tmpfs("/dev")],
    ["over what it stands in", tmpfs("/dev/../dev")],
    ["over it by a link", tmpfs("/link")],
  ])("and once more when something has been mounted %s", (_, hiding) => {
    const sys = mounting([tmpfs("/dev"), tmpfs("/dev/shm"), hiding, tmpfs("/dev/mqueue")], (fake) => {
      fake.mkdirAll("/merged/dev");
      fake.symlink("dev", "/merged/link");
    });
    const before = mounting([tmpfs("/dev"), tmpfs("/dev/shm"), hiding], (fake) => {
      fake.mkdirAll("/merged/dev");
      fake.symlink("dev", "/merged/link");
    });
    const lookups = (each: FakeKernel): number => opened(each, "dev") + opened(each, "dev/mqueue");
    expect(lookups(sys)).toBeGreaterThan(lookups(before));
  });

  test("what the source is is asked only where the target is missing", () => {
    const bind = (destination: string): Mount => ({ destination, type: "bind", source: "/file", options: ["rbind"] });
    const asked = (sys: FakeKernel): boolean => sys.calls.includes('stat("/file")');
    const there = mounting([bind("/etc/hosts")], (fake) => fake.writeFile("/merged/etc/hosts", ""));
    expect(asked(there)).toBe(false);
    expect(asked(mounting([bind("/etc/hosts")]))).toBe(true);
    expect(there.mounts).toHaveLength(1);
  });

  test("cgroup means cgroup2", () => {
    const sys = mounting([{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"] }]);
    expect(sys.mounts[0]).toMatchObject({ type: "cgroup2", flags: k.MS_RDONLY });
  });

  test("a plain bind is one call", () => {
    const sys = mounting([{ destination: "/data", type: "bind", source: "/data", options: ["rbind", "rprivate"] }]);
    expect(sys.mounts).toMatchObject([{ source: "/data", flags: k.MS_BIND | k.MS_REC }]);
    expect(sys.calls.some((call) => call.startsWith("openTree"))).toBe(false);
  });

  test("a read-only bind is read-only before it is anywhere", () => {
    const sys = mounting([{ destination: "/data", type: "bind", source: "/data", options: ["rbind", "ro"] }]);
    const order = sys.calls
      .filter((call) => /^(openTree|mountSetattr|moveMount)/.test(call))
      .map((call) => call.split("(")[0]);
    expect(order).toEqual(["openTree", "mountSetattr", "moveMount"]);
    expect(targets(sys)).toEqual([]);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("a source that is not there says so in runc's words", () => {
    expect(() => mounting([{ destination: "/data", type: "bind", source: "/nowhere", options: ["rbind"] }])).toThrow(
      'error mounting "/nowhere" to rootfs at "/data": stat /nowhere:/data: no such file or directory',
    );
  });

  test("a tmpfs keeps the mode of the directory that it hides", () => {
    const sys = mounting([{ destination: "/tmp", type: "tmpfs", source: "tmpfs", options: [] }], (fake) => {
      fake.mkdirAll("/merged/tmp");
      fake.chmod("/merged/tmp", 0o1777);
    });
    expect(sys.calls.some((call) => call.startsWith("chmod(") && call.endsWith(",1023)"))).toBe(true);
  });

  test("procfs is not mounted over a link of the image", () => {
    const link = (sys: FakeKernel): void => {
      sys.rmdir("/merged/proc");
      sys.symlink("/outside", "/merged/proc");
    };
    expect(() => mounting([{ destination: "/proc", type: "proc", source: "proc" }], link)).toThrow(
      'filesystem "proc" must be mounted on ordinary directory',
    );
  });

  test("nothing is mounted on a file of procfs", () => {
    class WithProc extends FakeKernel {
      override statfs(path: string): ReturnType<FakeKernel["statfs"]> {
        return { ...super.statfs(path), type: k.PROC_SUPER_MAGIC };
      }
    }
    const sys = new WithProc();
    sys.mkdirAll("/merged/proc/self");
    sys.mkdirAll("/data");
    const root = sys.open("/merged", k.O_PATH);
    expect(() =>
      mountAll(sys, root, [{ destination: "/proc/self/attr", type: "bind", source: "/data", options: ["rbind"] }]),
    ).toThrow('"/proc/self/attr" cannot be mounted because it is inside /proc');
    expect(sys.mounts).toEqual([]);
  });
});
