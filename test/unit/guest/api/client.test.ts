import { beforeEach, describe, expect, test } from "vitest";
import { type Connection, EngineClient, type Transport } from "../../../../guest/api/client.ts";
import { EngineError } from "../../../../guest/api/contract/errors.ts";
import type { EventMessage } from "../../../../guest/api/contract/event.ts";
import { listenForApi, serveApi } from "../../../../guest/api/serve.ts";
import { FakeSys } from "../../../../guest/sys/fake.ts";
import { SysError } from "../../../../guest/sys/sys.ts";
import { FakeBackend } from "./fake-backend.ts";
import { fakeTransport } from "./fake-client.ts";

const SOCKET = "/run/docker.sock";
let sys: FakeSys;
let backend: FakeBackend;
let client: EngineClient;

beforeEach(() => {
  sys = new FakeSys();
  sys.mkdirAll("/run");
  backend = new FakeBackend();
  serveApi(sys, backend, [listenForApi(sys)]);
  client = new EngineClient(fakeTransport(sys, SOCKET));
});

function connects(): number {
  return sys.calls.filter((call) => call.startsWith("connect(")).length;
}

/** A transport whose server says exactly this. */
function scripted(answer: string): Transport {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const text = {
    encode: (value: string) => encoder.encode(value),
    decode: (bytes: Uint8Array) => decoder.decode(bytes),
  };
  const open = (): Promise<Connection> => {
    let onData = (_bytes: Uint8Array): void => {};
    let onEnd = (_error: Error | null): void => {};
    return Promise.resolve({
      write() {
        queueMicrotask(() => {
          if (answer !== "") onData(encoder.encode(answer));
          queueMicrotask(() => onEnd(null));
        });
      },
      end() {},
      onData(listener) {
        onData = listener;
      },
      onEnd(listener) {
        onEnd = listener;
      },
      close() {},
    });
  };
  return { open, text };
}

