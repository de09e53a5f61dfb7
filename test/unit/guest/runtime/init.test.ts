import { describe, expect, test } from "vitest";
import { DEFAULT_CAPABILITIES, DEFAULT_PATH, processCapabilities } from "../../../../guest/runtime/default-spec.ts";
import { type InitPlan, initialise } from "../../../../guest/runtime/init.ts";
import { planProcess } from "../../../../guest/runtime/process.ts";
import type { Linux, Process } from "../../../../guest/runtime/spec.ts";
import { AF_UNIX, SOCK_SEQPACKET } from "../../../../guest/sys/constants.ts";
import { type Program, SysError } from "../../../../guest/sys/sys.ts";
import { defaultSpec } from "./default-container.ts";
import { FakeKernel } from "./fake-kernel.ts";

const NETNS = "/run/docker/netns/abc";

interface Played {
  readonly sys: FakeKernel;
  /** Of the first process alone, in order. */
  readonly calls: readonly string[];
  /** What it became, or what it threw. */
  readonly end: unknown;
}

/** Only here /dev/pts is a devpts. */
class KernelWithTerminals extends FakeKernel {
  override statfs(path: string): ReturnType<FakeKernel["statfs"]> {
    return { ...super.statfs(path), type: 0x1cd1 };
  }
  override setControllingTerminal(_fd: number): void {}
  override openPty(devpts: string): ReturnType<FakeKernel["openPty"]> {
    const pty = super.openPty(devpts);
    this.writeFile(pty.slave, "");
    return pty;
  }
}

