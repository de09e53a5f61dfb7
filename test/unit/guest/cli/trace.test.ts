import { expect, test } from "vitest";
import type { TraceCall, TraceLine } from "../../../../guest/api/contract/drydock.ts";
import type { Cli } from "../../../../guest/cli/cli.ts";
import { TraceNarration } from "../../../../guest/cli/commands/trace.ts";
import { TraceListing } from "../../../../guest/cli/output/trace-listing.ts";

const WEB = "8f1f2a0c9d3e4b5a6c7d8e9f00112233445566778899aabbccddeeff00112233";

function call(part: Partial<TraceCall>): TraceCall {
  return {
    kind: "call",
    sequence: 0,
    time: 1000,
    duration: 0.25,
    process: { pid: 47, role: "engine", depth: 0 },
    call: "umask",
    args: {},
    result: null,
    error: null,
    source: { file: "guest/runtime/init.ts", line: 45 },
    container: WEB,
    occasion: `POST /containers/${WEB}/start`,
    client: "me",
    ...part,
  };
}

function request(path: string): TraceLine {
  return { kind: "request", time: 1000, method: "POST", path, client: "me" };
}

function print(lines: readonly TraceLine[], colours = false): string {
  const listing = new TraceListing(colours);
  return lines.map((line) => listing.add(line)).join("") + listing.summary();
}

test("calls stand below their request as they come, children indented", () => {
  const init = { pid: 98, role: "init", depth: 2 };
  const lines = [
    request(`/containers/${WEB}/start`),
    call({
      time: 1002,
      duration: 30,
      call: "clone3",
      result: "97",
      source: { file: "guest/runtime/monitor.ts", line: 112 },
    }),
    call({ time: 1005.5, process: init, call: "mount", args: { target: `"/x/${WEB}"`, flags: "MS_BIND" } }),
    call({ time: 1040, call: "open", error: "ENOENT", source: null }),
  ];
  expect(print(lines)).toBe(
    [
      "  AT (ms)      TOOK  PROCESS      SOURCE                              CALL",
      "POST /containers/8f1f2a0c9d3e…/start",
      "    2.000    30.000  engine 47    runtime/monitor.ts:112              clone3() = 97",
      '    5.500     0.250  init 98      runtime/init.ts:45                      mount("/x/8f1f2a0c9d3e…", MS_BIND)',
      "   40.000     0.250  engine 47                                        open() = ENOENT",
      "3 calls in 2 processes, 1 failed, 0.500 ms in the kernel",
      "",
    ].join("\n"),
  );
});

test("a call for an earlier request, or for none, stands below a heading of its own", () => {
  const lines = [
    request("/containers/web/attach"),
    request("/containers/web/wait"),
    call({ occasion: "POST /containers/web/attach" }),
    call({ occasion: "exit" }),
    call({ occasion: null }),
    call({ occasion: null }),
  ];
  const headings = print(lines)
    .split("\n")
    .filter((line) => /^\w/.test(line));
  expect(headings).toEqual([
    "POST /containers/web/attach",
    "POST /containers/web/wait",
    "POST /containers/web/attach",
    "exit",
    "engine",
    expect.stringMatching(/^4 calls/),
  ]);
});

test("a terminal sees what failed in red", () => {
  const lines = [request(`/containers/${WEB}/start`), call({ error: "EPERM" })];
  expect(print(lines, true)).toContain("\u001b[31mumask() = EPERM\u001b[0m\n");
});

test("a request that needs no call says so", () => {
  expect(print([request("/containers/json")])).toBe(
    [
      "  AT (ms)      TOOK  PROCESS      SOURCE                              CALL",
      "POST /containers/json",
      "The engine asked the kernel for nothing: it answered from memory.",
      "",
    ].join("\n"),
  );
});

test("calls that came too fast are counted", () => {
  expect(print([call({}), { kind: "lost", count: 3 }])).toContain(
    "1 call in 1 process, 0 failed, 0.250 ms in the kernel, and 3 more that came too fast to be kept",
  );
});

/** A narration of lines by their paths, and the pings that it has sent. */
function narrate(): { readonly narration: TraceNarration; readonly said: string[]; readonly pings: number[] } {
  const said: string[] = [];
  const pings: number[] = [];
  const client = {
    ping: () => {
      pings.push(said.length);
      return Promise.resolve({});
    },
  };
  const cli = { client, printError: (text: string) => said.push(text) } as unknown as Cli;
  const add = (line: TraceLine): string => (line.kind === "request" ? line.path : line.kind);
  const narration = new TraceNarration(cli, { add, summary: () => "" });
  narration.follow(new Promise(() => {}));
  return { narration, said, pings };
}

test("what comes before our own ping is printed before the container has the terminal, the rest when it is back", async () => {
  const { narration, said, pings } = narrate();
  const paused = narration.pause();
  narration.add(request("/containers/web/start"));
  narration.add(request("/_ping"));
  await paused;
  narration.add(request("/containers/web/resize"));
  expect(said).toEqual(["/containers/web/start"]);
  narration.resume();
  narration.add(request("/containers/web/wait"));
  expect(said).toEqual(["/containers/web/start", "/containers/web/resize", "/containers/web/wait"]);
  expect(pings).toEqual([0]);
});

test("an engine that has gone is not waited for", async () => {
  const { narration } = narrate();
  narration.follow(Promise.resolve());
  await expect(narration.catchUp()).resolves.toBeUndefined();
});
