import { describe, expect, test } from "vitest";
import { FakeExec, FakeExit, FakeSys } from "../../../../guest/sys/fake.ts";
import { contract } from "./contract.ts";

describe("FakeSys keeps the contract", () => {
  test.each(contract.map(({ name, run }) => [name, run] as const))("%s", (_, run) => {
    const sys = new FakeSys();
    sys.mkdir("/tmp/contract");
    run(sys, "/tmp/contract");
  });
});

test("calls read like strace", () => {
  const sys = new FakeSys();
  sys.mount("proc", "/proc", "proc", 14, null);
  sys.write(1, sys.utf8Encode("hi"));
  sys.capset({ effective: 1n, permitted: 3n, inheritable: 0n });
  expect(sys.calls).toEqual([
    'mount("proc","/proc","proc",14,null)',
    'write(1,"hi")',
    'capset({"effective":"1n","permitted":"3n","inheritable":"0n"})',
  ]);
});

test("a call that was told to fail fails once", () => {
  const sys = new FakeSys();
  sys.fail("mkdir", "ENOSPC");
  expect(() => sys.mkdir("/tmp/one")).toThrow("mkdir /tmp/one: ENOSPC");
  sys.mkdir("/tmp/one");
  expect(sys.exists("/tmp/one")).toBe(true);
});

test("what does not return throws", () => {
  const sys = new FakeSys();
  expect(() => sys.exit(3)).toThrow(FakeExit);
  expect(() => sys.execve("/bin/sh", ["sh"], [])).toThrow(FakeExec);
});

test("a child that ended is waited for once", () => {
  const sys = new FakeSys();
  const pid = sys.fork();
  sys.endChild(pid, 7);
  expect(sys.waitpid(-1, 0)).toEqual({ pid, code: 7, signal: null });
  expect(() => sys.waitpid(-1, 0)).toThrow("ECHILD");
});

test("the event loop calls who waits for a descriptor that has something", () => {
  const sys = new FakeSys();
  const [reader, writer] = sys.pipe();
  const heard: string[] = [];
  sys.onReadable(reader, () => heard.push(sys.utf8Decode(sys.read(reader, 10))));
  expect(sys.poll()).toBe(false);
  sys.write(writer, sys.utf8Encode("now"));
  expect(sys.poll()).toBe(true);
  expect(heard).toEqual(["now"]);
});

test("timers run when their time has come", () => {
  const sys = new FakeSys();
  const ran: string[] = [];
  sys.setTimer(100, () => ran.push("late"));
  const cancelled = sys.setTimer(50, () => ran.push("never"));
  sys.clearTimer(cancelled);
  sys.advance(99);
  expect(ran).toEqual([]);
  sys.advance(1);
  expect(ran).toEqual(["late"]);
});