describe("the engine's client, against its server", () => {
  test("ping reads the headers", async () => {
    expect(await client.ping()).toMatchObject({ apiVersion: "1.45", osType: "linux", builderVersion: "1" });
  });

  test("one connection serves one call after the other", async () => {
    await client.ping();
    await client.info();
    await client.listContainers();
    expect(connects()).toBe(1);
  });

  test("a connection that has ended with its engine is replaced when it is needed", async () => {
    const transport = fakeTransport(sys, SOCKET);
    const opened: Connection[] = [];
    client = new EngineClient({
      ...transport,
      open: async () => {
        const connection = await transport.open();
        opened.push(connection);
        return connection;
      },
    });
    await client.ping();
    const [first] = opened;
    if (first === undefined) throw new Error("ping opened no connection");
    first.write = () => {
      throw new SysError({ syscall: "write", code: "EPIPE", errno: 32 });
    };
    await client.startContainer("web");
    expect(opened).toHaveLength(2);
    expect(backend.calls.filter(([method]) => method.includes("start"))).toHaveLength(1);
  });

  test("an idle connection that was told to have ended is not used again", async () => {
    const transport = scripted("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    let opened = 0;
    client = new EngineClient({
      ...transport,
      open: () => {
        opened += 1;
        return transport.open();
      },
    });
    await client.info();
    // The end comes in a turn of its own, after the answer.
    await Promise.resolve();
    await client.info();
    expect(opened).toBe(2);
  });

  test("an idle connection that breaks under a question is replaced, under an order it is not", async () => {
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    const broken = async (): Promise<Connection> => await scripted("").open();
    let opened = 0;
    const transport = {
      ...scripted(answer),
      open: () => {
        opened += 1;
        return scripted(answer).open();
      },
    };
    expect(await new EngineClient(transport, await broken()).info()).toEqual({});
    expect(opened).toBe(1);
    await expect(new EngineClient(transport, await broken()).startContainer("web")).rejects.toBeInstanceOf(Error);
    expect(opened).toBe(1);
  });

  test("a connection that somebody let go of is used first", async () => {
    const transport = fakeTransport(sys, SOCKET);
    const first = new EngineClient(transport);
    await first.ping();
    client = new EngineClient(transport, first.takeIdle());
    await client.info();
    expect(connects()).toBe(1);
    expect(first.takeIdle()).toBe(null);
  });

  test("requests say what was meant", async () => {
    await client.createContainer({ Image: "bé", Cmd: ["a b"] }, { name: "web" });
    await client.listContainers({ all: true, filters: { label: ["a=b", "c"] } });
    await client.stopContainer("web", { timeout: 3 });
    await client.restartContainer("web", { signal: "INT" });
    await client.killContainer("web", "HUP");
    await client.pauseContainer("web");
    await client.unpauseContainer("web");
    await client.renameContainer("web", "shop");
    await client.updateContainer("web", { Memory: 1 });
    await client.removeContainer("web", { force: true });
    await client.resizeContainer("web", { rows: 4, columns: 5 });
    await client.inspectImage("quay.io/a/b:c");
    const filters = new Map([["label", ["a=b", "c"]]]);
    expect(backend.calls).toEqual([
      ["create", { Image: "bé", Cmd: ["a b"] }, { name: "web", platform: "" }],
      ["list", { all: true, limit: 0, size: false, filters }],
      ["stop", "web", { signal: "", timeout: 3 }],
      ["restart", "web", { signal: "INT", timeout: null }],
      ["kill", "web", "HUP"],
      ["pause", "web"],
      ["unpause", "web"],
      ["rename", "web", "shop"],
      ["update", "web", { Memory: 1 }],
      ["remove", "web", { force: true, volumes: false }],
      ["resize", "web", { rows: 4, columns: 5 }],
      ["image", "quay.io/a/b:c"],
    ]);
  });

  test("so do those that look at a container, and the one that removes what is over", async () => {
    await client.topContainer("web", "-o pid,comm");
    await client.pruneContainers({ filters: { "label!": ["keep"] } });
    backend.answer = [];
    expect(await client.containerChanges("web")).toBe(null);
    backend.answer = [{ Path: "/etc", Kind: 0 }];
    expect(await client.containerChanges("web")).toEqual([{ Path: "/etc", Kind: 0 }]);
    expect(backend.calls).toEqual([
      ["top", "web", "-o pid,comm"],
      ["prune", new Map([["label!", ["keep"]]])],
      ["changes", "web"],
      ["changes", "web"],
    ]);
  });

  test("an export is the raw connection, until the engine closes it", async () => {
    const { connection, rest, multiplexed } = await client.exportContainer("web");
    expect(multiplexed).toBe(false);
    let received = sys.utf8Decode(rest);
    connection.onData((bytes) => {
      received += sys.utf8Decode(bytes);
    });
    sys.write(backend.taken?.fd ?? -1, sys.utf8Encode("a tar"));
    while (sys.poll());
    expect(received).toBe("a tar");
    backend.refuse("notFound", "No such container: web");
    await expect(client.exportContainer("web")).rejects.toMatchObject({ message: "No such container: web" });
  });

  test("a path's status comes in a header, and with it an archive until the engine closes the connection", async () => {
    const stat = { name: "é", size: 1, mode: 2 ** 31 + 0o755, mtime: "2026-01-01T00:00:00Z", linkTarget: "" };
    backend.answer = stat;
    expect(await client.statContainerPath("web", "/é")).toEqual(stat);
    const archive = await client.getArchive("web", "/é");
    expect(archive.stat).toEqual(stat);
    expect(archive.body.framing).toBe("close");
    expect(backend.calls).toEqual([
      ["stat path", "web", "/é"],
      ["archive", "web", "/é"],
    ]);
    backend.refuse("notFound", "Could not find the file /x in container web");
    await expect(client.getArchive("web", "/x")).rejects.toMatchObject({ message: backend.failure?.message });
    await expect(client.statContainerPath("web", "/x")).rejects.toMatchObject({ kind: "notFound" });
    await expect(client.getArchive("web", "")).rejects.toMatchObject({ message: "bad parameter: pathcannot be empty" });
  });

  test("an upload's body is read by the engine's child, its answer by the client", async () => {
    let unpacked = (): void => {};
    backend.answer = new Promise<void>((resolve) => {
      unpacked = resolve;
    });
    const { connection, answer } = await client.putArchive("web", "/etc", { copyUIDGID: true });
    while (sys.poll());
    connection.write(sys.utf8Encode("5\r\na tar\r\n"));
    const { fd, rest, framing } = backend.body ?? { fd: -1, rest: new Uint8Array(0), framing: 0 };
    expect(framing).toBe("chunked");
    expect(sys.utf8Decode(rest) + sys.utf8Decode(sys.read(fd, 100))).toBe("5\r\na tar\r\n");
    expect(backend.calls).toEqual([
      ["extract", "web", { path: "/etc", noOverwriteDirNonDir: false, copyUIDGID: true }],
    ]);
    unpacked();
    await expect(answer).resolves.toBeUndefined();
  });

  test("an upload that is refused unread is refused in words, while the client still sends", async () => {
    backend.refuse("notFound", "No such container: web");
    const { connection, answer } = await client.putArchive("web", "/etc");
    connection.write(sys.utf8Encode("5\r\na tar\r\n"));
    await expect(answer).rejects.toMatchObject({ kind: "notFound", message: "No such container: web" });
    connection.write(sys.utf8Encode("5\r\na tar\r\n"));
    expect(sys.openDescriptors().length).toBeGreaterThan(0);
  });

  test("a refusal is thrown with its kind and Docker's message", async () => {
    backend.refuse("conflict", "Conflict. It is so.");
    const refusal = client.createContainer({});
    await expect(refusal).rejects.toBeInstanceOf(EngineError);
    await expect(refusal).rejects.toMatchObject({ kind: "conflict", message: "Conflict. It is so." });
  });

  test("not modified is a success: it was so already", async () => {
    backend.refuse("notModified", "already");
    await expect(client.startContainer("web")).resolves.toBeUndefined();
  });

  test("after a refusal the connection serves on", async () => {
    backend.refuse("notFound", "no");
    await client.inspectContainer("x").catch(() => {});
    backend.failure = null;
    await client.info();
    expect(connects()).toBe(1);
  });

  test("waiting has begun when the call settles", async () => {
    const waiting = await client.waitContainer("web", "next-exit");
    expect(backend.calls).toEqual([["wait", "web", "next-exit"]]);
    backend.waiting?.({ StatusCode: 3 });
    while (sys.poll());
    expect(await waiting.result).toEqual({ StatusCode: 3 });
  });

  test("events arrive until the subscription is closed", async () => {
    const seen: EventMessage[] = [];
    const subscription = await client.events({ filters: { type: ["container"] } }, (event) => seen.push(event));
    const event: EventMessage = {
      Type: "container",
      Action: "die",
      Actor: { ID: "1", Attributes: {} },
      scope: "local",
      time: 1,
      timeNano: 1,
    };
    backend.publish?.(event);
    while (sys.poll());
    expect(seen).toEqual([event]);
    subscription.close();
    while (sys.poll());
    expect(backend.publish).toBeNull();
  });

  test("attach gives the raw connection, and says whether it carries frames", async () => {
    const stream = await client.attachContainer("web", { stdin: true, stdout: true, stream: true });
    expect(stream.multiplexed).toBe(true);
    let received = sys.utf8Decode(stream.rest);
    stream.connection.onData((bytes) => {
      received += sys.utf8Decode(bytes);
    });
    sys.write(backend.taken?.fd ?? -1, sys.utf8Encode("hello"));
    while (sys.poll());
    expect(received).toBe("hello");
  });

  test("a detached exec needs no stream", async () => {
    await client.startExecDetached("e1", {});
    expect(backend.calls).toEqual([["exec start", "e1", { Detach: true }]]);
  });
});

describe("the engine's client, against anything else", () => {
  test("an engine that is not there is unavailable", async () => {
    const nobody = new EngineClient({ ...scripted(""), open: () => Promise.reject(new Error("connect: ENOENT")) });
    await expect(nobody.info()).rejects.toMatchObject({ kind: "unavailable", message: "connect: ENOENT" });
  });

  test.each([
    ["nothing", ""],
    ["half a head", "HTTP/1.1 200 OK\r\nContent-"],
    ["half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"],
    ["half a chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"],
    ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["broken chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
  ])("%s is an error and no hang", async (_what, answer) => {
    await expect(new EngineClient(scripted(answer)).info()).rejects.toBeInstanceOf(EngineError);
  });

  test("an answer without a length ends with its connection", async () => {
    const answer = 'HTTP/1.1 200 OK\r\n\r\n{"Name":"x"}';
    expect(await new EngineClient(scripted(answer)).info()).toEqual({ Name: "x" });
  });

  test("a status that has no kind is told by its number", async () => {
    const answer = "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 2\r\n\r\nno";
    await expect(new EngineClient(scripted(answer)).info()).rejects.toMatchObject({
      kind: "invalid",
      message: "request returned status 418",
    });
  });
});

describe("what the kernel holds", () => {
  test("is asked by the container's name", async () => {
    backend.answer = { id: "web-id" };
    expect(await client.kernel("web")).toEqual({ id: "web-id" });
    expect(backend.calls).toContainEqual(["kernel", "web"]);
  });

  test("of nobody is refused, and of one that does not run in the engine's words", async () => {
    await expect(client.kernel("")).rejects.toMatchObject({ kind: "invalid" });
    backend.refuse("conflict", "container web-id is not running");
    await expect(client.kernel("web")).rejects.toMatchObject({
      kind: "conflict",
      message: "container web-id is not running",
    });
  });
});

describe("the trace", () => {
  test("comes line by line while the client listens, and ends when it goes", async () => {
    const lines: unknown[] = [];
    const subscription = await client.trace({ container: "web" }, (line) => lines.push(line));
    expect(backend.calls).toContainEqual(["trace", { container: "web", client: "" }]);
    backend.reader?.write([
      { kind: "lost", count: 1 },
      { kind: "lost", count: 2 },
    ]);
    await expect
      .poll(() => lines)
      .toEqual([
        { kind: "lost", count: 1 },
        { kind: "lost", count: 2 },
      ]);
    subscription.close();
    while (sys.poll());
    expect(backend.calls).toContainEqual(["trace ended"]);
  });

  test("a reader that does not read is seen to be behind", async () => {
    const { closed } = await client.trace({}, () => {});
    closed.catch(() => {});
    expect(backend.reader?.ready()).toBe(true);
    sys.fail("write", "EAGAIN");
    backend.reader?.write([{ kind: "request", time: 1, method: "GET", path: "x".repeat(300_000), client: "me" }]);
    expect(backend.reader?.ready()).toBe(false);
  });

  test("every request of a client with a word carries it", async () => {
    client.traceWord = "mine";
    await client.listContainers();
    const traced = { method: "GET", path: "/containers/json", params: {}, client: "mine" };
    expect(backend.calls).toContainEqual(["traced", traced]);
  });
});