/** Plays the container's first process to its end. */
function playInit(
  change: Partial<Process> = {},
  prepare: (sys: FakeKernel) => void = () => {},
  { sys = new FakeKernel(), linux = {} }: { sys?: FakeKernel; linux?: Partial<Linux> } = {},
): Played {
  for (const path of ["/merged", "/run/docker/netns", "/proc/bus", "/proc/acpi", "/proc/self/ns", "/bin"])
    sys.mkdirAll(path);
  for (const path of [NETNS, "/proc/keys", "/proc/sysrq-trigger"]) sys.writeFile(path, "");
  sys.mknod("/dev/null", 0o020666, 1, 3);
  sys.writeFile("/bin/echo", "", { mode: 0o755 });
  sys.writeFile("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
  prepare(sys);
  const [console] = sys.socketpair(AF_UNIX, SOCK_SEQPACKET, 0);
  const [stdin] = sys.pipe();
  const [, stdout] = sys.pipe();
  const plan = planFor(change, linux);
  const terminal = plan.process.terminal === true;
  sys.calls.length = 0;
  const end = catching(() => {
    const channels = terminal
      ? { console, standard: null }
      : { console: null, standard: [stdin, stdout, stdout] as const };
    return initialise(sys, plan, channels);
  });
  return { sys, calls: [...sys.calls], end };
}

function planFor(change: Partial<Process>, linux: Partial<Linux>): InitPlan {
  const process: Process = {
    user: { uid: 0, gid: 0, additionalGids: [0, 10] },
    args: ["echo", "hi"],
    env: [DEFAULT_PATH],
    cwd: "/",
    capabilities: processCapabilities(DEFAULT_CAPABILITIES, change.user?.uid ?? 0),
    ...change,
  };
  const spec = defaultSpec({
    root: { path: "/merged", readonly: true },
    hostname: "box",
    process,
    mounts: [],
    network: NETNS,
    cgroup: "docker/abc",
  });
  return {
    ...planProcess("abc", process, spec.linux.seccomp),
    spec: { ...spec, linux: { ...spec.linux, ...linux } },
    rootfs: "/merged",
    namespaces: spec.linux.namespaces,
    masks: (spec.linux.maskedPaths ?? []).map((path) => ({ path, kind: null })),
    sysctls: spec.linux.sysctl ?? {},
  };
}

function catching(play: () => unknown): unknown {
  try {
    return play();
  } catch (error) {
    return error;
  }
}

/** Position of the first call that begins so. */
function at(calls: readonly string[], beginning: string): number {
  const index = calls.findIndex((call) => call.startsWith(beginning));
  if (index < 0) throw new Error(`no call begins with ${beginning}; there were:\n${calls.join("\n")}`);
  return index;
}

describe("the container's first process", () => {
  test("goes through Docker's order", () => {
    const { calls } = playInit({ noNewPrivileges: true });
    const order = [
      "setsid(",
      `open("${NETNS}"`,
      "setns(",
      "unshare(",
      'mount(null,"/"',
      'mount("/merged","/merged"',
      'mount("proc"',
      'mount("tmpfs"',
      'mount("devpts"',
      'mount("sysfs"',
      'mount("cgroup"',
      'mount("mqueue"',
      'mount("shm"',
      "mknod(",
      'pivotRoot(".","."',
      'umount("."',
      'sethostname("box"',
      'writeKernelFile("/proc/sys/net/ipv4/ip_unprivileged_port_start","0"',
      'mountSetattr(-100,"/",',
      'mountSetattr(-100,"/proc/bus"',
      'mount("/dev/null","/proc/keys"',
      "prctl(38,1",
      "seccomp(",
      "capbsetDrop(",
      "setgroups([0,10]",
      "setresgid(0,0,0)",
      "setresuid(0,0,0)",
      "capset(",
      'stat("/bin/echo")',
      "closeFrom(3,true)",
      'program("/bin/echo",["echo","hi"]',
    ];
    const positions = order.map((beginning) => at(calls, beginning));
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  test("with mounts that are shared takes the old root away where the machine does not hear of it", () => {
    const { calls } = playInit({}, () => {}, { linux: { rootfsPropagation: "shared" } });
    const order = [
      'mount(null,"/",null,1064960',
      'mount(null,"/merged",null,262144',
      'mount("/merged","/merged"',
      "pivotRoot(",
    ];
    const after = [...order, 'mount(null,".",null,278528', 'umount("."'];
    const positions = after.map((beginning) => at(calls, beginning));
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(calls[at(calls, "pivotRoot(") + 1]).toMatch(/^fchdir\(/);
  });

  test("a program that cannot be executed after all says so on its own standard error", () => {
    const { sys, end } = playInit();
    sys.calls.length = 0;
    const error = new SysError({ syscall: "execve", code: "ENOEXEC", errno: 8, path: "/bin/echo" });
    expect((end as Program).failed?.(error)).toBe(1);
    expect(sys.calls).toContain('write(2,"exec /bin/echo: exec format error\\n")');
  });

  test("drops twenty-seven capabilities and keeps fourteen", () => {
    const { sys, calls } = playInit();
    const dropped = /capbsetDrop\(\[(.*)\]\)/.exec(calls[at(calls, "capbsetDrop(")] ?? "")?.[1]?.split(",");
    expect(dropped).toHaveLength(27);
    expect(sys.capget()).toEqual({ effective: 0xa80425fbn, permitted: 0xa80425fbn, inheritable: 0n });
  });

  test("no_new_privs only as asked", () => {
    expect(playInit().sys.calls.some((call) => call.startsWith("prctl(38"))).toBe(false);
  });

  test("HOME comes from the container's passwd file unless the image has one", () => {
    expect(execOf(playInit())).toContain('"HOME=/root"');
    expect(execOf(playInit({ env: [DEFAULT_PATH, "HOME=/elsewhere"] }))).not.toContain('"HOME=/root"');
  });

  test("a terminal is opened in the container's devpts, taken, bound to /dev/console and handed over before the pivot", () => {
    const prepare = (sys: FakeKernel): void => sys.mkdirAll("/merged/dev/pts");
    const { calls } = playInit({ terminal: true }, prepare, { sys: new KernelWithTerminals() });
    const order = ["openPty(", "setControllingTerminal(", "dup2(", 'mount("/proc/self/fd/', "sendmsg(", "pivotRoot("];
    const positions = order.map((beginning) => at(calls, beginning));
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  test("a terminal from anything but a devpts is refused", () => {
    const { calls, end } = playInit({ terminal: true }, (sys) => sys.mkdirAll("/merged/dev/pts"));
    expect(calls.some((call) => call.startsWith("openPty("))).toBe(false);
    expect(end).toMatchObject({ stage: "console", code: "ENODEV" });
  });

  test("a program that is not there is told with its stage and in Docker's words", () => {
    const { end } = playInit({ args: ["nothing"] });
    expect(end).toMatchObject({
      stage: "lookup",
      syscall: "stat",
      code: "ENOENT",
      path: "nothing",
      reason: 'exec: "nothing": executable file not found in $PATH',
    });
  });

  test("a path that is not there, a directory and a file without x are told apart", () => {
    const reason = (args: readonly string[], prepare?: (sys: FakeKernel) => void): unknown =>
      (playInit({ args }, prepare).end as { readonly reason: unknown }).reason;
    expect(reason(["/nothing"])).toBe('exec: "/nothing": stat /nothing: no such file or directory');
    expect(reason(["/bin"])).toBe('exec: "/bin": is a directory');
    expect(reason(["/etc/passwd"])).toBe('exec: "/etc/passwd": permission denied');
  });

  test("whatever call fails is named with its stage", () => {
    const failing = [
      ["setns", "network", "EPERM"],
      ["pivotRoot", "pivot", "EINVAL"],
      ["sethostname", "hostname", "EPERM"],
      ["mknod", "devices", "EPERM"],
      ["seccomp", "seccomp", "EINVAL"],
      ["capset", "capabilities", "EPERM"],
      ["setresuid", "user", "EAGAIN"],
    ] as const;
    for (const [call, stage, code] of failing) {
      expect(playInit({}, (sys) => sys.fail(call, code)).end).toMatchObject({ stage, code });
    }
  });
});

function execOf({ sys }: Played): string {
  return sys.calls.find((call) => call.startsWith("program(")) ?? "";
}
