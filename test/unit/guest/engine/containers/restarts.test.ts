/** What a container is between two runs, and what can be done with it then. */
import { beforeEach, describe, expect, test } from "vitest";
import type { ContainerWaitResponse, RestartPolicy } from "../../../../../guest/api/contract/container.ts";
import type { Container } from "../../../../../guest/engine/containers/container.ts";
import { ContainerUsers } from "../../../../../guest/engine/containers/container-users.ts";
import { isDueAtBoot, Restarts } from "../../../../../guest/engine/containers/restarts.ts";
import { Execs } from "../../../../../guest/engine/execs/execs.ts";
import { containerPaths } from "../../../../../guest/engine/layout.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";
import { hasSwagger, problemsOf } from "../../api/swagger.ts";
import { type FakeEngine, fakeEngine, rowsOf } from "../fake-store.ts";
import { playEnd, playRunning, watchEvents } from "../play-running.ts";

const OWN = { signal: "", timeout: null };

let engine: FakeEngine;
let web: Container;
let events: string[];

/** A container that has ended and waits for its next start. */
function waiting(policy: RestartPolicy = { Name: "always" }, StopSignal = ""): void {
  engine = fakeEngine();
  const request = { Image: "busybox", StopSignal, HostConfig: { RestartPolicy: policy } };
  engine.containers.create(request, { name: "web", platform: "" });
  web = playRunning(engine, "web");
  playEnd(engine, web, 3);
  events = watchEvents(engine);
}

function recorded(): unknown {
  return JSON.parse(engine.sys.readFile(containerPaths(web.id).state));
}

beforeEach(() => waiting());

describe("a container that waits for its next start", () => {
  test("is restarting, with the exit code of its last run, for inspect, for the listing and on disk", () => {
    const inspected = engine.containers.inspect("web", { size: false });
    expect(inspected.State).toMatchObject({
      Status: "restarting",
      Running: true,
      Restarting: true,
      ExitCode: 3,
      Pid: 0,
    });
    expect(inspected.RestartCount).toBe(1);
    expect(recorded()).toMatchObject({ Status: "restarting", RestartCount: 1, ManuallyStopped: false });
    const [row] = rowsOf(engine, { all: false, limit: 0, size: false, filters: new Map() });
    expect(row?.State).toBe("restarting");
    expect(row?.Status).toMatch(/^Restarting \(3\) .* ago$/);
  });

  test.skipIf(!hasSwagger)("is inspected as the specification says", () => {
    const answer = engine.containers.inspect("web", { size: false });
    expect(problemsOf("get", "/containers/{id}/json", 200, answer)).toEqual([]);
  });

  test("counts as started: a start has nothing to do", () => {
    expect(() => engine.containers.start("web")).toThrow("Container is already started");
  });

  test("is stopped for good by stop, at once, and nobody hears of a signal", async () => {
    await engine.containers.stop("web", OWN);
    expect([web.status, web.state.ExitCode]).toEqual(["exited", 3]);
    expect(recorded()).toMatchObject({ Status: "exited", ManuallyStopped: true });
    engine.sys.advance(60_000);
    expect(web.status).toBe("exited");
    expect(events).toEqual(["stop"]);
  });

  test.each(["SIGKILL", "SIGHUP"])("is stopped for good by %s", async (signal) => {
    await engine.containers.kill("web", signal);
    engine.sys.advance(60_000);
    expect([web.status, events]).toEqual(["exited", []]);
  });

  test("with a stop signal of its own is only stopped by that", async () => {
    waiting({ Name: "always" }, "SIGQUIT");
    await engine.containers.kill("web", "SIGHUP");
    expect(web.status).toBe("restarting");
    await engine.containers.kill("web", "SIGQUIT");
    expect(web.status).toBe("exited");
  });

  test("cannot be removed without force, and with it is", async () => {
    await expect(engine.containers.remove("web", { force: false, volumes: false })).rejects.toMatchObject({
      kind: "conflict",
      message:
        'cannot remove container "/web": container is restarting: stop the container before removing or force remove',
    });
    await engine.containers.remove("web", { force: true, volumes: false });
    engine.sys.advance(60_000);
    expect(events).toEqual(["destroy"]);
  });

  test("cannot be paused, entered, attached to or looked into", () => {
    const { sys, containers } = engine;
    const execs = new Execs({
      sys,
      containers,
      users: new ContainerUsers(sys),
      events: engine.events,
      crash: () => {},
    });
    const attach = { stdin: false, stdout: true, stderr: true, stream: true, logs: false, detachKeys: "" };
    const take = (): never => {
      throw new Error("taken");
    };
    const refused = `Container ${web.id} is restarting, wait until the container is running`;
    expect(() => containers.pause("web")).toThrow(refused);
    expect(() => containers.top("web", "")).toThrow(refused);
    expect(() => execs.create("web", { Cmd: ["ls"] })).toThrow(refused);
    expect(() => containers.attach("web", attach, take)).toThrow(
      "container web is restarting, wait until the container is running",
    );
  });

  test("lends nobody its namespaces", () => {
    const HostConfig = { NetworkMode: "container:web" };
    engine.containers.create({ Image: "busybox", HostConfig }, { name: "guest", platform: "" });
    expect(() => engine.containers.start("guest")).toThrow(/is restarting, wait until the container is running$/);
  });

  test("is not pruned", async () => {
    expect((await engine.containers.prune(new Map())).ContainersDeleted).toBeNull();
  });

  test("makes who waits for it to stop wait until it stays down", async () => {
    const answers: ContainerWaitResponse[] = [];
    engine.containers.wait("web", "not-running", (answer) => answers.push(answer));
    expect(answers).toEqual([]);
    await engine.containers.stop("web", OWN);
    expect(answers).toEqual([{ StatusCode: 3 }]);
  });

  test("that cannot start any more stays down with the reason, and the code of its last run", () => {
    // The fake kernel has no overlay of that image.
    engine.sys.removeAll("/var/lib/docker/overlay2");
    engine.sys.writeFile("/var/lib/docker/overlay2", "");
    engine.sys.advance(100);
    expect(web.status).toBe("exited");
    expect(web.state).toMatchObject({ ExitCode: 3, RestartCount: 1 });
    expect(web.state.Error).not.toBe("");
    engine.sys.advance(60_000);
    expect(web.state.RestartCount).toBe(1);
  });
});

