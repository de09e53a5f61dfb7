/** What ours completes and Docker's 26.1 does not, or otherwise. What both do the same is in the golden files. */
import { describe, expect, test } from "vitest";
import type { Family } from "../../../../../guest/cli/command.ts";
import { COMMANDS, FAMILIES, OWN_COMMANDS } from "../../../../../guest/cli/commands.ts";
import { readUsage, sourceOf } from "../../../../../guest/cli/completion/arguments.ts";
import { FLAG_VALUES } from "../../../../../guest/cli/completion/flag-values.ts";
import { GLOBAL_FLAGS } from "../../../../../guest/cli/global-options.ts";
import { IMAGES, INFO } from "../engine-answers.ts";
import { type Play, type Played, play } from "../fake-engine.ts";
import type { Route } from "../scenario.ts";

const ROUTES: readonly Route[] = [
  {
    request: "GET /containers/json",
    body: [
      { Id: "1", Names: ["/web"], State: "running" },
      { Id: "2", Names: ["/frozen"], State: "paused" },
    ],
  },
  { request: "GET /images/json", body: IMAGES },
  { request: "GET /info", body: INFO },
];
const TAGS = ["busybox:latest", "busybox:1.36", "hello-world:latest"];

/** The last word is what is typed of it. */
function complete(line: string, options: Play = {}, environ: Readonly<Record<string, string>> = {}): Promise<Played> {
  const argv = ["__completeNoDesc", ...line.split(" ")];
  return play({ name: "complete", argv, routes: ROUTES, environ: { HOME: "/nowhere", ...environ } }, options);
}

/** Candidates and, last, the directive. */
async function candidates(line: string, environ?: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return (await complete(line, {}, environ)).stdout.trimEnd().split("\n");
}

const NOTHING = [":4"];
const FILES = [":0"];
const every = [...COMMANDS, ...OWN_COMMANDS, ...FAMILIES.flatMap((family: Family) => family.commands)];

describe("a new command has completion without more", () => {
  test("every word of every usage line says what is meant by it", () => {
    const unknown = every.flatMap((command) =>
      readUsage(command.usage)
        .map((noun) => noun.replace("...", ""))
        .filter((noun) => sourceOf(command, noun) === null)
        .map((noun) => `docker ${command.name}: ${noun} is missing in guest/cli/completion/arguments.ts`),
    );
    expect(unknown).toEqual([]);
  });

  test("every value that is completed is one of a flag that there is", () => {
    const names = new Set([...GLOBAL_FLAGS, ...every.flatMap(({ flags }) => flags)].map(({ name }) => name));
    expect(Object.keys(FLAG_VALUES).filter((name) => !names.has(name))).toEqual([]);
  });

  test("every filter knows its names", () => {
    const nameless = every.filter(({ flags }) =>
      flags.some(({ name, keys = [] }) => name === "filter" && !keys.length),
    );
    expect(nameless.map(({ name, usage }) => `docker ${name} ${usage}: its --filter has no keys`)).toEqual([]);
  });
});

describe("words", () => {
  test("docker's own, with trace and help among them", async () => {
    expect(await candidates("tr")).toEqual(["trace", ":4"]);
    expect(await candidates("help conta")).toEqual(["container", ":4"]);
    expect(await candidates("help container unp")).toEqual(["unpause", ":4"]);
    expect(await candidates("help container unpause ")).toEqual(NOTHING);
  });

  test("of a family, whatever name its member has", async () => {
    expect(await candidates("container ps --no")).toEqual(["--no-trunc", ":4"]);
    expect(await candidates("container nope ")).toEqual(NOTHING);
  });

  test("of the command that is traced", async () => {
    expect(await candidates("trace --format json ru")).toEqual(["run", ":4"]);
    expect(await candidates("trace exec ")).toEqual(["web", ":4"]);
    expect(await candidates("trace --format ")).toEqual(["json", "table", ":4"]);
  });
});

