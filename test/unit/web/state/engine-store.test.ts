import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Subscription } from "../../../../guest/api/client.ts";
import type { ContainerSummary } from "../../../../guest/api/contract/container.ts";
import type { EventMessage } from "../../../../guest/api/contract/event.ts";
import { type EngineFeed, EngineStore } from "../../../../web/state/engine-store.ts";

const options = { retryMilliseconds: 500, settleMilliseconds: 100, refreshMilliseconds: [2000, 30_000] } as const;

/** An engine that is told what to answer, and counts what it was asked. */
class FakeEngine implements EngineFeed {
  names: string[] = [];
  lists = 0;
  subscriptions = 0;
  refuses = false;
  closed = 0;
  #emit: (event: EventMessage) => void = () => undefined;
  #hangUp: () => void = () => undefined;

  async listContainers(): Promise<readonly ContainerSummary[]> {
    this.lists++;
    return this.names.map(summary);
  }

  async events(_options: object, onEvent: (event: EventMessage) => void): Promise<Subscription> {
    this.subscriptions++;
    if (this.refuses) throw new Error("connection refused");
    this.#emit = onEvent;
    const closed = new Promise<void>((resolve) => {
      this.#hangUp = resolve;
    });
    return { closed, close: () => void this.closed++ };
  }

  emit(action: string, name: string): void {
    const actor = { ID: name, Attributes: { name, image: "busybox" } };
    this.#emit({ Type: "container", Action: action, Actor: actor, scope: "local", time: 1, timeNano: 1e9 });
  }

  restart(): void {
    this.#hangUp();
  }
}

function summary(name: string): ContainerSummary {
  return {
    Id: name,
    Names: [`/${name}`],
    Image: "busybox",
    ImageID: "",
    Command: "",
    Created: 0,
    Ports: [],
    Labels: {},
    State: "running",
    Status: "Up",
    HostConfig: { NetworkMode: "none" },
    NetworkSettings: { Networks: {} },
    Mounts: [],
  };
}

const names = (store: EngineStore) => store.snapshot.containers.map(({ name }) => name);

describe("EngineStore", () => {
  let engine: FakeEngine;
  let store: EngineStore;
  let ending: AbortController;

  beforeEach(async () => {
    vi.useFakeTimers();
    engine = new FakeEngine();
    engine.names = ["web"];
    store = new EngineStore(options);
    ending = new AbortController();
    void store.follow(engine, ending.signal);
    await vi.advanceTimersByTimeAsync(0);
  });

  afterEach(() => {
    ending.abort();
    vi.useRealTimers();
  });

  test("what the engine lists is the first snapshot", () => {
    expect(store.snapshot.connection).toBe("connected");
    expect(names(store)).toEqual(["web"]);
  });

  test("an event is in view before the list that makes it exact", async () => {
    engine.names = ["shop", "web"];
    engine.emit("create", "shop");
    expect(names(store)).toEqual(["shop", "web"]);
    expect(store.snapshot.containers[0]?.state).toBe("created");
    await vi.advanceTimersByTimeAsync(options.settleMilliseconds);
    expect(store.snapshot.containers[0]?.state).toBe("running");
  });

  test("a burst of events costs one list", async () => {
    const before = engine.lists;
    for (const action of ["create", "start", "die", "destroy"]) engine.emit(action, "job");
    await vi.advanceTimersByTimeAsync(options.settleMilliseconds * 3);
    expect(engine.lists).toBe(before + 1);
  });

  test("the times in the list grow old: it is asked for again, ever more seldom", async () => {
    engine.emit("start", "web");
    await vi.advanceTimersByTimeAsync(options.settleMilliseconds);
    const before = engine.lists;
    const counts: number[] = [];
    for (const seconds of [2, 4, 8, 16, 30, 30]) {
      await vi.advanceTimersByTimeAsync(seconds * 1000);
      counts.push(engine.lists - before);
    }
    expect(counts).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("when the engine restarts the store says so and listens again", async () => {
    engine.refuses = true;
    engine.restart();
    await vi.advanceTimersByTimeAsync(0);
    expect(store.snapshot.connection).toBe("lost");
    expect(names(store)).toEqual(["web"]);
    engine.refuses = false;
    engine.names = ["web", "new"];
    await vi.advanceTimersByTimeAsync(options.retryMilliseconds * 2);
    expect(store.snapshot.connection).toBe("connected");
    expect(names(store)).toEqual(["web", "new"]);
    expect(engine.closed).toBe(1);
  });

  test("listeners are told each change until they leave", async () => {
    const seen: string[] = [];
    const leave = store.subscribe(({ announcement }) => seen.push(announcement));
    engine.emit("start", "web");
    leave();
    engine.emit("pause", "web");
    expect(seen).toEqual(["web is running"]);
  });

  test("an aborted store asks no more, and hears no more", async () => {
    ending.abort();
    await vi.advanceTimersByTimeAsync(0);
    const { lists, subscriptions } = engine;
    engine.emit("create", "late");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([engine.lists, engine.subscriptions]).toEqual([lists, subscriptions]);
    expect(engine.closed).toBe(1);
    expect(names(store)).toEqual(["web"]);
  });
});
