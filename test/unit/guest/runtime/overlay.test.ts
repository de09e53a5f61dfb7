import { describe, expect, test } from "vitest";
import { mountOverlay, overlayOptions } from "../../../../guest/runtime/overlay.ts";
import { FakeKernel } from "./fake-kernel.ts";

const upper = { directory: "/up", work: "/work" };

describe("overlay", () => {
  test("orders lower layers top first", () => {
    expect(overlayOptions({ layers: ["/base", "/middle", "/top"], upper, target: "/merged" })).toBe(
      "lowerdir=/top:/middle:/base,upperdir=/up,workdir=/work",
    );
  });

  test("without an upper directory is read-only", () => {
    expect(overlayOptions({ layers: ["/a", "/b"], target: "/merged" })).toBe("lowerdir=/b:/a");
  });

  test("escapes what would end a name", () => {
    expect(overlayOptions({ layers: ["/a:b,c\\d"], target: "/merged" })).toBe("lowerdir=/a\\:b\\,c\\\\d");
  });

  test("mounts with one call when the options fit a page", () => {
    const sys = new FakeKernel();
    sys.mkdirAll("/merged");
    mountOverlay(sys, { layers: ["/base", "/top"], upper, target: "/merged" });
    expect(sys.mounts).toEqual([
      {
        source: "overlay",
        target: "/merged",
        type: "overlay",
        flags: 0,
        data: "lowerdir=/top:/base,upperdir=/up,workdir=/work",
      },
    ]);
  });

  test("adds layers one by one, top first, when they do not fit", () => {
    const sys = new FakeKernel();
    sys.mkdirAll("/merged");
    sys.calls.length = 0;
    const layers = Array.from(
      { length: 100 },
      (_, at) => `/var/lib/docker/overlay2/${String(at).padStart(64, "0")}/diff`,
    );
    mountOverlay(sys, { layers, upper, target: "/merged" });
    const added = sys.calls.filter((call) => call.includes("lowerdir+"));
    expect(added).toHaveLength(100);
    expect(added[0]).toContain(layers[99]);
    expect(added[99]).toContain(layers[0]);
    expect(sys.mounts).toEqual([]);
    expect(sys.calls.filter((call) => call.startsWith("moveMount("))).toHaveLength(1);
    expect(sys.openDescriptors()).toEqual([]);
  });

  test("leaves no descriptor behind when the kernel refuses", () => {
    const sys = new FakeKernel();
    sys.mkdirAll("/merged");
    sys.fail("fsconfigCreate", "EINVAL");
    const layers = Array.from({ length: 100 }, (_, at) => `/${"x".repeat(60)}${at}`);
    expect(() => mountOverlay(sys, { layers, upper, target: "/merged" })).toThrow("EINVAL");
    expect(sys.openDescriptors()).toEqual([]);
  });
});