describe("arguments", () => {
  test("what is named already is not offered again", async () => {
    expect(await candidates("rm web ")).toEqual(["frozen", ":4"]);
  });

  test("there are no more of them than the command takes", async () => {
    expect(await candidates("rename web ")).toEqual(NOTHING);
    expect(await candidates("run --rm busybox ")).toEqual(NOTHING);
    expect(await candidates("exec web ")).toEqual(NOTHING);
    expect(await candidates("exec web -")).toEqual(NOTHING);
    expect(await candidates("ps ")).toEqual(NOTHING);
  });

  test("docker inspect takes everything that has a name", async () => {
    expect(await candidates("inspect ")).toEqual(["web", "frozen", ...TAGS, ":4"]);
    expect(await candidates("inspect --type image ")).toEqual([...TAGS, ":4"]);
    expect(await candidates("inspect --type=container ")).toEqual(["web", "frozen", ":4"]);
  });

  test("docker cp: a container and a colon, or a file", async () => {
    expect(await candidates("cp w")).toEqual(["web:", "frozen:", ":2"]);
    expect(await candidates("cp web:/etc/passwd w")).toEqual(FILES);
    expect(await candidates("cp ./w")).toEqual(FILES);
    expect(await candidates("cp ./whatever w")).toEqual(["web:", "frozen:", ":6"]);
    expect(await candidates("cp web:/e")).toEqual(NOTHING);
  });

  test("contexts, but no name for one that is to be made", async () => {
    expect(await candidates("context use ")).toEqual(["default", ":4"]);
    expect(await candidates("context create ")).toEqual(NOTHING);
  });
});

describe("flags", () => {
  test("what may be given again comes up again", async () => {
    expect(await candidates("run -e A=1 --rm --env")).toEqual(["--env", "--env-file", ":4"]);
    expect(await candidates("run -itd --inter")).toEqual(NOTHING);
  });

  test("a flag that nobody knows is passed by", async () => {
    expect(await candidates("stop --nope ")).toEqual(["web", "frozen", ":4"]);
    expect(await candidates("stop --nope=")).toEqual(NOTHING);
  });

  test("values: behind a space, behind =, and of the last letter of a cluster", async () => {
    const policies = ["no", "always", "on-failure", "unless-stopped", ":4"];
    expect(await candidates("run --restart ")).toEqual(policies);
    expect(await candidates("run --restart=un")).toEqual(policies);
    expect(await candidates("run -ite ", { HOME: "/root", B: "secret" })).toEqual(["HOME", "B", ":4"]);
    expect(await candidates("run --name ")).toEqual(NOTHING);
    expect(await candidates("run --init=")).toEqual(NOTHING);
    expect(await candidates("run -v /e")).toEqual(FILES);
  });

  test("filters: names first, then their values", async () => {
    expect(await candidates("images -f ")).toEqual(["before=", "dangling=", "label=", "reference=", "since=", ":6"]);
    expect(await candidates("images --filter dangling=")).toEqual(["dangling=true", "dangling=false", ":4"]);
    expect(await candidates("ps --filter=name=w")).toEqual(["name=web", "name=frozen", ":4"]);
    expect(await candidates("ps --filter nope=")).toEqual(NOTHING);
  });

  test("a namespace of a container", async () => {
    expect(await candidates("run --network ")).toEqual(["container:", "bridge", "host", "none", ":4"]);
    expect(await candidates("run --network cont")).toEqual(["container:", ":6"]);
    expect(await candidates("run --pid container:")).toEqual(["container:web", "container:frozen", ":4"]);
  });

  test("the source of a mount is a file", async () => {
    expect(await candidates("run --mount ")).toEqual(["type=bind,source=", "type=tmpfs,target=", ":6"]);
    expect(await candidates("run --mount type=bind,source=/e")).toEqual(FILES);
  });

  test("capabilities and signals as they are begun", async () => {
    expect(await candidates("kill -s H")).toContain("HUP");
    expect(await candidates("stop --signal=SIGH")).toContain("SIGHUP");
    expect(await candidates("run --cap-add ")).toContain("NET_ADMIN");
    expect(await candidates("run --cap-drop CAP_N")).toContain("CAP_NET_ADMIN");
  });

  test("in front of the command", async () => {
    expect(await candidates("--context ")).toEqual(["default", ":4"]);
    expect(await candidates("--config /e")).toEqual(FILES);
    expect(await candidates("run --log-driver ")).toContain("none");
  });
});

describe("an engine that is not there", () => {
  test("is no reason to say a word", async () => {
    const { stdout, stderr, code } = await complete("stop ", { unreachable: true });
    expect({ stdout, code }).toEqual({ stdout: ":1\n", code: 0 });
    expect(stderr).toBe("Completion ended with directive: ShellCompDirectiveError\n");
  });

  test("nor is a context that leads nowhere, which can be removed all the same", async () => {
    expect(await candidates("-c nowhere stop ")).toEqual([":1"]);
    expect(await candidates("stop ", { DOCKER_HOST: "ssh://a" })).toEqual([":1"]);
    expect(await candidates("-c nowhere context rm ")).toEqual(["default", ":4"]);
  });

  test("is not missed where nobody asks it", async () => {
    expect((await complete("ru", { unreachable: true })).stdout).toBe("run\n:4\n");
  });
});
