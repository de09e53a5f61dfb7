/** The Engine API on its real socket: any client, also one that means harm. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { EngineClient, RawStream } from "../../guest/api/client.ts";
import type { EventMessage } from "../../guest/api/contract/event.ts";
import { FrameReader } from "../../guest/api/wire/frames.ts";
import { bootVm, type Vm } from "../support/vm.ts";
import { hasSwagger, problemsOf } from "../unit/guest/api/swagger.ts";

const SOCKET = "/run/docker.sock";

let vm: Vm;
let engine: EngineClient;

beforeAll(async () => {
  vm = await bootVm();
  engine = vm.engine;
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

/** What comes out of a stream until it ends. */
function readStream({ connection, rest, multiplexed }: RawStream): Promise<{ out: string; err: string }> {
  const text = new TextDecoder();
  const seen = { out: "", err: "" };
  const frames = new FrameReader((stream, data) => {
    seen[stream === "stderr" ? "err" : "out"] += text.decode(data);
  });
  const take = (bytes: Uint8Array): void => {
    if (multiplexed) frames.push(bytes);
    else seen.out += text.decode(bytes);
  };
  return new Promise((resolve) => {
    take(rest);
    connection.onData(take);
    connection.onEnd(() => {
      connection.close();
      resolve(seen);
    });
  });
}

/** Bytes to the socket, and what comes back until the engine closes. */
async function speak(bytes: string): Promise<string> {
  let answer = "";
  const text = new TextDecoder();
  let finish = (): void => {};
  const closed = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const channel = await vm.open(
    { kind: "unix", path: SOCKET },
    {
      data: (_stream, data) => {
        answer += text.decode(data);
      },
      closed: () => finish(),
    },
  );
  await channel.write(new TextEncoder().encode(bytes));
  await closed;
  return answer;
}

