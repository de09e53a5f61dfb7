import { describe, expect, test } from "vitest";
import { type Launch, launch, listenForShim } from "../../../../guest/runtime/monitor.ts";
import { type Program, SysError } from "../../../../guest/sys/sys.ts";
import { FakeKernel } from "./fake-kernel.ts";

const SHIM = 4000;
const PID = 4001;
const SOCKET = "/run/docker/shim/abc.sock";

interface Played {
  readonly sys: FakeKernel;
  readonly calls: readonly string[];
  readonly outcome: unknown;
  /** What the daemon had open before. */
  readonly before: readonly number[];
}

/** The daemon launches; the new process does `child` before it becomes its program. */
function playLaunch(
  change: Partial<Launch> = {},
  child: (sys: FakeKernel, console: number) => void = () => {},
  sys = new FakeKernel(),
): Played {
  for (const path of ["/run/docker/shim", "/sys/fs/cgroup/docker", "/dev/pts"]) sys.mkdirAll(path);
  const listener = listenForShim(sys, SOCKET);
  const before = sys.openDescriptors();
  sys.forks.push(SHIM, PID);
  sys.calls.length = 0;
  const outcome = catching(() =>
    launch(sys, {
      id: "abc",
      shim: {
        listenSocketPath: SOCKET,
        exitFile: "/run/exit.json",
        log: { path: "/log", maxSize: -1, maxFiles: 1 },
        openStdin: false,
        stdinOnce: false,
      },
      listener,
      terminal: false,
      cgroup: sys.open("/sys/fs/cgroup/docker", 0),
      cloneFlags: 0x20000000,
      beforeClone: () => {},
      role: "init",
      child: ({ console }): Program => {
        child(sys, console ?? -1);
        return sys.program("/bin/echo", ["echo", "hi"], []);
      },
      ...change,
    }),
  );
  return { sys, calls: sys.calls, outcome, before };
}

function catching(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

function execOf({ calls }: Played, argument: string): string {
  return calls.find((call) => call.startsWith("execve(") && call.includes(argument)) ?? "";
}

describe("a launch", () => {
  test("makes the shim's process, and in it the container's", () => {
    const { calls, outcome } = playLaunch();
    expect(outcome).toEqual({ pid: PID, shimPid: SHIM });
    expect(calls.filter((call) => call.startsWith("vfork("))).toHaveLength(2);
    const programs = calls.filter((call) => call.startsWith("execve("));
    expect(programs.map((call) => call.slice(0, 20))).toEqual(['execve("/bin/echo",[', 'execve("/usr/bin/doc']);
  });

  test("leaves the daemon the descriptors that it had", () => {
    const { sys, before } = playLaunch();
    // The cgroup's is the caller's.
    expect(sys.openDescriptors()).toHaveLength(before.length + 1);
  });

  test("cannot be looked into by the container before it clones", () => {
    const { calls } = playLaunch();
    const hidden = calls.indexOf("prctl(4,0)");
    expect(hidden).toBeGreaterThan(-1);
    expect(hidden).toBeLessThan(calls.findLastIndex((call) => call.startsWith("vfork(")));
  });

  test("marks everything to close and then opens the shim's own ends again", () => {
    const { calls } = playLaunch();
    const marked = calls.indexOf("closeFrom(0,true)");
    const opened = calls.flatMap((call, at) => (call.startsWith("setCloexec(") ? [at] : []));
    expect(marked).toBeGreaterThan(-1);
    // Listener, stdout, stderr.
    expect(opened).toHaveLength(3);
    expect(Math.min(...opened)).toBeGreaterThan(marked);
  });

  test("tells the shim the pid and where the streams' other ends are", () => {
    const exec = execOf(playLaunch(), "docker-shim");
    expect(exec).toContain(
      'execve("/usr/bin/docker-shim",["docker-shim","--id","abc","--pid","4001","--exit","/run/exit.json"',
    );
    for (const option of ["--listen", "--stdout", "--stderr", "--log"]) expect(exec).toContain(`"${option}"`);
    for (const option of ["--stdin", "--tty", "--stdin-once"]) expect(exec).not.toContain(`"${option}"`);
  });

  test("gives the shim the input's end when input is wanted", () => {
    const shim = { listenSocketPath: SOCKET, exitFile: "/e", log: null };
    const exec = execOf(playLaunch({ shim: { ...shim, openStdin: true, stdinOnce: true } }), "docker-shim");
    expect(exec).toContain('"--stdin"');
    expect(exec).toContain('"--stdin-once"');
    expect(exec).not.toContain('"--log"');
  });

  test("gives the shim the terminal's master when there is one", () => {
    const played = playLaunch({ terminal: true }, (sys, console) => {
      sys.sendmsg(console, new Uint8Array(1), [sys.openPty("/dev/pts").master]);
    });
    const exec = execOf(played, "docker-shim");
    expect(exec).toContain('"--tty"');
    expect(exec).not.toContain('"--stdout"');
  });
});

describe("a launch that fails", () => {
  test("in the container throws what was thrown there, and there is no shim", () => {
    const refusal = new Error("no");
    const played = playLaunch({}, () => {
      throw refusal;
    });
    expect(played.outcome).toBe(refusal);
    expect(execOf(played, "docker-shim")).toBe("");
    expect(played.sys.openDescriptors()).toHaveLength(played.before.length + 1);
  });

  test("at the clone names its stage", () => {
    const sys = new FakeKernel();
    const { outcome } = playLaunch({ beforeClone: () => sys.fail("vfork", "ENOSPC") }, undefined, sys);
    expect(outcome).toMatchObject({ stage: "namespaces", code: "ENOSPC" });
  });

  test("at the shim's execve ends the container, for whom nobody would wait", () => {
    const sys = new KernelWithoutShim();
    const { calls, outcome } = playLaunch({}, undefined, sys);
    expect(outcome).toMatchObject({ stage: "fork", syscall: "execve", code: "ENOENT" });
    expect(calls).toContain(`kill(${PID},9)`);
  });
});

class KernelWithoutShim extends FakeKernel {
  override execve(path: string, argv: readonly string[], envp: readonly string[]): never {
    if (argv[0] !== "docker-shim") super.execve(path, argv, envp);
    throw new SysError({ syscall: "execve", code: "ENOENT", errno: 2, path });
  }
}
