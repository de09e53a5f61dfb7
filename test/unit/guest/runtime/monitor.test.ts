import { describe, expect, test } from "vitest";
import { type Launch, runMonitor } from "../../../../guest/runtime/monitor.ts";
import { FakeExit } from "../../../../guest/sys/fake.ts";
import { FakeKernel } from "./fake-kernel.ts";

const PID = 4001;

interface Played {
  readonly sys: FakeKernel;
  readonly calls: readonly string[];
  readonly status: string;
}

/** Plays the monitor; the new process does `child` at the moment of its birth. */
function playMonitor(change: Partial<Launch>, child: (sys: FakeKernel, monitor: number) => void): Played {
  const sys = new FakeKernel();
  sys.mkdirAll("/run/docker/shim");
  sys.mkdirAll("/sys/fs/cgroup/docker");
  // What a daemon has open besides.
  for (let index = 0; index < 5; index += 1) sys.pipe();
  const cgroup = sys.open("/sys/fs/cgroup/docker", 0);
  const [, status] = sys.pipe();
  const [gate] = sys.pipe();
  const launch: Launch = {
    id: "abc",
    shim: {
      binary: "/usr/bin/drydock",
      listenSocketPath: "/run/docker/shim/abc.sock",
      exitFile: "/run/exit.json",
      log: { path: "/log", maxSize: -1, maxFiles: 1 },
      openStdin: false,
      stdinOnce: false,
    },
    terminal: false,
    status,
    gate,
    cgroup,
    container: null,
    cloneFlags: 0x20000000,
    beforeClone: () => {},
    child: () => {
      throw new Error("the monitor is the parent here");
    },
    ...change,
  };
  sys.forks.push(PID);
  const clone = sys.clone;
  sys.clone = (flags, options) => {
    const pid = clone(flags, options);
    // The newest descriptor is the child's end of the pair.
    child(sys, Math.max(...sys.openDescriptors()));
    return pid;
  };
  sys.calls.length = 0;
  // Here daemon and child share one table: what the child closes must stay open for the daemon.
  sys.closeFrom = (first) => {
    sys.calls.push(`closeFrom(${first})`);
  };
  let text = "";
  sys.write = ((write) => (fd: number, data: Uint8Array) => {
    text += sys.utf8Decode(data);
    return write(fd, data);
  })(sys.write);
  expect(() => runMonitor(sys, launch)).toThrow(FakeExit);
  return { sys, calls: sys.calls, status: text };
}

const ready = (sys: FakeKernel, monitor: number): void => {
  sys.sendmsg(monitor, new Uint8Array(1));
};

describe("the monitor", () => {
  test("keeps three of the daemon's descriptors and closes all others", () => {
    const { calls } = playMonitor({}, ready);
    expect(calls.find((call) => call.startsWith("closeFrom("))).toBe("closeFrom(7)");
  });

  test("cannot be looked into by the container before it clones", () => {
    const { calls } = playMonitor({}, ready);
    const PR_SET_DUMPABLE = "prctl(4,0)";
    expect(calls.indexOf(PR_SET_DUMPABLE)).toBeGreaterThan(-1);
    expect(calls.indexOf(PR_SET_DUMPABLE)).toBeLessThan(calls.findIndex((call) => call.startsWith("clone(")));
  });

  test("says the pid and becomes the shim with the streams' other ends", () => {
    const { calls, status } = playMonitor({}, ready);
    expect(status).toContain(`pid ${PID}\n`);
    const exec = calls.find((call) => call.startsWith("execve(")) ?? "";
    expect(exec).toContain(
      'execve("/usr/bin/drydock",["docker-shim","--id","abc","--pid","4001","--exit","/run/exit.json"',
    );
    for (const option of ["--listen", "--stdout", "--stderr", "--log"]) expect(exec).toContain(`"${option}"`);
    for (const option of ["--stdin", "--tty", "--stdin-once"]) expect(exec).not.toContain(`"${option}"`);
  });

  test("gives the shim the input's end when input is wanted", () => {
    const shim = {
      binary: "/usr/bin/drydock",
      listenSocketPath: "/run/docker/shim/abc.sock",
      exitFile: "/e",
      log: null,
    };
    const { calls } = playMonitor({ shim: { ...shim, openStdin: true, stdinOnce: true } }, ready);
    const exec = calls.find((call) => call.startsWith("execve(")) ?? "";
    expect(exec).toContain('"--stdin"');
    expect(exec).toContain('"--stdin-once"');
    expect(exec).not.toContain('"--log"');
  });

  test("gives the shim the terminal's master when there is one", () => {
    const { calls } = playMonitor({ terminal: true }, (sys, monitor) => {
      sys.sendmsg(monitor, new Uint8Array(1), [sys.openPty("/dev/pts").master]);
      sys.sendmsg(monitor, new Uint8Array(1));
    });
    const exec = calls.find((call) => call.startsWith("execve(")) ?? "";
    expect(exec).toContain('"--tty"');
    expect(exec).not.toContain('"--stdout"');
  });

  test("waits for a child that fails and ends with it, without a shim", () => {
    const { calls } = playMonitor({}, (sys, monitor) => {
      sys.shutdown(monitor, 1);
      sys.endChild(PID, 1);
    });
    expect(calls).toContain(`waitpid(${PID},0)`);
    expect(calls.some((call) => call.startsWith("execve("))).toBe(false);
  });

  test("that cannot clone says why", () => {
    const { status } = playMonitor(
      {
        beforeClone: () => {
          throw new Error("no");
        },
      },
      ready,
    );
    expect(JSON.parse(status)).toMatchObject({ stage: "namespaces" });
  });
});
