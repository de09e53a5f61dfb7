import { beforeEach, describe, expect, test } from "vitest";
import type { ContainerRecord } from "../../../../../guest/engine/containers/container.ts";
import { containerPaths } from "../../../../../guest/engine/layout.ts";
import { type FakeEngine, fakeEngine } from "../fake-store.ts";
import { watchEvents } from "../play-running.ts";

let engine: FakeEngine;
let id: string;

beforeEach(() => {
  engine = fakeEngine();
  id = engine.containers.create({ Image: "busybox" }, { name: "web", platform: "" }).Id;
});

function recorded(): string {
  return (JSON.parse(engine.sys.readFile(containerPaths(id).config)) as ContainerRecord).Name;
}

function refusal(name: string, wanted: string): unknown {
  try {
    engine.containers.rename(name, wanted);
  } catch (error) {
    return error;
  }
  return null;
}

describe("renaming a container", () => {
  test.each(["shop", "/shop"])(
    "to %s: it is found by the new name, the old one is free, and all are told",
    (wanted) => {
      const events = watchEvents(engine);
      engine.containers.rename("web", wanted);
      expect(engine.containers.find("shop").id).toBe(id);
      expect(() => engine.containers.find("web")).toThrow("No such container: web");
      expect(recorded()).toBe("shop");
      expect(events).toEqual(["rename oldName=/web"]);
      expect(engine.containers.inspect("shop", { size: false }).Name).toBe("/shop");
      engine.containers.create({ Image: "busybox" }, { name: "web", platform: "" });
    },
  );

  test("leaves its host name alone", () => {
    const before = engine.containers.inspect("web", { size: false }).Config.Hostname;
    engine.containers.rename("web", "shop");
    expect(engine.containers.inspect("shop", { size: false }).Config.Hostname).toBe(before);
    expect(before).toBe(id.slice(0, 12));
  });

  test("is written atomically", () => {
    engine.sys.calls.length = 0;
    engine.containers.rename("web", "shop");
    const writes = engine.sys.calls.filter((call) => call.startsWith("writeFile("));
    expect(writes).toHaveLength(1);
    expect(writes[0]).toContain('"atomic":true');
  });

  test("to a name in use is a conflict that names its owner", () => {
    const { Id } = engine.containers.create({ Image: "busybox" }, { name: "shop", platform: "" });
    expect(refusal("web", "shop")).toMatchObject({
      kind: "conflict",
      message:
        `Error when allocating new name: Conflict. The container name "/shop" is already in use by container "${Id}". ` +
        "You have to remove (or rename) that container to be able to reuse that name.",
    });
    expect(engine.containers.find("web").id).toBe(id);
  });

  test.each([
    ["", "Neither old nor new names may be empty"],
    ["web", "Renaming a container with the same name as its current name"],
    ["/web", "Renaming a container with the same name as its current name"],
    [
      "a b",
      "Error when allocating new name: Invalid container name (/a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
    ],
  ])("to %j is refused", (wanted, message) => {
    expect(refusal("web", wanted)).toMatchObject({ kind: "invalid", message });
    expect(recorded()).toBe("web");
  });

  test("that is not there is refused", () => {
    expect(refusal("foo", "bar")).toMatchObject({ kind: "notFound", message: "No such container: foo" });
  });

  test("on a full disk changes nothing", () => {
    engine.sys.fail("writeFile", "ENOSPC");
    expect(refusal("web", "shop")).toMatchObject({ kind: "system" });
    expect([engine.containers.find("web").name, recorded()]).toEqual(["web", "web"]);
    engine.containers.rename("web", "shop");
  });
});
