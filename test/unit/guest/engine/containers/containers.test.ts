import { describe, expect, test } from "vitest";
import type { ContainerSummary } from "../../../../../guest/api/contract/container.ts";
import type { Backend } from "../../../../../guest/api/routes/backend.ts";
import { containerPaths } from "../../../../../guest/engine/layout.ts";
import { hasSwagger, problemsOf } from "../../api/swagger.ts";
import { fakeEngine, IMAGE_ID, rowsOf } from "../fake-store.ts";
import { playPublished, playRunning } from "../play-running.ts";

type ListQuery = Parameters<Backend["containers"]["list"]>[0];

const ALL: ListQuery = { all: true, limit: 0, size: false, filters: new Map() };
const NAMED = (name: string): { name: string; platform: string } => ({ name, platform: "" });

function filtered(filters: Readonly<Record<string, readonly string[]>>): ListQuery {
  return { ...ALL, filters: new Map(Object.entries(filters)) };
}

describe("creating a container", () => {
  test("its files are there, the configuration last", () => {
    const { sys, containers } = fakeEngine();
    const { Id } = containers.create({ Image: "busybox" }, NAMED("web"));
    expect(Id).toMatch(/^[0-9a-f]{64}$/);
    const paths = containerPaths(Id);
    for (const path of [paths.config, paths.hostConfig, paths.hostname, paths.resolvConf, paths.upper]) {
      expect(sys.exists(path)).toBe(true);
    }
    expect(sys.readFile(paths.hostname)).toBe(`${Id.slice(0, 12)}\n`);
    const writes = sys.calls.filter((call) => call.startsWith("writeFile(")).map((call) => call.split('"')[1]);
    expect(writes.at(-1)).toBe(paths.config);
  });

  test("a missing image is refused before anything is made", () => {
    const { sys, containers } = fakeEngine();
    expect(() => containers.create({ Image: "nginx" }, NAMED("web"))).toThrow("No such image: nginx:latest");
    expect(sys.readdir("/var/lib/docker/containers")).toEqual([]);
  });

  test("a full disk leaves nothing behind, and the name is free", () => {
    const { sys, containers } = fakeEngine();
    sys.fail("writeFile", "ENOSPC");
    expect(() => containers.create({ Image: "busybox" }, NAMED("web"))).toThrow("no space left on device");
    expect(sys.readdir("/var/lib/docker/containers")).toEqual([]);
    expect(sys.readdir("/var/lib/docker/overlay2")).toEqual(["base"]);
    expect(containers.create({ Image: "busybox" }, NAMED("web")).Warnings).toEqual([]);
  });

  test("another platform is refused", () => {
    const { containers } = fakeEngine();
    expect(() => containers.create({ Image: "busybox" }, { name: "", platform: "linux/arm64" })).toThrow("linux/arm64");
  });
});

describe("finding a container", () => {
  test("by id, by name, with a slash, by the beginning of its id", () => {
    const { containers } = fakeEngine();
    const { Id } = containers.create({ Image: "busybox" }, NAMED("web"));
    for (const name of [Id, "web", "/web", Id.slice(0, 4)]) expect(containers.find(name).id).toBe(Id);
  });

  test("a name goes before the beginning of an id", () => {
    const { containers } = fakeEngine();
    const { Id } = containers.create({ Image: "busybox" }, NAMED("one"));
    const other = containers.create({ Image: "busybox" }, NAMED(Id.slice(0, 6)));
    expect(containers.find(Id.slice(0, 6)).id).toBe(other.Id);
  });

  test("nothing, too little and too much are refused", () => {
    const { containers } = fakeEngine();
    expect(() => containers.find("")).toThrow("No container name or ID supplied");
    expect(() => containers.find("web")).toThrow("No such container: web");
  });
});

