import { beforeEach, describe, expect, test } from "vitest";
import type { Container } from "../../../../../guest/engine/containers/container.ts";
import { ContainerUsers } from "../../../../../guest/engine/containers/container-users.ts";
import { containerPaths } from "../../../../../guest/engine/layout.ts";
import { FakeKernel } from "../../runtime/fake-kernel.ts";

const IMAGE = "sha256:1";
const PASSWD = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000:Ada:/home/ada:/bin/sh\n";

let sys: FakeKernel;
let users: ContainerUsers;

/** Its root is mounted; `links` makes /etc/passwd a link of the image. */
function container(id: string, { passwd = PASSWD, image = IMAGE, links = false } = {}): Container {
  const { merged, upper } = containerPaths(id);
  sys.mkdirAll(`${merged}/etc`);
  sys.mkdirAll(`${merged}/usr`);
  sys.mkdirAll(upper);
  sys.writeFile(`${merged}/${links ? "usr" : "etc"}/passwd`, passwd);
  if (links) sys.symlink("../usr/passwd", `${merged}/etc/passwd`);
  sys.writeFile(`${merged}/etc/group`, "root:x:0:\nada:x:1000:\naudio:x:29:ada\n");
  return { id, record: { Image: image }, hostConfig: {} } as unknown as Container;
}

const read = (): number => sys.calls.filter((call) => call.startsWith("openat2(") && call.includes("passwd")).length;

beforeEach(() => {
  sys = new FakeKernel();
  users = new ContainerUsers(sys);
});

describe("who a name is in a container", () => {
  test("is read from an image once, for all containers of it", () => {
    expect(users.resolve(container("one"), "ada")).toMatchObject({ uid: 1000, additionalGids: [1000, 29] });
    const before = read();
    expect(users.resolve(container("two"), "ada")).toMatchObject({ uid: 1000, home: "/home/ada" });
    expect(users.resolve(container("two"), "")).toMatchObject({ uid: 0, home: "/root" });
    expect(read()).toBe(before);
  });

  test("is read once more for another image", () => {
    users.resolve(container("one"), "ada");
    const other = container("two", { image: "sha256:2", passwd: "ada:x:7:7::/:/bin/sh\n" });
    expect(users.resolve(other, "ada").uid).toBe(7);
  });

  test("is what the container's own files say, as soon as it has an /etc of its own", () => {
    users.resolve(container("one"), "ada");
    const own = container("two", { passwd: "ada:x:7:7::/:/bin/sh\n" });
    sys.mkdirAll(`${containerPaths("two").upper}/etc`);
    expect(users.resolve(own, "ada").uid).toBe(7);
    // And of what it says, nothing is kept for others.
    expect(users.resolve(container("three"), "ada").uid).toBe(1000);
  });

  test("also when its /etc is a link that leads nowhere out here", () => {
    users.resolve(container("one"), "ada");
    const own = container("two", { passwd: "ada:x:7:7::/:/bin/sh\n" });
    sys.symlink("/nowhere", `${containerPaths("two").upper}/etc`);
    expect(users.resolve(own, "ada").uid).toBe(7);
  });

  test("is not kept of an image whose file is a link: what it leads to may change", () => {
    expect(users.resolve(container("one", { links: true }), "ada").uid).toBe(1000);
    expect(users.resolve(container("two", { links: true, passwd: "ada:x:7:7::/:/bin/sh\n" }), "ada").uid).toBe(7);
  });

  test("leaves no descriptor open", () => {
    users.resolve(container("one"), "ada");
    expect(sys.openDescriptors()).toEqual([]);
  });
});
