import { describe, expect, test, vi } from "vitest";
import type { HostConfig } from "../../../../../guest/api/contract/container.ts";
import { EngineError } from "../../../../../guest/api/contract/errors.ts";
import type { Container } from "../../../../../guest/engine/containers/container.ts";
import { publishContainer } from "../../../../../guest/engine/containers/publish.ts";
import { type FakeEngine, fakeEngine } from "../fake-store.ts";
import { playEnd, playRunning, watchEvents } from "../play-running.ts";

const OWN = { signal: "", timeout: null };

interface Stage {
  readonly engine: FakeEngine;
  readonly web: Container;
  readonly events: readonly string[];
}

/** A container whose start is played too: a fake kernel has no processes to start. */
function stage(HostConfig: HostConfig = {}): Stage {
  const engine = fakeEngine();
  engine.containers.create({ Image: "busybox", HostConfig }, { name: "web", platform: "" });
  vi.spyOn(engine.containers.lifecycle, "start").mockImplementation((container) => {
    playRunning(engine, container.name);
    publishContainer(engine.events, container, "start");
  });
  return { engine, web: engine.containers.find("web"), events: watchEvents(engine) };
}

describe("restarting a container", () => {
  test("stops it and starts it, and all are told in this order", async () => {
    const { engine, web, events } = stage();
    playRunning(engine, "web");
    const restarted = engine.containers.restart("web", OWN);
    playEnd(engine, web, 143);
    await restarted;
    expect(web.running).toBe(true);
    expect(events).toEqual(["kill signal=15", "die exitCode=143 execDuration=0", "stop", "start", "restart"]);
  });

  test("that does not run only starts it", async () => {
    const { engine, events } = stage();
    await engine.containers.restart("web", OWN);
    expect(events).toEqual(["start", "restart"]);
  });

  test("that is paused thaws it", async () => {
    const { engine, web, events } = stage();
    playRunning(engine, "web");
    engine.containers.pause("web");
    const restarted = engine.containers.restart("web", OWN);
    playEnd(engine, web, 143);
    await restarted;
    expect(web.status).toBe("running");
    expect(events.filter((event) => event.endsWith("pause"))).toEqual(["pause", "unpause"]);
  });

  test("sends the signal that was asked for, and SIGKILL when the time is over", async () => {
    const { engine, web, events } = stage();
    const { sys, containers } = engine;
    playRunning(engine, "web");
    const killed = vi.spyOn(containers.lifecycle.signals, "killAll");
    const restarted = containers.restart("web", { signal: "SIGINT", timeout: 3 });
    sys.advance(2999);
    expect(killed).not.toHaveBeenCalled();
    sys.advance(1);
    expect(killed).toHaveBeenCalledOnce();
    playEnd(engine, web, 137);
    await restarted;
    expect(events[0]).toBe("kill signal=2");
  });

  test("with --rm does not remove it; its next end does", async () => {
    const { engine, web, events } = stage({ AutoRemove: true });
    playRunning(engine, "web");
    const restarted = engine.containers.restart("web", OWN);
    playEnd(engine, web, 143);
    await restarted;
    expect(engine.containers.find("web").running).toBe(true);
    playEnd(engine, web, 0);
    expect(() => engine.containers.find("web")).toThrow("No such container");
    expect(events.at(-1)).toBe("destroy");
  });

  test("twice at once starts it once", async () => {
    const { engine, web } = stage({ AutoRemove: true });
    playRunning(engine, "web");
    const both = Promise.all([engine.containers.restart("web", OWN), engine.containers.restart("web", OWN)]);
    playEnd(engine, web, 143);
    await both;
    expect(engine.containers.lifecycle.start).toHaveBeenCalledOnce();
  });

  test("while it is being removed does not bring it back", async () => {
    const { engine, web } = stage();
    playRunning(engine, "web");
    const restarted = engine.containers.restart("web", OWN);
    const removed = engine.containers.remove("web", { force: true, volumes: false });
    playEnd(engine, web, 137);
    await removed;
    await expect(restarted).rejects.toMatchObject({
      kind: "conflict",
      message: "Cannot restart container web: container is marked for removal and cannot be started",
    });
    expect(() => engine.containers.find("web")).toThrow("No such container");
  });

  test("is refused with the reason behind the name that was given", async () => {
    const { engine, web } = stage();
    playRunning(engine, "web");
    await expect(engine.containers.restart("web", { signal: "FOO", timeout: null })).rejects.toMatchObject({
      kind: "invalid",
      message: "Cannot restart container web: invalid signal: FOO",
    });
    expect([web.running, web.manuallyRestarted]).toEqual([true, false]);
    await expect(engine.containers.restart("foo", OWN)).rejects.toMatchObject({ message: "No such container: foo" });
  });

  test("that cannot start any more says why, and stays stopped", async () => {
    const { engine, web } = stage();
    playRunning(engine, "web");
    vi.mocked(engine.containers.lifecycle.start).mockImplementation(() => {
      throw new EngineError("system", "no space left on device");
    });
    const restarted = engine.containers.restart(web.id, OWN);
    playEnd(engine, web, 0);
    await expect(restarted).rejects.toThrow(`Cannot restart container ${web.id}: no space left on device`);
    expect(web.status).toBe("exited");
  });
});