describe("a container with a policy that is stopped while it runs", () => {
  test.each(["always", "unless-stopped"] as const)("stays down: %s", async (Name) => {
    waiting({ Name });
    playRunning(engine, "web");
    const stopped = engine.containers.stop("web", OWN);
    expect(recorded()).toMatchObject({ ManuallyStopped: true });
    playEnd(engine, web, 143);
    await stopped;
    expect([web.status, web.state.RestartCount]).toEqual(["exited", 1]);
  });
});

describe("a new engine", () => {
  const due = (Name: NonNullable<RestartPolicy["Name"]>, change: Partial<Container["state"]>): boolean => {
    waiting({ Name });
    web.state = { ...web.state, Status: "exited", ...change };
    return isDueAtBoot(web);
  };

  test("starts what always runs, also what was stopped by hand", () => {
    expect(due("always", { ManuallyStopped: true })).toBe(true);
  });

  test("starts what runs unless it was stopped", () => {
    expect(due("unless-stopped", {})).toBe(true);
    expect(due("unless-stopped", { ManuallyStopped: true })).toBe(false);
  });

  test("starts what failed, and not what succeeded", () => {
    expect([due("on-failure", {}), due("on-failure", { ExitCode: 0 })]).toEqual([true, false]);
  });

  test("starts nothing that was never started, and nothing that runs", () => {
    expect(due("always", { StartedAt: "0001-01-01T00:00:00Z" })).toBe(false);
    expect(due("always", { Status: "running" })).toBe(false);
  });
});

describe("a restart", () => {
  test("comes when its time has come, and not before; a cancelled one never", () => {
    const sys = new FakeSys();
    const started: Container[] = [];
    const restarts = new Restarts({ sys, log: () => {}, start: (container) => started.push(container) });
    restarts.schedule(web, 100);
    sys.advance(99);
    expect(started).toEqual([]);
    sys.advance(1);
    expect(started).toEqual([web]);
    restarts.schedule(web, 100);
    restarts.cancel(web);
    sys.advance(1000);
    expect(started).toEqual([web]);
  });

  test("that fails is only noted", () => {
    const sys = new FakeSys();
    const notes: string[] = [];
    const start = (): never => {
      throw new Error("no");
    };
    new Restarts({ sys, log: (text) => notes.push(text), start }).schedule(web, 1);
    sys.advance(1);
    expect(notes).toEqual([`cannot restart container ${web.id}: no`]);
  });
});
