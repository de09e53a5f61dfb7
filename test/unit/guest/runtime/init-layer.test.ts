import { describe, expect, test } from "vitest";
import { makeInitLayer } from "../../../../guest/runtime/init-layer.ts";
import { S_IFDIR, S_IFMT, S_IFREG } from "../../../../guest/sys/constants.ts";
import { FakeKernel } from "./fake-kernel.ts";

const LAYER = "/var/lib/docker/overlay2/abc-init";
const DIFF = `${LAYER}/diff`;

/** Without layers there is nothing to mount, and the fake kernel shows what is made. */
function kernel(): FakeKernel {
  const sys = new FakeKernel();
  sys.mkdirAll("/var/lib/docker/overlay2");
  // What the fake's chroot leaves as it is.
  sys.chroot = () => {};
  return sys;
}

describe("the init layer", () => {
  test("is whole before it has its name, and nothing else stays", () => {
    const sys = kernel();
    makeInitLayer(sys, ["/layer"], LAYER);
    expect(sys.readdir(LAYER)).toEqual(["diff"]);
    expect(sys.mounts).toEqual([]);
    const calls = sys.calls.map((call) => call.split("(")[0]);
    expect(calls.indexOf("rename")).toBeGreaterThan(calls.indexOf("umount"));
    expect(calls.indexOf("umount")).toBeGreaterThan(calls.indexOf("chroot"));
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("has Docker's entries", () => {
    const sys = kernel();
    makeInitLayer(sys, [], LAYER);
    // The fake has one root: what the child made stands in it.
    for (const path of ["/dev/pts", "/dev/shm", "/proc", "/sys"]) expect(sys.stat(path).mode & S_IFMT).toBe(S_IFDIR);
    for (const path of ["/.dockerenv", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/console"]) {
      expect(sys.stat(path).mode).toBe(S_IFREG | 0o755);
    }
    expect(sys.readlink("/etc/mtab")).toBe("/proc/mounts");
  });

  test("a link or a file of the image makes room, a directory stays", () => {
    const sys = kernel();
    sys.mkdirAll("/etc");
    sys.mkdirAll("/run");
    sys.chmod("/etc", 0o700);
    sys.writeFile("/run/resolv.conf", "nameserver 1.1.1.1\n");
    sys.symlink("/run/resolv.conf", "/etc/resolv.conf");
    sys.writeFile("/etc/hosts", "1.2.3.4 somebody\n");
    makeInitLayer(sys, [], LAYER);
    expect(sys.stat("/etc").mode & 0o777).toBe(0o700);
    expect(sys.lstat("/etc/resolv.conf").mode & S_IFMT).toBe(S_IFREG);
    expect(sys.readFile("/etc/hosts")).toBe("");
    expect(sys.readFile("/run/resolv.conf")).toBe("nameserver 1.1.1.1\n");
  });

  test("that fails leaves no mount and no finished layer, and the next attempt succeeds", () => {
    const sys = kernel();
    sys.fail("mknod", "ENOSPC");
    expect(() => makeInitLayer(sys, ["/layer"], LAYER)).toThrow("no space left on device");
    expect(sys.mounts).toEqual([]);
    expect(sys.exists(DIFF)).toBe(false);
    makeInitLayer(sys, ["/layer"], LAYER);
    expect(sys.exists(DIFF)).toBe(true);
  });
});
