import { expect, test } from "vitest";
import { FakeSys } from "../../../../guest/sys/fake.ts";
import { callerPosition, Tracer } from "../../../../guest/sys/trace.ts";
import { RING_BYTES, type RingRecord, TraceRing } from "../../../../guest/sys/trace-ring.ts";

const WEB = { container: "web", occasion: "POST /containers/web/start", asked: true, client: null };

function traced(): { readonly sys: FakeSys; readonly trace: Tracer } {
  const sys = new FakeSys();
  return { sys, trace: new Tracer(sys) };
}

test("a traced call is recorded with its arguments by name", () => {
  const { sys, trace } = traced();
  trace.start();
  trace.subject = WEB;
  sys.mount("proc", "/proc", "proc", 14, null);
  const [record] = trace.read(0).records;
  expect(record).toMatchObject({
    sequence: 0,
    pid: 100,
    call: "mount",
    args: { source: "proc", target: "/proc", type: "proc", flags: 14, data: null },
    outcome: { kind: "result" },
    process: { role: "engine", depth: 0, number: 0 },
    subject: WEB,
  });
});

test("a call that failed is recorded with its errno, and still fails", () => {
  const { sys, trace } = traced();
  trace.start();
  expect(() => sys.mkdir("/none/dir")).toThrow("ENOENT");
  expect(trace.read(0).records[0]?.outcome).toEqual({ kind: "error", code: "ENOENT" });
});

test("exec is recorded before it is made, because nothing comes back from it", () => {
  const { sys, trace } = traced();
  trace.start();
  expect(() => sys.exit(0)).toThrow();
  expect(trace.read(0).records[0]).toMatchObject({ call: "exit_group", outcome: { kind: "gone" } });
});

test("nothing is recorded, and no method is covered, when the trace is off", () => {
  const { sys, trace } = traced();
  const untouched = sys.mkdir;
  trace.start();
  expect(sys.mkdir).not.toBe(untouched);
  trace.stop();
  sys.mkdirAll("/tmp/quiet");
  expect(trace.read(0).records).toEqual([]);
});

test("reading goes on where the last reading ended", () => {
  const { sys, trace } = traced();
  trace.start();
  sys.umask(0o22);
  const { next } = trace.read(0);
  sys.umask(0o77);
  expect(trace.read(next).records.map(({ args }) => args)).toEqual([{ mask: 0o77 }]);
});

test("the ring forgets the oldest and says how many were lost", () => {
  const ring = new TraceRing(new ArrayBuffer(RING_BYTES), new FakeSys());
  for (let count = 0; count < 3000; count++) ring.append(record(`call ${count}`));
  const { records, lost, next } = ring.read(0);
  expect({ first: records[0]?.call, lost, next, count: records.length }).toEqual({
    first: "call 952",
    lost: 952,
    next: 3000,
    count: 2048,
  });
});

test("a record that is too long loses its arguments, not its call", () => {
  const ring = new TraceRing(new ArrayBuffer(RING_BYTES), new FakeSys());
  const args = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`argument${index}`, "x".repeat(100)]));
  ring.append({ ...record("execve"), args });
  expect(ring.read(0).records[0]).toMatchObject({ call: "execve", args: { truncated: true } });
});

test("what a child of vfork does is recorded as its own, with the role that it was given", () => {
  const { sys, trace } = traced();
  trace.start();
  const pid = sys.vfork(
    () => {
      sys.umask(0o22);
      return null;
    },
    { role: "init" },
  );
  sys.umask(0o77);
  const calls = trace.read(0).records.map(({ call, pid: by, process }) => ({ call, by, ...process }));
  expect(calls).toEqual([
    { call: "umask", by: pid, role: "init", depth: 1, number: 1 },
    { call: "clone3", by: 100, role: "engine", depth: 0, number: 0 },
    { call: "umask", by: 100, role: "engine", depth: 0, number: 0 },
  ]);
});

test("the listener is told once of many records, when the work that made them is over", async () => {
  const { sys, trace } = traced();
  let told = 0;
  trace.onRecords(() => told++);
  trace.start();
  sys.umask(0o22);
  sys.umask(0o77);
  expect(told).toBe(0);
  await Promise.resolve();
  expect(told).toBe(1);
  sys.umask(0o22);
  await Promise.resolve();
  expect(told).toBe(2);
});

test("a subject of long ago is forgotten, not mistaken for a newer one", () => {
  const { sys, trace } = traced();
  trace.start();
  trace.subject = WEB;
  sys.umask(0o22);
  for (let count = 0; count < 300; count++) trace.subject = null;
  expect(trace.read(0).records[0]?.subject).toBeNull();
});

test("the caller's position is that of the second frame", () => {
  const stack = "    at <anonymous> (main.js:10:4)\n    at mountProc (main.js:300:12)\n    at run (main.js:1:1)\n";
  expect(callerPosition(stack)).toEqual({ line: 300, column: 12 });
  expect(callerPosition(undefined)).toBeNull();
});

function record(call: string): Omit<RingRecord, "sequence"> {
  const outcome = { kind: "result", value: 0 } as const;
  const process = { role: "engine", depth: 0, number: 0 };
  return { time: 1n, duration: 2, pid: 3, call, args: {}, outcome, source: null, subject: 0, process };
}
