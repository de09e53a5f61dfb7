import { describe, expect, test } from "vitest";
import { IMAGES } from "../../../../../guest/engine/layout.ts";
import { hasSwagger, problemsOf } from "../../api/swagger.ts";
import { DIFF_ID, fakeEngine, fakeMachine, IMAGE_ID } from "../fake-store.ts";

describe("images of the store", () => {
  test("an image is found by name, with tag, by id, and by the beginning of its id", () => {
    const { store } = fakeEngine();
    const names = [
      "busybox",
      "busybox:latest",
      "docker.io/library/busybox",
      IMAGE_ID,
      IMAGE_ID.slice(7),
      "abab",
      "sha256:ab",
    ];
    for (const name of names) expect(store.find(name)?.id).toBe(IMAGE_ID);
    for (const name of ["busybox:1", "nginx", "ff", `sha256:${"f".repeat(64)}`]) expect(store.find(name)).toBeNull();
  });

  test("layers are directories, the base first, and their sizes add up", () => {
    const image = fakeEngine().store.get(IMAGE_ID);
    expect(image.layers).toEqual(["/var/lib/docker/overlay2/base/diff"]);
    expect(image.size).toBe(1234);
  });

  test("the second layer is found by the chain of digests", () => {
    const sys = fakeMachine();
    const second = `sha256:${"ef".repeat(32)}`;
    const chain = sys.sha256Bytes(sys.utf8Encode(`${DIFF_ID} ${second}`));
    sys.mkdirAll(`${IMAGES}/layerdb/sha256/${chain}`);
    sys.writeFile(`${IMAGES}/layerdb/sha256/${chain}/cache-id`, "top");
    sys.writeFile(`${IMAGES}/layerdb/sha256/${chain}/size`, "10");
    const config = { rootfs: { type: "layers", diff_ids: [DIFF_ID, second] } };
    sys.writeFile(`${IMAGES}/imagedb/content/sha256/${IMAGE_ID.slice(7)}`, JSON.stringify(config));
    const image = fakeEngine(sys).store.get(IMAGE_ID);
    expect(image.layers.map((path) => path.split("/").at(-2))).toEqual(["base", "top"]);
    expect(image.size).toBe(1244);
  });

  test("a missing image is named with its tag", () => {
    const { images } = fakeEngine();
    expect(() => images.inspect("nginx")).toThrow("No such image: nginx:latest");
    expect(() => images.inspect("Nginx")).toThrow("must be lowercase");
  });

  test("an empty store has no images", () => {
    const sys = fakeMachine();
    sys.unlink(`${IMAGES}/repositories.json`);
    expect(fakeEngine(sys).images.list({ all: false, filters: new Map() })).toEqual([]);
  });

  test("pulling is refused in the words for an image that is not there", () => {
    const { images } = fakeEngine();
    expect(() => images.pull({ image: "nginx", tag: "latest", platform: "" })).toThrow(
      "pull access denied for nginx, repository does not exist or may require 'docker login'",
    );
  });

  test.each([
    [{ reference: ["busy*"] }, 1],
    [{ reference: ["busybox:latest"] }, 1],
    [{ reference: ["b?sybox"] }, 1],
    [{ reference: ["nginx"] }, 0],
    [{ label: ["from=image"] }, 1],
    [{ label: ["from=me"] }, 0],
    [{ dangling: ["true"] }, 0],
    [{ dangling: ["false"] }, 1],
    [{ before: ["busybox"] }, 0],
  ])("the filter %j leaves %i", (filters, count) => {
    const { images } = fakeEngine();
    const map = new Map<string, readonly string[]>(Object.entries(filters));
    expect(images.list({ all: false, filters: map })).toHaveLength(count);
  });

  test("a filter that nobody knows is refused", () => {
    const { images } = fakeEngine();
    expect(() => images.list({ all: false, filters: new Map([["x", []]]) })).toThrow("invalid filter 'x'");
  });

  test.skipIf(!hasSwagger)("list and inspect are as the specification says", () => {
    const { images } = fakeEngine();
    const list = images.list({ all: false, filters: new Map() });
    expect(problemsOf("get", "/images/json", 200, list)).toEqual([]);
    expect(problemsOf("get", "/images/{name}/json", 200, images.inspect("busybox"))).toEqual([]);
  });
});
