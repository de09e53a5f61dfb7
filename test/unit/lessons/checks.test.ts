import { describe, expect, test } from "vitest";
import type { ContainerStatus, ContainerSummary } from "../../../guest/api/contract/container.ts";
import type { ImageSummary } from "../../../guest/api/contract/image.ts";
import { type CheckedMachine, checkKinds, runCheck } from "../../../lessons/checks.ts";

function container(name: string, image: string, state: ContainerStatus): ContainerSummary {
  return {
    Id: name,
    Names: [`/${name}`],
    Image: image,
    ImageID: "",
    Command: "",
    Created: 0,
    Ports: [],
    Labels: {},
    State: state,
    Status: state === "exited" ? "Exited (1) 2 seconds ago" : "Up 2 seconds",
    HostConfig: { NetworkMode: "none" },
    NetworkSettings: { Networks: {} },
    Mounts: [],
  };
}

function image(tag: string): ImageSummary {
  return {
    Id: tag,
    ParentId: "",
    RepoTags: [tag],
    RepoDigests: [],
    Created: 0,
    Size: 0,
    SharedSize: -1,
    Labels: null,
    Containers: -1,
  };
}

interface World {
  readonly containers?: readonly ContainerSummary[];
  readonly images?: readonly ImageSummary[];
  /** argv as one line → what the program does. */
  readonly programs?: Readonly<Record<string, { status: number; output: string }>>;
}

function machineWith({ containers = [], images = [], programs = {} }: World): CheckedMachine {
  return {
    engine: { listContainers: async () => containers, listImages: async () => images },
    run: async (argv) => programs[argv.join(" ")] ?? { status: 127, output: `${argv[0]}: not found` },
  };
}

async function hintOf(kind: string, given: Readonly<Record<string, string>>, world: World): Promise<string> {
  const verdict = await runCheck({ kind, arguments: given }, machineWith(world));
  return verdict.kind === "passed" ? "passed" : verdict.hint;
}

describe("container-exists", () => {
  const hello = [container("brave_curie", "hello-world", "exited")];

  test("green when one was made from the image and is in the state", async () => {
    const given = { image: "hello-world", state: "exited" };
    expect(await hintOf("container-exists", given, { containers: hello })).toBe("passed");
  });

  test("red on a machine that has made none", async () => {
    expect(await hintOf("container-exists", { image: "hello-world" }, {})).toBe(
      "The engine has made no container yet. Type the command, or click it.",
    );
  });

  test("red when only others are there: it names what is missing", async () => {
    const hint = await hintOf("container-exists", { image: "busybox" }, { containers: hello });
    expect(hint).toContain("There is no container from `busybox` yet.");
  });

  test("red in another state: it says which", async () => {
    const hint = await hintOf("container-exists", { image: "hello-world", state: "running" }, { containers: hello });
    expect(hint).toBe("`brave_curie` is exited; this step wants it running.");
  });

  test("red when the name belongs to another image", async () => {
    const given = { name: "brave_curie", image: "busybox" };
    expect(await hintOf("container-exists", given, { containers: hello })).toContain("was made from `hello-world`");
  });
});

describe("container-running", () => {
  const given = { name: "web", image: "busybox" };
  const withWeb = (state: ContainerStatus, from = "busybox:latest") => ({
    containers: [container("web", from, state)],
  });

  test("green when it runs, whether or not the tag was typed", async () => {
    expect(await hintOf("container-running", given, withWeb("running"))).toBe("passed");
  });

  test("red when nothing has the name", async () => {
    expect(await hintOf("container-running", given, {})).toBe("No container is called `web` yet.");
  });

  test("red when it runs under another name: it tells how to give it the right one", async () => {
    const hint = await hintOf("container-running", given, {
      containers: [container("calm_hopper", "busybox", "running")],
    });
    expect(hint).toContain("`calm_hopper` runs");
    expect(hint).toContain("`--name web`");
  });

  test("red when it has ended: it points to its last words", async () => {
    const hint = await hintOf("container-running", given, withWeb("exited"));
    expect(hint).toContain("Exited (1) 2 seconds ago");
    expect(hint).toContain("`docker logs web`");
  });

  test("red when it was created only, or is paused", async () => {
    expect(await hintOf("container-running", given, withWeb("created"))).toContain("`docker start web`");
    expect(await hintOf("container-running", given, withWeb("paused"))).toContain("`docker unpause web`");
  });

  test("red when it was made from another image", async () => {
    expect(await hintOf("container-running", given, withWeb("running", "nginx"))).toContain("made from `nginx`");
  });
});

describe("image-present", () => {
  test("green with and without the tag", async () => {
    expect(await hintOf("image-present", { name: "busybox" }, { images: [image("busybox:latest")] })).toBe("passed");
    expect(await hintOf("image-present", { name: "shop:2" }, { images: [image("shop:2")] })).toBe("passed");
  });

  test("red when it is not there, or only with another tag", async () => {
    expect(await hintOf("image-present", { name: "shop" }, {})).toContain("There is no image `shop` here.");
    expect(await hintOf("image-present", { name: "shop:2" }, { images: [image("shop:1")] })).toContain(
      "no image `shop:2`",
    );
  });
});

describe("file-contains", () => {
  const given = { path: "/tmp/note", text: "hello" };

  test("green when the text is in the file", async () => {
    const programs = { "cat /tmp/note": { status: 0, output: "well, hello\n" } };
    expect(await hintOf("file-contains", given, { programs })).toBe("passed");
  });

  test("green for a file in a container", async () => {
    const programs = { "docker exec web cat /tmp/note": { status: 0, output: "hello" } };
    expect(await hintOf("file-contains", { ...given, container: "web" }, { programs })).toBe("passed");
  });

  test("red when it says something else", async () => {
    const programs = { "cat /tmp/note": { status: 0, output: "goodbye\n" } };
    expect(await hintOf("file-contains", given, { programs })).toBe("`/tmp/note` does not contain `hello` yet.");
  });

  test("red when it cannot be read: the machine's own words", async () => {
    const programs = {
      "cat /tmp/note": { status: 1, output: "cat: can't open '/tmp/note': No such file or directory\n" },
    };
    expect(await hintOf("file-contains", given, { programs })).toContain("No such file or directory");
  });
});

test("every kind of check has a red and a green test here", () => {
  expect(Object.keys(checkKinds)).toEqual(["container-exists", "container-running", "image-present", "file-contains"]);
});