describe("a container's life over the API", () => {
  test("create, attach, wait, start: what it printed and how it ended", async () => {
    const command = ["sh", "-c", "echo out; echo err >&2; cat; exit 4"];
    const { Id } = await engine.createContainer({
      Image: "busybox",
      Cmd: command,
      OpenStdin: true,
      StdinOnce: true,
      HostConfig: { AutoRemove: true },
    });
    const stream = await engine.attachContainer(Id, { stdin: true, stdout: true, stderr: true, stream: true });
    const seen = readStream(stream);
    const waiting = await engine.waitContainer(Id, "removed");
    await engine.startContainer(Id);
    stream.connection.write(new TextEncoder().encode("typed\n"));
    stream.connection.end();
    expect(await waiting.result).toEqual({ StatusCode: 4 });
    expect(await seen).toEqual({ out: "out\ntyped\n", err: "err\n" });
    await expect(engine.inspectContainer(Id)).rejects.toMatchObject({
      kind: "notFound",
      message: `No such container: ${Id}`,
    });
  });

  test("a container that is started twice or stopped twice is as it was", async () => {
    await engine.createContainer({ Image: "busybox", Cmd: ["sleep", "100"] }, { name: "twice" });
    await engine.startContainer("twice");
    await engine.startContainer("twice");
    await engine.stopContainer("twice", { timeout: 0 });
    await engine.stopContainer("twice");
    expect((await engine.inspectContainer("twice")).State).toMatchObject({ Status: "exited", ExitCode: 137 });
  });

  test("its events come in order, to several listeners, filtered", async () => {
    const all: EventMessage[] = [];
    const some: EventMessage[] = [];
    const subscriptions = [
      await engine.events({ filters: { container: ["told"] } }, (event) => all.push(event)),
      await engine.events({ filters: { event: ["die"], label: ["heard=yes"] } }, (event) => some.push(event)),
    ];
    await engine.createContainer({ Image: "busybox", Cmd: ["true"], Labels: { heard: "yes" } }, { name: "told" });
    const waiting = await engine.waitContainer("told", "next-exit");
    await engine.startContainer("told");
    await waiting.result;
    await engine.removeContainer("told");
    await expect.poll(() => all.map((event) => event.Action)).toEqual(["create", "start", "die", "destroy"]);
    expect(some.map((event) => event.Actor.Attributes)).toEqual([
      expect.objectContaining({ name: "told", exitCode: "0", heard: "yes", image: "busybox" }),
    ]);
    for (const { close, closed } of subscriptions) {
      closed.catch(() => {});
      close();
    }
  });

  test("an exec has its own streams, exit code and inspection", async () => {
    await engine.createContainer({ Image: "busybox", Cmd: ["sleep", "100"] }, { name: "host" });
    await engine.startContainer("host");
    const { Id } = await engine.createExec("host", {
      Cmd: ["sh", "-c", "cat; echo $A >&2; exit 9"],
      Env: ["A=b"],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await engine.startExec(Id, {});
    const seen = readStream(stream);
    stream.connection.write(new TextEncoder().encode("in"));
    stream.connection.end();
    expect(await seen).toEqual({ out: "in", err: "b\n" });
    await expect.poll(async () => (await engine.inspectExec(Id)).ExitCode).toBe(9);
    await expect(engine.startExec(Id, {})).rejects.toMatchObject({ kind: "conflict" });
  });

  test("an attached terminal has the size that it was given, then the one it was changed to", async () => {
    const command = ["sh", "-c", "stty size; read x; stty size"];
    const { Id } = await engine.createContainer({
      Image: "busybox",
      Cmd: command,
      Tty: true,
      OpenStdin: true,
      HostConfig: { ConsoleSize: [30, 100] },
    });
    const stream = await engine.attachContainer(Id, { stdin: true, stdout: true, stream: true });
    expect(stream.multiplexed).toBe(false);
    const seen = readStream(stream);
    await engine.startContainer(Id);
    await engine.resizeContainer(Id, { rows: 20, columns: 60 });
    stream.connection.write(new TextEncoder().encode("\n"));
    const { out } = await seen;
    expect(out.match(/\d+ \d+/g)?.at(-1)).toBe("20 60");
  });
});

describe("clients that mean harm", () => {
  test.each([
    ["garbage", "\x01\x02\x03\r\n\r\n", "400"],
    ["a head without end", `GET / HTTP/1.1\r\nA: ${"x".repeat(70_000)}`, "431"],
    [
      "a body that is no JSON",
      "POST /containers/create HTTP/1.1\r\nConnection: close\r\nContent-Length: 3\r\n\r\n{{{",
      "400",
    ],
    ["a body without end", "POST /containers/create HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "413"],
    ["broken chunks", "POST /containers/create HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"],
    ["a path that climbs", "GET /containers/..%2f..%2fetc/json HTTP/1.1\r\nConnection: close\r\n\r\n", "404"],
    ["a version that is too new", "GET /v9.9/info HTTP/1.1\r\nConnection: close\r\n\r\n", "400"],
    ["an unknown page", "GET /nothing HTTP/1.1\r\nConnection: close\r\n\r\n", "404"],
  ])("%s is refused", async (_what, bytes, status) => {
    expect(await speak(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await engine.ping()).apiVersion).toBe("1.45");
  });

  test("a hundred half requests do not keep anybody out", async () => {
    const open = [];
    for (let n = 0; n < 100; n++) {
      const channel = await vm.open({ kind: "unix", path: SOCKET }, { data() {}, closed() {} });
      await channel.write(new TextEncoder().encode("GET /_ping HT"));
      open.push(channel);
    }
    expect((await engine.ping()).apiVersion).toBe("1.45");
    for (const channel of open) channel.close();
  });

  test("an attached client that goes away leaves the container alone", async () => {
    await engine.createContainer(
      { Image: "busybox", Cmd: ["sh", "-c", "while :; do echo x; sleep 0.05; done"] },
      { name: "loud" },
    );
    const stream = await engine.attachContainer("loud", { stdout: true, stream: true });
    await engine.startContainer("loud");
    stream.connection.close();
    await vm.sh("sleep 0.3");
    expect((await engine.inspectContainer("loud")).State.Running).toBe(true);
  });
});

describe.skipIf(!hasSwagger)("answers are as the specification says", () => {
  test("of the system, the images, a running container and an exec", async () => {
    await engine.createContainer({ Image: "busybox", Cmd: ["sleep", "100"] }, { name: "spec" });
    await engine.startContainer("spec");
    const { Id } = await engine.createExec("spec", { Cmd: ["true"] });
    await engine.startExecDetached(Id, {});
    // Null until it is over, as in Docker, whatever the specification says.
    await expect.poll(async () => (await engine.inspectExec(Id)).ExitCode).toBe(0);
    const answers: readonly (readonly [string, unknown])[] = [
      ["/info", await engine.info()],
      ["/version", await engine.version()],
      ["/containers/json", await engine.listContainers({ all: true, size: true })],
      ["/containers/{id}/json", await engine.inspectContainer("spec", { size: true })],
      ["/exec/{id}/json", await engine.inspectExec(Id)],
      ["/images/json", await engine.listImages()],
      ["/images/{name}/json", await engine.inspectImage("busybox")],
    ];
    for (const [path, answer] of answers) expect([path, problemsOf("get", path, 200, answer)]).toEqual([path, []]);
  });
});
