/** Commands that stand between a person's terminal and a container: raw mode, keys, sizes, readers that go away. */
import { describe, expect, test } from "vitest";
import { WEB } from "./engine-answers.ts";
import { type Play, type Played, play } from "./fake-engine.ts";
import type { Route } from "./scenario.ts";

const type = "application/vnd.docker.multiplexed-stream";
const routes: readonly Route[] = [
  { request: "POST /containers/create", status: 201, body: { Id: WEB, Warnings: [] } },
  { request: `POST /containers/${WEB}/attach`, status: 101, type },
  { request: `POST /containers/${WEB}/wait`, body: { StatusCode: 7 } },
  { request: `POST /containers/${WEB}/start`, status: 204 },
  { request: `POST /containers/${WEB}/resize`, status: 200 },
  { request: `POST /containers/${WEB}/kill`, status: 204 },
  { request: "GET /containers/web/logs", type },
];

function docker(line: string, options: Play = {}): Promise<Played> {
  return play({ name: "attached", argv: line.split(" "), routes }, options);
}

const terminal = { rows: 31, columns: 77 };

describe("run -it", () => {
  test("makes the terminal raw while the container has it, and gives its size", async () => {
    const { code, terminalCalls, requests } = await docker("run -it busybox sh", { terminal });
    expect(code).toBe(7);
    expect(terminalCalls).toEqual(["raw 0", "restore 0"]);
    const resize = requests.find(({ path }) => path.endsWith("/resize"));
    expect(resize?.query).toEqual({ h: "31", w: "77" });
    expect(requests[0]?.body).toMatchObject({ HostConfig: { ConsoleSize: [31, 77] } });
  });

  test("the detach keys end it with 0, the terminal as it was", async () => {
    const played = await docker("run -it busybox sh", { terminal, events: [{ kind: "detached" }] });
    expect(played).toMatchObject({ code: 0, stderr: "", terminalCalls: ["raw 0", "restore 0"] });
  });
});

describe("a signal during run", () => {
  test("is the container's, by name", async () => {
    const { code, requests } = await docker("run busybox sleep 9", { events: [{ kind: "signal" }], signals: [2] });
    expect(code).toBe(7);
    expect(requests.find(({ path }) => path.endsWith("/kill"))?.query).toEqual({ signal: "INT" });
  });

  test("ends the client with 128 and its number when --sig-proxy is off", async () => {
    const events: Play = { events: [{ kind: "signal" }], signals: [15] };
    const { code, requests } = await docker("run --sig-proxy=false busybox sleep 9", events);
    expect(code).toBe(143);
    expect(requests.some(({ path }) => path.endsWith("/kill"))).toBe(false);
  });
});

describe("a reader that went away", () => {
  const events = [{ kind: "error", message: "write: Broken pipe" }] as const;

  test("is told by run, which hears of SIGPIPE like of any signal", async () => {
    const played = await docker("run busybox yes", { events });
    expect(played).toMatchObject({ code: 1, stderr: "write /dev/stdout: broken pipe\n" });
  });

  test("ends logs as SIGPIPE would, without a word", async () => {
    expect(await docker("logs web", { events })).toMatchObject({ code: 141, stderr: "" });
  });

  test("ends whatever prints", async () => {
    expect(await docker("--version", { noReader: true })).toMatchObject({ code: 141, stderr: "" });
  });
});
