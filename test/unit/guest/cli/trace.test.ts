import { expect, test } from "vitest";
import type { TraceCall, TraceLine } from "../../../../guest/api/contract/drydock.ts";
import { Recording } from "../../../../guest/cli/commands/trace.ts";
import { formatTrace } from "../../../../guest/cli/output/trace-listing.ts";

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

function record(lines: readonly TraceLine[]): Recording {
  const recording = new Recording("me");
  for (const line of lines) recording.add(line);
  return recording;
}

test("calls stand below their request in the order in which they began, children indented", () => {
  const init = { pid: 98, role: "init", depth: 2 };
  const lines = [
    request(`/containers/${WEB}/start`),
    call({ time: 1005.5, process: init, call: "mount", args: { target: `"/x/${WEB}"`, flags: "MS_BIND" } }),
    call({
      time: 1002,
      duration: 30,
      call: "clone3",
      result: "97",
      source: { file: "guest/runtime/monitor.ts", line: 112 },
    }),
    call({ time: 1040, call: "open", error: "ENOENT", source: null }),
  ];
  expect(formatTrace(record(lines), false)).toBe(
    [
      "  AT (ms)      TOOK  PROCESS    SOURCE                  CALL",
      "POST /containers/8f1f2a0c9d3e…/start",
      "    2.000    30.000  engine 47  runtime/monitor.ts:112  clone3() = 97",
      '    5.500     0.250  init 98    runtime/init.ts:45          mount("/x/8f1f2a0c9d3e…", MS_BIND)',
      "   40.000     0.250  engine 47                          open() = ENOENT",
      "3 calls in 2 processes, 1 failed, 0.500 ms in the kernel",
      "",
    ].join("\n"),
  );
});

test("a terminal sees what failed in red", () => {
  const lines = [request(`/containers/${WEB}/start`), call({ error: "EPERM" })];
  expect(formatTrace(record(lines), true)).toContain("\u001b[31mumask() = EPERM\u001b[0m\n");
});

test("a request that needs no call says so", () => {
  expect(formatTrace(record([request("/containers/json")]), false)).toBe(
    "POST /containers/json\n           answered from memory\nThe engine asked the kernel for nothing.\n",
  );
});

test("calls that came too fast are counted", () => {
  const text = formatTrace(record([call({}), { kind: "lost", count: 3 }]), false);
  expect(text).toContain(
    "1 call in 1 process, 0 failed, 0.250 ms in the kernel, and 3 more that came too fast to be kept",
  );
});

test("it is over when our own ping has been seen", async () => {
  const recording = record([]);
  const over = recording.waitForPing();
  recording.add(request("/_ping"));
  await over;
  expect(recording.lines).toEqual([]);
});
