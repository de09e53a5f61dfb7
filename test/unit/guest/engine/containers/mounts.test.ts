import { describe, expect, test } from "vitest";
import type { HostConfig } from "../../../../../guest/api/contract/container.ts";
import { checkSources, cleanPath, planMounts } from "../../../../../guest/engine/containers/mounts.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";

function plan(host: HostConfig): ReturnType<typeof planMounts> {
  return planMounts({}, host);
}

describe("mounts of a container", () => {
  test("-v binds recursively and privately, writable unless it says ro", () => {
    const [mount] = plan({ Binds: ["/src:/dst:ro,z"] });
    expect(mount?.mount).toEqual({
      destination: "/dst",
      type: "bind",
      source: "/src",
      options: ["rbind", "rprivate", "rro"],
    });
    expect(mount?.point).toEqual({
      Type: "bind",
      Source: "/src",
      Destination: "/dst",
      Mode: "ro,z",
      RW: false,
      Propagation: "rprivate",
    });
  });

  test("--tmpfs keeps Docker's options in front of the given ones", () => {
    const [mount] = plan({ Tmpfs: { "/t": "size=1m,exec" } });
    expect(mount?.mount.options).toEqual(["noexec", "nosuid", "nodev", "size=1m", "exec"]);
  });

  test("--mount knows bind and tmpfs", () => {
    const mounts = plan({
      Mounts: [
        { Type: "bind", Source: "/a/../b", Target: "/x/./y", ReadOnly: true, BindOptions: { Propagation: "rslave" } },
        { Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 4096, Mode: 0o700 } },
      ],
    });
    expect(mounts.map(({ mount }) => [mount.destination, mount.source, mount.options])).toEqual([
      ["/t", "tmpfs", ["noexec", "nosuid", "nodev", "size=4096", "mode=700"]],
      ["/x/y", "/b", ["rbind", "rslave", "rro"]],
    ]);
  });

  test("a mount stands before those inside it", () => {
    const order = plan({ Binds: ["/1:/a/b/c", "/2:/a", "/3:/a/b"] }).map(({ point }) => point.Destination);
    expect(order).toEqual(["/a", "/a/b", "/a/b/c"]);
  });

  test.each<[HostConfig, string]>([
    [{ Binds: ["/a"] }, "invalid volume specification: '/a'"],
    [
      { Binds: ["/a:b"] },
      "invalid volume specification: '/a:b': invalid mount config for type \"bind\": invalid mount path: 'b' mount path must be absolute",
    ],
    [{ Binds: ["/a:ro"] }, "invalid volume specification: '/a:ro'"],
    [{ Binds: ["/a:/b:ro,rw"] }, "invalid mode: ro,rw"],
    [{ Binds: ["/a:/b:z,Z"] }, "invalid mode: z,Z"],
    [{ Binds: ["/a:/"] }, "destination can't be '/'"],
    [{ Binds: ["/a:/b:rx"] }, "invalid mode: rx"],
    [{ Binds: ["/a:/b:ro:x"] }, "invalid volume specification"],
    [{ Binds: ["/a:/b", "/c:/b/"] }, "Duplicate mount point: /b"],
    [{ Binds: ["name:/b"] }, "create name: named volumes are not supported by this engine yet"],
    [
      { Mounts: [{ Type: "bind", Target: "/x" }] },
      'invalid mount config for type "bind": field Source must not be empty',
    ],
    [
      { Mounts: [{ Type: "bind", Source: "/x" }] },
      'invalid mount config for type "bind": field Target must not be empty',
    ],
    [{ Mounts: [{ Type: "volume", Source: "v", Target: "/x" }] }, "named volumes are not supported"],
    [{ Mounts: [{ Type: "npipe", Source: "v", Target: "/x" }] }, 'for type "npipe": mount type unknown'],
    [{ Tmpfs: { "/t": "odd" } }, 'invalid tmpfs option ["odd"]'],
    [{ Tmpfs: { "/t": "size=1m,odd=x" } }, 'invalid tmpfs option ["odd" "x"]'],
    [{ Tmpfs: { "/": "" } }, "invalid specification: destination can't be '/'"],
    [{ Tmpfs: { t: "" } }, "mount path must be absolute"],
    [
      { Mounts: [{ Type: "bind", Source: "/x", Target: "/x", BindOptions: { ReadOnlyForceRecursive: true } }] },
      "mount options conflict: !ReadOnly && BindOptions.ReadOnlyForceRecursive",
    ],
  ])("%j is refused: %s", (host, message) => {
    expect(() => plan(host)).toThrow(message);
  });

  test("an anonymous volume is refused, unless something is bound there", () => {
    expect(() => planMounts({ Volumes: { "/data": {} } }, {})).toThrow("anonymous volumes are not supported");
    expect(planMounts({ Volumes: { "/data/": {} } }, { Binds: ["/x:/data"] })).toHaveLength(1);
  });

  test("a missing source of -v is made, of --mount it is refused", () => {
    const sys = new FakeSys();
    checkSources(sys, plan({ Binds: ["/new/dir:/x"] }));
    expect(sys.exists("/new/dir")).toBe(true);
    expect(() => checkSources(sys, plan({ Mounts: [{ Type: "bind", Source: "/none", Target: "/x" }] }))).toThrow(
      'invalid mount config for type "bind": bind source path does not exist: /none',
    );
  });

  test.each([
    ["/", "/"],
    ["//a//b/", "/a/b"],
    ["/a/./b/..", "/a"],
    ["/../..", "/"],
  ])("the path %s is %s", (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });
});