describe("removing a container", () => {
  test("nothing of it stays, and those who wait are told", async () => {
    const { sys, containers } = fakeEngine();
    containers.create({ Image: "busybox" }, NAMED("web"));
    let answer: unknown = null;
    containers.wait("web", "removed", (value) => {
      answer = value;
    });
    await containers.remove("web", { force: false, volumes: false });
    expect(answer).toEqual({ StatusCode: 0 });
    expect(sys.readdir("/var/lib/docker/containers")).toEqual([]);
    expect(sys.readdir("/var/lib/docker/overlay2")).toEqual(["base"]);
    expect(() => containers.find("web")).toThrow("No such container");
  });

  test("its configuration goes first, so that a crash in between is understood", async () => {
    const { sys, containers } = fakeEngine();
    const { Id } = containers.create({ Image: "busybox" }, NAMED("web"));
    sys.calls.length = 0;
    await containers.remove("web", { force: false, volumes: false });
    const removals = sys.calls.filter((call) => /^(unlink|removeAll)\(/.test(call));
    expect(removals[0]).toContain(containerPaths(Id).config);
    expect(removals[1]).toContain(containerPaths(Id).layer);
  });
});

describe("what does not run cannot be…", () => {
  test("killed, resized, or stopped", async () => {
    const { containers } = fakeEngine();
    const { Id } = containers.create({ Image: "busybox" }, NAMED("web"));
    await expect(containers.kill("web", "")).rejects.toMatchObject({
      kind: "conflict",
      message: `cannot kill container: web: container ${Id} is not running`,
    });
    await expect(containers.stop("web", { signal: "", timeout: null })).rejects.toMatchObject({ kind: "notModified" });
    expect(() => containers.resize("web", { rows: 1, columns: 1 })).toThrow(`container ${Id} is not running`);
  });

  test("waited for: it is over already, unless the next end is meant", () => {
    const { containers } = fakeEngine();
    containers.create({ Image: "busybox" }, NAMED("web"));
    const answers: unknown[] = [];
    containers.wait("web", "not-running", (answer) => answers.push(answer));
    containers.wait("web", "next-exit", (answer) => answers.push(answer));
    expect(answers).toEqual([{ StatusCode: 0 }]);
  });
});

describe("listing", () => {
  function three(): ReturnType<typeof fakeEngine> {
    const engine = fakeEngine();
    engine.containers.create({ Image: "busybox", Labels: { tier: "web" }, Cmd: ["sh", "-c", "echo hi"] }, NAMED("one"));
    engine.sys.advance(1000);
    engine.containers.create({ Image: "busybox:latest", Labels: { tier: "db" } }, NAMED("two"));
    engine.sys.advance(1000);
    engine.containers.create({ Image: IMAGE_ID, HostConfig: { NetworkMode: "none" } }, NAMED("three"));
    playPublished(engine, "two");
    return engine;
  }

  test("without all only what runs is shown", () => {
    expect(rowsOf(three(), { ...ALL, all: false })).toEqual([]);
  });

  test("the newest come first, and a limit shows any state", () => {
    const engine = three();
    expect(rowsOf(engine, ALL).map(({ Names }) => Names[0])).toEqual(["/three", "/two", "/one"]);
    expect(rowsOf(engine, { ...ALL, all: false, limit: 1 }).map(({ Names }) => Names[0])).toEqual(["/three"]);
  });

  test("a row is written again when what it tells of has changed", () => {
    const engine = three();
    const one = (): ContainerSummary | undefined => rowsOf(engine, filtered({ name: ["^(one|uno)$"] }))[0];
    expect(one()).toMatchObject({ Names: ["/one"], State: "created" });
    engine.containers.rename("one", "uno");
    expect(one()).toMatchObject({ Names: ["/uno"], State: "created" });
    playRunning(engine, "uno");
    expect(one()).toMatchObject({ Names: ["/uno"], State: "running" });
  });

  test("a row says what Docker's says", () => {
    const row = rowsOf(three(), filtered({ name: ["one"] }))[0];
    expect(row).toMatchObject({
      Image: "busybox",
      ImageID: IMAGE_ID,
      Command: "sh -c 'echo hi'",
      State: "created",
      Status: "Created",
      Labels: { tier: "web", from: "image" },
      HostConfig: { NetworkMode: "bridge" },
    });
  });

  test.each([
    [{ name: ["o"] }, ["two", "one"]],
    [{ name: ["^one$"] }, ["one"]],
    [{ name: ["/two"] }, ["two"]],
    [{ label: ["tier"] }, ["two", "one"]],
    [{ label: ["tier=db"] }, ["two"]],
    [{ status: ["created"] }, ["three", "two", "one"]],
    [{ status: ["running", "exited"] }, []],
    [{ exited: ["0"] }, []],
    [{ ancestor: ["busybox"] }, ["three", "two", "one"]],
    [{ ancestor: ["nginx"] }, []],
    [{ before: ["two"] }, ["one"]],
    [{ since: ["two"] }, ["three"]],
    [{ network: ["none"] }, ["three"]],
    [{ volume: ["/data"] }, []],
    [{ health: ["none"] }, ["three", "two", "one"]],
    [{ publish: ["8080"] }, ["two"]],
    [{ publish: ["8000-9000/tcp"] }, ["two"]],
    [{ publish: ["8080/udp"] }, []],
    [{ expose: ["80"] }, ["two"]],
  ])("the filters %j leave %j", (filters, names) => {
    const rows = rowsOf(three(), filtered(filters));
    expect(rows.map(({ Names }) => Names[0]?.slice(1))).toEqual(names);
  });

  test.each([
    [{ nonsense: ["x"] }, "invalid filter 'nonsense'"],
    [{ status: ["nope"] }, "invalid filter 'status=nope'"],
    [{ exited: ["x"] }, "invalid filter 'exited=x'"],
    [{ before: ["nobody"] }, "No such container: nobody"],
    [{ publish: ["80:80"] }, "filter for 'publish' should not contain ':': 80:80"],
    [{ expose: ["x"] }, 'error while looking up for expose x: strconv.ParseUint: parsing "x": invalid syntax'],
  ])("the filters %j are refused: %s", (filters, message) => {
    expect(() => rowsOf(three(), filtered(filters))).toThrow(message);
  });

  test.skipIf(!hasSwagger)("list, inspect and create are as the specification says", () => {
    const engine = three();
    const { containers } = engine;
    expect(problemsOf("get", "/containers/json", 200, rowsOf(engine, { ...ALL, size: true }))).toEqual([]);
    const host = {
      Binds: ["/a:/b"],
      Tmpfs: { "/t": "" },
      Memory: 1e7,
      Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }],
    };
    const created = containers.create({ Image: "busybox", HostConfig: host, StopTimeout: 3 }, NAMED("four"));
    expect(problemsOf("post", "/containers/create", 201, created)).toEqual([]);
    expect(problemsOf("get", "/containers/{id}/json", 200, containers.inspect("four", { size: true }))).toEqual([]);
  });
});

test("events of a container carry its labels, image and name", () => {
  const { containers, events } = fakeEngine();
  const seen: unknown[] = [];
  events.subscribe(
    { since: "", until: "", filters: new Map() },
    (event) => seen.push([event.Action, event.Actor.Attributes]),
    () => {},
  );
  containers.create({ Image: "busybox", Labels: { a: "b" } }, NAMED("web"));
  expect(seen).toEqual([["create", { a: "b", from: "image", image: "busybox", name: "web" }]]);
});
