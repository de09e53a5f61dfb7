import { beforeEach, expect, test } from "vitest";
import type { TraceLine } from "../../../../../guest/api/contract/drydock.ts";
import { Tracing } from "../../../../../guest/engine/trace/tracing.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";
import { Tracer } from "../../../../../guest/sys/trace.ts";

let sys: FakeSys;
let tracing: Tracing;
let untouched: unknown;

beforeEach(() => {
  sys = new FakeSys();
  untouched = sys.umask;
  const find = (name: string): string => {
    if (name === "web" || name === "job") return `${name}-id`;
    throw new Error(`No such container: ${name}`);
  };
  const resolve = ({ id }: Readonly<Record<string, string>>): string | null => (id === undefined ? null : find(id));
  tracing = new Tracing({ sys, trace: new Tracer(sys), find, resolve });
});

/** Everything that is delivered, and a reader that may fall behind. */
function read(container = "", client = ""): { readonly lines: TraceLine[]; ready: boolean; stop: () => void } {
  const reading = { lines: [] as TraceLine[], ready: true, stop: () => {} };
  reading.stop = tracing.open(
    { container, client },
    {
      ready: () => reading.ready,
      write: (lines) => reading.lines.push(...lines),
    },
  );
  return reading;
}

function request(id: string, client: string | null, work: () => void): void {
  tracing.request({ method: "POST", path: `/containers/${id}/start`, params: { id }, client }, work);
}

/** Until what was recorded has been delivered. */
const delivered = (): Promise<void> => Promise.resolve();

test("while nobody reads, nothing is covered and work is only done", () => {
  let done = 0;
  request("web", null, () => done++);
  tracing.about("web-id", "exit", () => done++);
  expect(done).toBe(2);
  expect(sys.umask).toBe(untouched);
});

test("a call says what it was made for, with names for its numbers", async () => {
  const { lines } = read();
  request("web", "me", () => sys.mkdirAll("/run/x", 0o700));
  await delivered();
  expect(lines).toMatchObject([
    { kind: "request", method: "POST", path: "/containers/web/start", client: "me" },
    {
      kind: "call",
      call: "mkdirAll",
      args: { path: '"/run/x"', mode: "0700" },
      error: null,
      process: { pid: 100, role: "engine", depth: 0 },
      container: "web-id",
      occasion: "POST /containers/web/start",
      client: "me",
    },
  ]);
});

test("calls come in the order in which they began, a parent's before its child's", async () => {
  const { lines } = read();
  sys.vfork(() => {
    sys.advance(1);
    sys.umask(1);
    return null;
  }, {});
  sys.advance(1);
  sys.umask(2);
  await delivered();
  const calls = lines.map((line) => line.kind === "call" && [line.call, line.process.depth, line.args["mask"]]);
  expect(calls).toEqual([
    ["clone3", 0, undefined],
    ["umask", 1, "01"],
    ["umask", 0, "02"],
  ]);
});

test("a failure is its errno", async () => {
  const { lines } = read();
  expect(() => sys.rmdir("/none")).toThrow();
  await delivered();
  expect(lines).toMatchObject([{ call: "rmdir", error: "ENOENT", result: null, container: null }]);
});

test("who reads about one container is told of no other, and of no work for nobody", async () => {
  const { lines } = read("web");
  request("job", "me", () => sys.umask(1));
  sys.umask(2);
  tracing.about("web-id", "exit", () => sys.umask(3));
  await delivered();
  expect(lines).toMatchObject([{ args: { mask: "03" }, container: "web-id", occasion: "exit" }]);
});

test("a container that a request makes is the request's from then on", async () => {
  const { lines } = read();
  tracing.request({ method: "POST", path: "/containers/create", params: {}, client: "me" }, () => {
    sys.umask(1);
    tracing.note("new-id");
    sys.umask(2);
  });
  sys.umask(3);
  await delivered();
  expect(lines.slice(1).map((line) => line.kind === "call" && line.container)).toEqual([null, "new-id", null]);
});

test("who reads about a client is told of its requests, and of the end of their containers", async () => {
  const { lines } = read("", "me");
  request("job", "you", () => sys.umask(1));
  request("web", null, () => sys.umask(2));
  request("web", "me", () => sys.umask(3));
  tracing.about("web-id", "exit", () => sys.umask(4));
  tracing.about("job-id", "exit", () => sys.umask(5));
  request("web", null, () => tracing.about("web-id", "start", () => sys.umask(6)));
  await delivered();
  expect(lines).toMatchObject([
    { kind: "request", client: "me" },
    { kind: "call", args: { mask: "03" } },
    { kind: "call", args: { mask: "04" }, occasion: "exit" },
  ]);
});

test("a reader that falls behind is told how much it missed, and the engine does not wait", async () => {
  const reading = read();
  reading.ready = false;
  sys.umask(1);
  sys.umask(2);
  await delivered();
  expect(reading.lines).toEqual([]);
  reading.ready = true;
  sys.umask(3);
  await delivered();
  expect(reading.lines).toMatchObject([
    { kind: "lost", count: 2 },
    { kind: "call", args: { mask: "03" } },
  ]);
});

test("when the last reader goes, the calls are as they were", async () => {
  const first = read();
  const second = read();
  const covered = sys.umask;
  first.stop();
  expect(sys.umask).toBe(covered);
  second.stop();
  expect(sys.umask).not.toBe(covered);
  sys.umask(1);
  await delivered();
  expect(second.lines).toEqual([]);
});

test("a container that is not there is refused, and nothing is traced for it", () => {
  expect(() => read("nope")).toThrow("No such container: nope");
  expect(sys.umask).toBe(untouched);
});
