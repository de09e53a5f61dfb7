import { beforeEach, describe, expect, test, vi } from "vitest";
import { runInit } from "../../../../guest/init/init.ts";
import {
  RB_AUTOBOOT,
  RB_POWER_OFF,
  SIGCHLD,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
  WNOHANG,
} from "../../../../guest/sys/constants.ts";
import { FakeMachine } from "./fake-machine.ts";

const DOCKERD = 200;
const DOCKER = 201;

let sys: FakeMachine;
const programs = { prepare: vi.fn(), dockerd: vi.fn(), docker: vi.fn() };

beforeEach(() => {
  vi.clearAllMocks();
  sys = new FakeMachine();
});

/** As init: both services are children with these pids. */
function boot(): void {
  sys.forks.push(DOCKERD, DOCKER);
  runInit(sys, programs);
}

function signal(...numbers: readonly number[]): void {
  sys.arrivedSignals.push(...numbers.map((number) => ({ signal: number, pid: 0, status: 0 })));
  sys.poll();
}

function pipePid(): number {
  return sys.names().indexOf("drydock-pipe") + 101;
}

/** Where the first call that begins so stands. */
function at(beginning: string): number {
  const index = sys.calls.findIndex((call) => call.startsWith(beginning));
  if (index < 0) throw new Error(`nobody called ${beginning}`);
  return index;
}

describe("the start of the machine", () => {
  test("mounts first, then its name, its network, its log, its services", () => {
    boot();
    const order = [
      'mount("tmpfs","/tmp"',
      'sethostname("drydock")',
      'spawn({"path":"/bin/busybox","argv":["busybox","ip","link","set","lo","up"]',
      'writeKernelFile("/proc/sys/net/ipv4/ip_forward","1")',
      'writeKernelFile("/proc/sys/kernel/printk","5")',
      'open("/var/log/drydock.log"',
      "signalfd(",
      'spawn({"path":"/usr/bin/drydock-pipe"',
      "fork()",
    ].map(at);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(programs.prepare).toHaveBeenCalledOnce();
    expect(sys.hostname).toBe("drydock");
    expect(sys.readFile("/proc/sys/net/ipv4/ip_forward")).toBe("1");
  });

  test("leaves no process behind that is not waited for", () => {
    boot();
    const [ip] = sys.callsOf("waitpid");
    expect(ip).toBe("waitpid(101,0)");
  });

  test("makes the log of what init and its services print, and gives them nothing to read", () => {
    boot();
    sys.write(1, sys.utf8Encode("out\n"));
    sys.write(2, sys.utf8Encode("err\n"));
    expect(sys.readFile("/var/log/drydock.log")).toBe("out\nerr\n");
    expect(sys.read(0, 10)).toHaveLength(0);
  });

  test("keeps one descriptor, which brings the signals", () => {
    boot();
    expect(sys.openDescriptors()).toHaveLength(1);
    expect(sys.callsOf("signalfd")).toEqual([`signalfd(${JSON.stringify([SIGCHLD, SIGTERM, SIGUSR1, SIGUSR2])})`]);
  });

  test("appends to a log that is there", () => {
    sys.mkdirAll("/var/log");
    sys.writeFile("/var/log/drydock.log", "before\n");
    boot();
    sys.write(1, sys.utf8Encode("after\n"));
    expect(sys.readFile("/var/log/drydock.log")).toBe("before\nafter\n");
  });
});

describe("the child that becomes a service", () => {
  test("the engine runs once, starts no other service, and hears none of init's signals", () => {
    sys.forks.push(0);
    runInit(sys, programs);
    expect(programs.dockerd).toHaveBeenCalledOnce();
    expect(programs.docker).not.toHaveBeenCalled();
    expect(sys.callsOf("fork")).toHaveLength(1);
    expect(sys.openDescriptors()).toEqual([]);
    signal(SIGTERM);
    expect(sys.callsOf("reboot")).toEqual([]);
    expect(sys.readFile("/proc/self/oom_score_adj")).toBe("-998");
  });

  test("the warm command is forked by init as well, and goes first when memory is short", () => {
    sys.forks.push(DOCKERD, 0);
    runInit(sys, programs);
    expect(programs.docker).toHaveBeenCalledOnce();
    expect(programs.dockerd).not.toHaveBeenCalled();
    expect(sys.readFile("/proc/self/oom_score_adj")).toBe("0");
  });

  test("a service that is started again in the middle of reaping does not go on reaping", () => {
    boot();
    sys.advance(2000);
    sys.endChild(DOCKERD, null, 9);
    sys.endChild(DOCKER, null, 9);
    sys.forks.push(0);
    signal(SIGCHLD);
    expect(programs.dockerd).toHaveBeenCalledOnce();
    expect(programs.docker).not.toHaveBeenCalled();
    expect(sys.waitpid(-1, WNOHANG)?.pid).toBe(DOCKER);
  });
});

describe("the duty of PID 1", () => {
  test("one SIGCHLD may stand for many: every child that ended is waited for, orphans too", () => {
    boot();
    for (const orphan of [301, 302, 303]) sys.endChild(orphan, 0);
    signal(SIGCHLD);
    expect(sys.waitpid(-1, WNOHANG)).toBeNull();
  });

  test("a service among them is started again, and orphans are not", () => {
    boot();
    sys.advance(2000);
    sys.endChild(301, 0);
    sys.endChild(pipePid(), 1);
    signal(SIGCHLD);
    expect(sys.names()).toEqual(["busybox", "drydock-pipe", "drydock-pipe"]);
    expect(sys.callsOf("fork")).toHaveLength(2);
  });

  test("the last child of all may end: init waits for the restart of its services", () => {
    boot();
    for (const pid of [pipePid(), DOCKERD, DOCKER]) sys.endChild(pid, 1);
    signal(SIGCHLD);
    expect(sys.callsOf("fork")).toHaveLength(2);
    sys.advance(1000);
    expect(sys.callsOf("fork")).toHaveLength(4);
    expect(sys.names().filter((name) => name === "drydock-pipe")).toHaveLength(2);
  });
});

describe("the machine goes down", () => {
  test.each([
    ["SIGTERM, to start again", SIGTERM, RB_AUTOBOOT],
    ["SIGUSR1, for good", SIGUSR1, RB_POWER_OFF],
    ["SIGUSR2, for good", SIGUSR2, RB_POWER_OFF],
  ])("by %s", (_what, number, command) => {
    boot();
    signal(number);
    expect(sys.callsOf("reboot")).toEqual([`reboot(${command})`]);
  });

  test("not by the end of a child", () => {
    boot();
    sys.endChild(DOCKERD, null, 11);
    signal(SIGCHLD);
    expect(sys.callsOf("reboot")).toEqual([]);
  });
});
