import { describe, expect, test } from "vitest";
import { containerPaths } from "../../../../../guest/engine/layout.ts";
import { hasSwagger, problemsOf } from "../../api/swagger.ts";
import { type FakeEngine, fakeEngine } from "../fake-store.ts";

/** Three containers, a second apart; "one" has written five bytes. */
function three(): FakeEngine {
  const engine = fakeEngine();
  for (const [name, Labels] of [
    ["one", { keep: "yes" }],
    ["two", { tier: "db" }],
    ["three", {}],
  ] as const) {
    const { Id } = engine.containers.create({ Image: "busybox", Labels }, { name, platform: "" });
    if (name === "one") engine.sys.writeFile(`${containerPaths(Id).upper}/note`, "12345");
    engine.sys.advance(1000);
  }
  return engine;
}

function names({ containers }: FakeEngine): readonly string[] {
  return [...containers.all()].map(({ name }) => name);
}

function filters(given: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(given));
}

describe("docker container prune", () => {
  test("removes what does not run, and tells how much room that made", async () => {
    const engine = three();
    const running = engine.containers.find("two");
    running.state = { ...running.state, Status: "running" };
    const ids = ["one", "three"].map((name) => engine.containers.find(name).id);
    const seen: unknown[] = [];
    engine.events.subscribe(
      { since: "", until: "", filters: filters({ event: ["destroy", "prune"] }) },
      ({ Action, Actor }) => seen.push([Action, Actor.Attributes["name"] ?? Actor.Attributes]),
      () => {},
    );
    const report = await engine.containers.prune(new Map());
    expect(report).toEqual({ ContainersDeleted: ids, SpaceReclaimed: 5 });
    expect(names(engine)).toEqual(["two"]);
    expect(seen).toEqual([
      ["destroy", "one"],
      ["destroy", "three"],
      ["prune", { reclaimed: "5" }],
    ]);
  });

  test("says null when there was nothing to remove", async () => {
    expect(await fakeEngine().containers.prune(new Map())).toEqual({ ContainersDeleted: null, SpaceReclaimed: 0 });
  });

  test.each([
    [{ label: ["keep"] }, ["two", "three"]],
    [{ label: ["tier=db"] }, ["one", "three"]],
    [{ "label!": ["keep=yes"] }, ["one"]],
    [{ until: ["1500ms"] }, ["three"]],
    [{ until: ["1h"] }, ["one", "two", "three"]],
    [{ until: ["0h0m2.5s"], "label!": ["tier"] }, ["two", "three"]],
    [{ until: ["2020-01-01"] }, ["one", "two", "three"]],
    [{ until: ["2099-01-01T00:00:00Z"] }, []],
  ])("with the filters %j leaves %j", async (given, left) => {
    const engine = three();
    await engine.containers.prune(filters(given));
    expect(names(engine)).toEqual(left);
  });

  test.each([
    [{ name: ["web"] }, "invalid filter 'name'"],
    [{ until: ["1h", "2h"] }, "more than one until filter specified"],
    [{ until: ["soon"] }, 'strconv.ParseInt: parsing "soon": invalid syntax'],
  ])("refuses the filters %j", async (given, message) => {
    const engine = three();
    await expect(engine.containers.prune(filters(given))).rejects.toMatchObject({ kind: "invalid", message });
    expect(names(engine)).toEqual(["one", "two", "three"]);
  });

  test("a container that cannot be removed does not keep the others", async () => {
    const engine = three();
    engine.sys.fail("unlink", "EIO");
    const { ContainersDeleted } = await engine.containers.prune(new Map());
    expect(ContainersDeleted).toHaveLength(2);
  });

  test.skipIf(!hasSwagger)("answers as the specification says", async () => {
    const report = await three().containers.prune(new Map());
    expect(problemsOf("post", "/containers/prune", 200, report)).toEqual([]);
  });
});
