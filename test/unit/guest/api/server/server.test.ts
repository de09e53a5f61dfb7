import { beforeEach, describe, expect, test } from "vitest";
import { listenForApi, serveApi } from "../../../../../guest/api/serve.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";
import { FakeBackend } from "../fake-backend.ts";
import { FakeClient } from "../fake-client.ts";
import { createRandom, integer } from "../random.ts";

const SOCKET = "/run/docker.sock";
let sys: FakeSys;
let backend: FakeBackend;

beforeEach(() => {
  sys = new FakeSys();
  sys.mkdirAll("/run");
  backend = new FakeBackend();
  serveApi(sys, backend, [listenForApi(sys)]);
});

function client(): FakeClient {
  return new FakeClient(sys, SOCKET);
}

function ask(line: string, headers = "", body = ""): string {
  return client().send(`${line} HTTP/1.1\r\nHost: d\r\n${headers}\r\n${body}`);
}

describe("the API server", () => {
  test("HEAD /_ping has GET's headers and no body", () => {
    const answer = ask("HEAD /_ping");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const header of ["Api-Version: 1.45", "Ostype: linux", "Docker-Experimental: false", "Builder-Version: 1"]) {
      expect(answer).toContain(`${header}\r\n`);
    }
    expect(answer).toContain("Server: Docker/");
    expect(answer).toContain("Content-Length: 2\r\n");
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
  });

  test("paths come with and without a version", () => {
    expect(ask("GET /info")).toMatch(/^HTTP\/1\.1 200/);
    expect(ask("GET /v1.45/info")).toMatch(/^HTTP\/1\.1 200/);
    expect(ask("GET /v1.24/info")).toMatch(/^HTTP\/1\.1 200/);
  });

  test("a version that is too new or too old is refused in Docker's words", () => {
    expect(ask("GET /v1.46/info")).toContain(
      '{"message":"client version 1.46 is too new. Maximum supported API version is 1.45"}',
    );
    expect(ask("GET /v1.9/info")).toContain("client version 1.9 is too old. Minimum supported API version is 1.24");
  });

  test.each([
    "GET /nothing",
    "GET /v1.45/containers",
    "PUT /_ping",
    "GET /",
    "GET /v1.45x/info",
    "DELETE /containers/",
  ])("%s is 404 page not found", (line) => {
    const answer = ask(line);
    expect(answer).toMatch(/^HTTP\/1\.1 404/);
    expect(answer).toContain('{"message":"page not found"}');
  });

  test("several requests go over one connection, also when they are sent at once", () => {
    const one = client();
    const answer = one.send("GET /_ping HTTP/1.1\r\n\r\nGET /_ping HTTP/1.1\r\n\r\nGET /nope HTTP/1.1\r\n\r\n");
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 404"]);
    expect(one.ended).toBe(false);
  });

  test("Connection: close and HTTP/1.0 end the connection after the answer", () => {
    for (const request of ["GET /_ping HTTP/1.1\r\nConnection: close\r\n\r\n", "GET /_ping HTTP/1.0\r\n\r\n"]) {
      const one = client();
      expect(one.send(request)).toContain("Connection: close");
      expect(one.ended).toBe(true);
    }
  });

  test("a body comes in pieces, with a length or in chunks", () => {
    const one = client();
    one.send('POST /containers/create HTTP/1.1\r\nContent-Length: 18\r\n\r\n{"Image":');
    expect(one.send('"busybo"')).toBe("");
    expect(one.send("}")).toMatch(/^HTTP\/1\.1 201/);
    const other = client();
    other.send('POST /containers/create?name=x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"Ima\r\n');
    expect(other.send('9\r\nge":"bé"\r\n1\r\n}\r\n0\r\n\r\n')).toMatch(/^HTTP\/1\.1 201/);
    expect(backend.calls.at(-1)?.slice(0, 2)).toEqual(["create", { Image: "bé" }]);
  });

  test("Expect: 100-continue is answered before the body", () => {
    const one = client();
    const first = one.send("POST /containers/create HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    expect(first).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    expect(one.send("{}")).toContain("HTTP/1.1 201");
  });

  test.each([
    ["garbage", "\x16\x03\x01\x02\n\n", 400],
    ["no method", "/x HTTP/1.1\r\n\r\n", 400],
    ["a wrong length", "POST /x HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400],
    ["too long a body", "POST /x HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413],
    ["too long a head", `GET /${"x".repeat(70_000)} HTTP/1.1\r\n\r\n`, 431],
  ])("%s is refused, and the connection ends", (_what, request, status) => {
    const one = client();
    expect(one.send(request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(one.ended).toBe(true);
    expect(ask("GET /_ping")).toContain("200 OK");
  });

  test("half a request is cut after a while, and costs nobody else anything", () => {
    const slow = client();
    slow.send("GET /_ping HT");
    expect(ask("GET /_ping")).toContain("200 OK");
    sys.advance(31_000);
    expect(slow.ended).toBe(true);
  });

  test("a client that goes away in the middle leaves no descriptor", () => {
    const before = sys.openDescriptors().length;
    const one = client();
    one.send("POST /containers/create HTTP/1.1\r\nContent-Length: 100\r\n\r\n{");
    sys.close(one.fd);
    while (sys.poll());
    expect(sys.openDescriptors().length).toBe(before);
  });

  test("two hundred idle clients do not keep the next one out", () => {
    const idle = Array.from({ length: 210 }, () => {
      const one = client();
      one.receive();
      return one;
    });
    expect(ask("GET /_ping")).toContain("200 OK");
    expect(idle.at(-1)?.ended).toBe(false);
  });

  test("whatever bytes come, the server lives and answers the next", () => {
    const random = createRandom(21);
    const words = [
      "GET ",
      "POST ",
      "/containers/json",
      " HTTP/1.1",
      "\r\n",
      "\r\n\r\n",
      "Content-Length: ",
      "5",
      ": ",
      "\0",
    ];
    for (let round = 0; round < 400; round++) {
      const one = client();
      let text = "";
      for (let n = integer(random, 12); n >= 0; n--) text += words[integer(random, words.length)];
      one.send(text);
      sys.close(one.fd);
      while (sys.poll());
    }
    expect(ask("GET /_ping")).toContain("200 OK");
  });
});

describe("answers", () => {
  test.each([
    ["notModified", 304],
    ["invalid", 400],
    ["notFound", 404],
    ["conflict", 409],
    ["system", 500],
    ["notImplemented", 501],
    ["unavailable", 503],
  ] as const)("a refusal of kind %s has status %i", (kind, status) => {
    backend.refuse(kind, "why");
    const answer = ask("GET /containers/x/json");
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.includes('{"message":"why"}')).toBe(status !== 304);
  });

  test("an error that nobody expected is a 500 with what it says", () => {
    backend.failure = new TypeError("undefined is not a function");
    expect(ask("GET /info")).toContain("500 Internal Server Error");
  });

  test("a refusal that comes later is answered too", async () => {
    backend.refuse("conflict", "later");
    const one = client();
    one.send("POST /containers/x/stop HTTP/1.1\r\n\r\n");
    await Promise.resolve();
    await Promise.resolve();
    expect(one.receive()).toContain("409");
  });

  test("wait sends its head at once and its answer at the end", () => {
    const one = client();
    const head = one.send("POST /containers/x/wait?condition=removed HTTP/1.1\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Transfer-Encoding: chunked/s);
    expect(backend.calls).toEqual([["wait", "x", "removed"]]);
    backend.waiting?.({ StatusCode: 7 });
    expect(one.receive()).toContain('{"StatusCode":7}\n\r\n0\r\n\r\n');
  });

  test("a client that stops waiting is forgotten", () => {
    const one = client();
    one.send("POST /containers/x/wait HTTP/1.1\r\n\r\n");
    sys.close(one.fd);
    while (sys.poll());
    expect(backend.waitEnded).toBe(true);
  });

  test("events come one a chunk, and end with the client", () => {
    const one = client();
    one.send('GET /events?filters={"type":{"container":true}} HTTP/1.1\r\n\r\n');
    expect(backend.calls[0]?.[1]).toMatchObject({ filters: new Map([["type", ["container"]]]) });
    const event = { Type: "container", Action: "start", Actor: { ID: "1", Attributes: {} }, scope: "local" } as const;
    backend.publish?.({ ...event, time: 1, timeNano: 1 });
    expect(one.receive()).toContain('"Action":"start"');
    sys.close(one.fd);
    while (sys.poll());
    expect(backend.publish).toBeNull();
  });

  test("a hijack gives the socket away with what was typed ahead", () => {
    const one = client();
    const answer = one.send(
      "POST /containers/x/attach?stream=1&stdin=1 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
    );
    expect(answer).toMatch(
      /^HTTP\/1\.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.multiplexed-stream\r\n/,
    );
    expect(answer).toContain("Connection: Upgrade\r\nUpgrade: tcp\r\n");
    const fd = backend.taken?.fd ?? -1;
    sys.write(fd, sys.utf8Encode("raw bytes"));
    expect(one.receive().endsWith("\r\n\r\nraw bytes")).toBe(true);
  });

  test("and with what was typed in one breath with the request", () => {
    const upgrade = "HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n";
    client().send(`POST /containers/x/attach?stream=1&stdin=1 ${upgrade}\r\nfirst words\n`);
    expect(sys.utf8Decode(backend.taken?.rest ?? new Uint8Array(0))).toBe("first words\n");
    client().send(`POST /containers/x/attach?stream=1&stdin=1 ${upgrade}Content-Length: 2\r\n\r\n{}more\n`);
    expect(sys.utf8Decode(backend.taken?.rest ?? new Uint8Array(0))).toBe("more\n");
  });

  test("a hijack without Upgrade is a 200 and then raw", () => {
    backend.multiplexed = false;
    const answer = ask("POST /containers/x/attach?stream=1");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n/);
    expect(answer).not.toContain("Upgrade");
  });

  test("logs end with the connection", () => {
    const answer = ask("GET /containers/x/logs?stdout=1&tail=5");
    expect(answer).toContain("Connection: close\r\n");
    expect(backend.calls[0]).toMatchObject(["logs", "x", { stdout: true, stderr: false, tail: "5" }]);
  });

  test("logs of no stream are refused", () => {
    expect(ask("GET /containers/x/logs")).toContain("Bad parameters: you must choose at least one stream");
  });

  test("image names keep their slashes", () => {
    ask("GET /images/quay.io/a/b:1/json");
    expect(backend.calls).toEqual([["image", "quay.io/a/b:1"]]);
  });

  test("a number that is none is refused", () => {
    expect(ask("POST /containers/x/resize?h=a&w=1")).toContain("400 Bad Request");
  });
});
