import { describe, expect, test } from "vitest";
import type { ContainerSummary } from "../../../../guest/api/contract/container.ts";
import type { EventMessage } from "../../../../guest/api/contract/event.ts";
import { type EngineSnapshot, emptySnapshot } from "../../../../web/state/engine-snapshot.ts";
import { changesList, reduce } from "../../../../web/state/reduce.ts";

const ID = "5f".repeat(32);

const summary: ContainerSummary = {
  Id: ID,
  Names: ["/web"],
  Image: "busybox",
  ImageID: `sha256:${"a".repeat(64)}`,
  Command: '"httpd -f"',
  Created: 1_790_000_000,
  Ports: [],
  Labels: {},
  State: "running",
  Status: "Up 3 seconds",
  HostConfig: { NetworkMode: "none" },
  NetworkSettings: { Networks: {} },
  Mounts: [],
};

function event(action: string, attributes: Record<string, string> = {}, id = ID): EventMessage {
  const actor = { ID: id, Attributes: { name: "web", image: "busybox", ...attributes } };
  return { Type: "container", Action: action, Actor: actor, scope: "local", time: 1, timeNano: 1e9 };
}

function following(...messages: readonly EventMessage[]): EngineSnapshot {
  return messages.reduce<EngineSnapshot>(
    (snapshot, message) => reduce(snapshot, { kind: "event", message }),
    emptySnapshot,
  );
}

describe("reduce", () => {
  test("a list replaces what was known and means that the engine answers", () => {
    const snapshot = reduce(following(event("create", {}, "old")), { kind: "listed", containers: [summary] });
    expect(snapshot.connection).toBe("connected");
    expect(snapshot.containers).toEqual([
      {
        id: ID,
        name: "web",
        image: "busybox",
        command: '"httpd -f"',
        state: "running",
        status: "Up 3 seconds",
        ports: [],
      },
    ]);
  });

  test("the same list gives the same object back", () => {
    const once = reduce(emptySnapshot, { kind: "listed", containers: [summary] });
    expect(reduce(once, { kind: "listed", containers: [{ ...summary }] })).toBe(once);
  });

  test("ports read as in docker ps", () => {
    const ports: ContainerSummary["Ports"] = [
      { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
      { PrivatePort: 53, Type: "udp" },
    ];
    const snapshot = reduce(emptySnapshot, { kind: "listed", containers: [{ ...summary, Ports: ports }] });
    expect(snapshot.containers[0]?.ports).toEqual(["0.0.0.0:8080->80/tcp", "53/udp"]);
  });

  test("a created container stands first before any list has come", () => {
    const snapshot = following(event("create", { name: "one" }, "1"), event("create", { name: "two" }, "2"));
    expect(snapshot.containers.map(({ name, state }) => [name, state])).toEqual([
      ["two", "created"],
      ["one", "created"],
    ]);
  });

  test("start and die are shown at once, with the exit status", () => {
    const running = following(event("create"), event("start"));
    expect(running.containers[0]?.state).toBe("running");
    expect(running.announcement).toBe("web is running");
    const over = reduce(running, { kind: "event", message: event("die", { exitCode: "137" }) });
    expect(over.containers[0]).toMatchObject({ state: "exited", status: "Exited (137) Less than a second ago" });
    expect(over.announcement).toBe("web ended with status 137");
  });

  test("destroy takes the row away and says so", () => {
    const snapshot = following(event("create"), event("start"), event("die", { exitCode: "0" }), event("destroy"));
    expect(snapshot.containers).toEqual([]);
    expect(snapshot.announcement).toBe("web was removed");
  });

  test("rename changes the name in place", () => {
    const snapshot = following(event("create"), event("rename", { name: "shop" }));
    expect(snapshot.containers.map(({ name }) => name)).toEqual(["shop"]);
  });

  test("an engine that is lost leaves its last words in view", () => {
    const listed = reduce(emptySnapshot, { kind: "listed", containers: [summary] });
    const lost = reduce(listed, { kind: "lost" });
    expect(lost.connection).toBe("lost");
    expect(lost.containers).toBe(listed.containers);
    expect(reduce(lost, { kind: "lost" })).toBe(lost);
  });

  test("an engine that has never answered is waited for, not lost", () => {
    expect(reduce(emptySnapshot, { kind: "lost" })).toBe(emptySnapshot);
  });

  test("a reset forgets everything", () => {
    expect(reduce(following(event("create")), { kind: "reset" })).toBe(emptySnapshot);
  });

  test("events of images and networks change nothing", () => {
    const message: EventMessage = { ...event("destroy"), Type: "image" };
    const before = following(event("create"));
    expect(reduce(before, { kind: "event", message })).toBe(before);
    expect(changesList(message)).toBe(false);
  });

  test("what changes the list asks for a list, what does not does not", () => {
    expect(
      ["create", "start", "die", "destroy", "health_status: healthy"].map((action) => changesList(event(action))),
    ).toEqual([true, true, true, true, true]);
    expect(["attach", "resize", "exec_create: ps", "kill"].some((action) => changesList(event(action)))).toBe(false);
  });

  test("a snapshot is never changed", () => {
    const before = following(event("create"));
    const copy = structuredClone(before);
    reduce(before, { kind: "event", message: event("start") });
    reduce(before, { kind: "event", message: event("destroy") });
    expect(before).toEqual(copy);
  });
});
