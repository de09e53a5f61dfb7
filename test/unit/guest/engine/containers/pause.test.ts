import { beforeEach, describe, expect, test } from "vitest";
import type { Container } from "../../../../../guest/engine/containers/container.ts";
import { ContainerUsers } from "../../../../../guest/engine/containers/container-users.ts";
import { Execs } from "../../../../../guest/engine/execs/execs.ts";
import { CGROUP_ROOT, containerPaths } from "../../../../../guest/engine/layout.ts";
import { System } from "../../../../../guest/engine/system.ts";
import { hasSwagger, problemsOf } from "../../api/swagger.ts";
import { type FakeEngine, fakeEngine, rowsOf } from "../fake-store.ts";
import { playEnd, playRunning, watchEvents } from "../play-running.ts";

let engine: FakeEngine;
let web: Container;
let events: string[];

beforeEach(() => {
  engine = fakeEngine();
  engine.containers.create({ Image: "busybox" }, { name: "web", platform: "" });
  web = playRunning(engine, "web");
  events = watchEvents(engine);
});

function frozen(): string {
  return engine.sys.readFile(`${CGROUP_ROOT}/${containerPaths(web.id).cgroup}/cgroup.freeze`).trim();
}

/** Another one of the same image, with a stop signal of its own. */
function withStopSignal(signal: string): Container {
  engine.containers.create({ Image: "busybox", StopSignal: signal }, { name: "own", platform: "" });
  const container = playRunning(engine, "own");
  engine.containers.pause("own");
  return container;
}

describe("a paused container", () => {
  test("stands still until it is unpaused, and both are told", () => {
    engine.containers.pause("web");
    expect(frozen()).toBe("1");
    engine.containers.unpause("web");
    expect(frozen()).toBe("0");
    expect(events).toEqual(["pause", "unpause"]);
  });

  test("shows it in the listing, in inspect and in info", () => {
    engine.containers.pause("web");
    const row = rowsOf(engine, { all: false, limit: 0, size: false, filters: new Map() })[0];
    expect(row?.State).toBe("paused");
    expect(row?.Status).toMatch(/^Up .* \(Paused\)$/);
    expect(engine.containers.inspect("web", { size: false }).State).toMatchObject({
      Status: "paused",
      Running: true,
      Paused: true,
    });
    const { sys, containers, store: images } = engine;
    sys.mkdirAll("/proc/self/fd");
    const info = new System({
      sys,
      containers,
      images,
      events: engine.events,
      listImages: () => [],
      warnings: [],
    }).info();
    expect(info).toMatchObject({ ContainersRunning: 0, ContainersPaused: 1, ContainersStopped: 0 });
  });

  test("is found by its status", () => {
    engine.containers.pause("web");
    const names = (status: string): number =>
      rowsOf(engine, { all: true, limit: 0, size: false, filters: new Map([["status", [status]]]) }).length;
    expect([names("paused"), names("running")]).toEqual([1, 0]);
  });

  test.skipIf(!hasSwagger)("is inspected as the specification says", () => {
    engine.containers.pause("web");
    const answer = engine.containers.inspect("web", { size: false });
    expect(problemsOf("get", "/containers/{id}/json", 200, answer)).toEqual([]);
  });

  test("cannot be paused, started, attached to or removed without force", async () => {
    engine.containers.pause("web");
    const conflict = (message: string): object => ({ kind: "conflict", message });
    const attach = { stdin: false, stdout: true, stderr: true, stream: true, logs: false, detachKeys: "" };
    const take = (): never => {
      throw new Error("taken");
    };
    expect(caught(() => engine.containers.pause("web"))).toMatchObject(
      conflict(`Container ${web.id} is already paused`),
    );
    expect(caught(() => engine.containers.start("web"))).toMatchObject(
      conflict("cannot start a paused container, try unpause instead"),
    );
    expect(caught(() => engine.containers.attach("web", attach, take))).toMatchObject(
      conflict("container web is paused, unpause the container before attach"),
    );
    await expect(engine.containers.remove("web", { force: false, volumes: false })).rejects.toMatchObject(
      conflict(
        'cannot remove container "/web": container is paused: ' +
          "unpause and then stop the container before removing or force remove",
      ),
    );
  });

  test("takes no exec, neither a new one nor one that was made before", () => {
    const { sys, containers } = engine;
    const execs = new Execs({
      sys,
      containers,
      users: new ContainerUsers(sys),
      events: engine.events,
      crash: () => {},
    });
    const { Id } = execs.create("web", { Cmd: ["ls"] });
    engine.containers.pause("web");
    expect(caught(() => execs.create("web", { Cmd: ["ls"] }))).toMatchObject({
      kind: "conflict",
      message: "Container web is paused, unpause the container before exec",
    });
    expect(caught(() => execs.start(Id, { Detach: true }, () => ({ fd: 0, rest: new Uint8Array(0) })))).toMatchObject({
      kind: "conflict",
      message: `Container ${web.id} is paused, unpause the container before exec`,
    });
    expect(execs.inspect(Id).Running).toBe(false);
  });

  test("hears SIGTERM and SIGKILL: it is thawed when they have been sent", async () => {
    engine.containers.pause("web");
    const stopped = engine.containers.stop("web", { signal: "", timeout: -1 });
    expect(frozen()).toBe("0");
    playEnd(engine, web, 143);
    await stopped;
    expect(events).toEqual(["pause", "kill signal=15", "unpause", "die exitCode=143 execDuration=0", "stop"]);
    expect(web.paused).toBe(false);
  });

  test("with a stop signal of its own stays frozen at any other", async () => {
    const own = withStopSignal("SIGINT");
    await engine.containers.kill("own", "SIGHUP");
    expect(own.paused).toBe(true);
    await engine.containers.kill("own", "SIGINT");
    expect(own.paused).toBe(false);
  });

  test("is removed by force", async () => {
    engine.containers.pause("web");
    const removed = engine.containers.remove("web", { force: true, volumes: false });
    playEnd(engine, web, 137);
    await removed;
    expect(() => engine.containers.find("web")).toThrow("No such container: web");
  });
});

describe("what is not paused", () => {
  test("cannot be unpaused: no conflict, but an error of the engine", () => {
    const refusal = { kind: "system", message: `Container ${web.id} is not paused` };
    expect(caught(() => engine.containers.unpause("web"))).toMatchObject(refusal);
  });

  test("and does not run, cannot be paused", () => {
    playEnd(engine, web, 0);
    const refusal = { kind: "conflict", message: `container ${web.id} is not running` };
    expect(caught(() => engine.containers.pause("web"))).toMatchObject(refusal);
  });

  test("because the kernel would not freeze it, runs on", () => {
    const file = `${CGROUP_ROOT}/${containerPaths(web.id).cgroup}/cgroup.events`;
    const read = engine.sys.readFile.bind(engine.sys);
    engine.sys.readFile = (path) => (path === file ? "populated 1\nfrozen 0\n" : read(path));
    expect(caught(() => engine.containers.pause("web"))).toMatchObject({
      kind: "system",
      message: `cannot pause container ${web.id}: read ${file}: device or resource busy`,
    });
    expect([frozen(), web.paused, events.length]).toEqual(["0", false, 0]);
  });
});

function caught(step: () => unknown): unknown {
  try {
    step();
  } catch (error) {
    return error;
  }
  return null;
}
