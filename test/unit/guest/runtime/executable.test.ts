import { describe, expect, test } from "vitest";
import { findExecutable } from "../../../../guest/runtime/executable.ts";
import { RLIM_INFINITY, setRlimits } from "../../../../guest/runtime/rlimits.ts";
import { sysctlPath } from "../../../../guest/runtime/sysctl.ts";
import { FakeKernel } from "./fake-kernel.ts";

function kernel(): FakeKernel {
  const sys = new FakeKernel();
  for (const path of ["/first", "/second", "/second/tool.d"]) sys.mkdirAll(path);
  sys.writeFile("/first/plain", "", { mode: 0o644 });
  sys.writeFile("/second/plain", "", { mode: 0o755 });
  sys.writeFile("/second/tool", "", { mode: 0o755 });
  return sys;
}

const PATH = ["PATH=/nowhere:/first:/second"];

describe("looking for a program", () => {
  test("takes the first of PATH that can be executed", () => {
    expect(findExecutable(kernel(), "tool", PATH)).toBe("/second/tool");
    expect(findExecutable(kernel(), "plain", PATH)).toBe("/second/plain");
  });

  test("a directory is no program", () => {
    expect(() => findExecutable(kernel(), "tool.d", PATH)).toThrow(
      'exec: "tool.d": executable file not found in $PATH',
    );
    expect(() => findExecutable(kernel(), "/second/tool.d", PATH)).toThrow('exec: "/second/tool.d": is a directory');
  });

  test("a name with a slash is taken as it is", () => {
    const sys = kernel();
    sys.chdir("/second");
    expect(findExecutable(sys, "./tool", [])).toBe("./tool");
    expect(() => findExecutable(sys, "/first/plain", [])).toThrow('exec: "/first/plain": permission denied');
    expect(() => findExecutable(sys, "/second/tool/x", [])).toThrow(
      'exec: "/second/tool/x": stat /second/tool/x: not a directory',
    );
  });

  test("without PATH, or with an empty name, there is none", () => {
    expect(() => findExecutable(kernel(), "tool", [])).toThrow('exec: "tool": executable file not found in $PATH');
    expect(() => findExecutable(kernel(), "", PATH)).toThrow('exec: "": executable file not found in $PATH');
  });

  test("the last PATH of the environment counts", () => {
    expect(findExecutable(kernel(), "tool", ["PATH=/first", "PATH=/second"])).toBe("/second/tool");
  });
});

describe("resource limits", () => {
  test("infinity is the kernel's own", () => {
    const sys = new FakeKernel();
    setRlimits(sys, [{ type: "RLIMIT_NOFILE", soft: 64, hard: RLIM_INFINITY }]);
    expect(sys.getrlimit(7)).toEqual({ soft: 64, hard: null });
  });

  test("an unknown one is refused", () => {
    expect(() => setRlimits(new FakeKernel(), [{ type: "RLIMIT_LUCK", soft: 1, hard: 1 }])).toThrow(
      "invalid rlimit type: RLIMIT_LUCK",
    );
  });
});

describe("a sysctl", () => {
  test("is a file, dots or slashes between the names", () => {
    expect(sysctlPath("net.ipv4.ip_forward")).toBe("/proc/sys/net/ipv4/ip_forward");
    expect(sysctlPath("net/ipv4/conf/eth0.1/forwarding")).toBe("/proc/sys/net/ipv4/conf/eth0.1/forwarding");
  });
});
