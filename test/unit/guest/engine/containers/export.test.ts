import { describe, expect, test } from "vitest";
import { containerPaths } from "../../../../../guest/engine/layout.ts";
import { type FakeEngine, fakeEngine } from "../fake-store.ts";

function engineWith(running: boolean): { engine: FakeEngine; id: string } {
  const engine = fakeEngine();
  const { Id } = engine.containers.create({ Image: "busybox" }, { name: "web", platform: "" });
  const container = engine.containers.find("web");
  engine.sys.mkdirAll(containerPaths(Id).merged);
  if (running) container.state = { ...container.state, Status: "running" };
  engine.sys.mkdirAll("/proc/self/fd/0");
  engine.sys.calls.length = 0;
  return { engine, id: Id };
}

function take({ sys }: FakeEngine): { fd: number; rest: Uint8Array } {
  return { fd: sys.open("/dev", 0), rest: new Uint8Array(0) };
}

describe("docker export", () => {
  test("packs in a child, and keeps nothing open", () => {
    const { engine, id } = engineWith(true);
    const before = engine.sys.openDescriptors();
    engine.containers.export("web", () => take(engine));
    expect(engine.sys.calls).toContain("fork()");
    expect(engine.sys.calls.some((call) => call.startsWith("tar("))).toBe(false);
    expect(engine.sys.calls.some((call) => call.includes(containerPaths(id).merged))).toBe(true);
    expect(engine.sys.openDescriptors()).toEqual(before);
  });

  test("the child has nothing but the files and the client", () => {
    const { engine } = engineWith(true);
    engine.sys.fork = () => 0;
    // The fake's exit throws, and what comes after it finds its descriptors closed.
    expect(() => engine.containers.export("web", () => take(engine))).toThrow();
    const calls = engine.sys.calls.filter((call) => /^(dup2|closeFrom|tar|exit)\(/.test(call));
    expect(calls.map((call) => call.replace(/^dup2\(\d+/, "dup2(N"))).toEqual([
      "dup2(N,0)",
      "dup2(N,1)",
      "closeFrom(3)",
      'tar("/proc/self/fd/0",1,{})',
      "exit(0)",
    ]);
  });

  test("the layers of what does not run are put together, the writable one on top, nowhere to be seen", () => {
    const { engine, id } = engineWith(false);
    engine.containers.export("web", () => take(engine));
    const layers = engine.sys.calls.filter((call) => call.includes('"lowerdir+"'));
    expect(layers[0]).toContain(containerPaths(id).upper);
    expect(layers[1]).toContain("-init/diff");
    expect(engine.sys.mounts).toEqual([]);
    expect(engine.sys.calls.some((call) => call.startsWith("moveMount("))).toBe(false);
  });

  test("refuses before the client's socket is taken", () => {
    const { engine } = engineWith(false);
    expect(() => engine.containers.export("nobody", () => expect.fail("taken"))).toThrow("No such container: nobody");
    engine.sys.fail("fsmount", "EINVAL");
    expect(() => engine.containers.export("web", () => expect.fail("taken"))).toThrow("invalid argument");
  });
});
