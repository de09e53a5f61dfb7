/** Every flag of `docker run`: what the program sees of it, what the machine shows of it, and how a bad value is refused. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type DockerClient, dockerClient, dockerVersion, NO_DOCKER } from "../support/docker-client.ts";
import { TestTerminal } from "../support/test-terminal.ts";
import { bootVm, type RunResult, type Vm } from "../support/vm.ts";
import { FILES, INSIDE, OUTSIDE, REFUSED, TYPED, WARNED } from "./run-flags.ts";

const DIRECTORY = "/srv/client";
const ENVIRONMENT = { TWO: "2", HOME: "/root" };
/** Docker's client 26.1 loses what they ask for: it copies into a slice of length 0. */
const LOST = ["--device-read-bps"];
/** Words for the commands of the tables. */
const SHELL = `
wait_for() { for i in $(seq 100); do [ "$(docker inspect -f "{{.$1}}" web)" = "$2" ] && return; sleep 0.1; done; }
same() { [ "$(readlink /proc/$pid/ns/$1)" = "$(readlink /proc/$2/ns/$1)" ] && echo same || echo other; }
set -- $(docker inspect -f '{{.Id}} {{.State.Pid}}' web); id=$1 pid=$2 cgroup=/sys/fs/cgroup/docker/$1
other=$(docker inspect -f '{{.State.Pid}}' other)
`;

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
  for (const [name, text] of Object.entries(FILES))
    await vm.put(new TextEncoder().encode(text), `${DIRECTORY}/${name}`);
  await vm.sh("mkdir /srv/shared; mount --bind /srv/shared /srv/shared; mount --make-shared /srv/shared");
  await vm.sh(`mkdir -p /srv/flags /srv/page; echo 'of the machine' > /srv/flags/file; echo "other's page" > /srv/page/index.html
    docker run -d --name other -h other --ipc shareable -v /srv/page:/page busybox httpd -f -h /page`);
});
afterEach(() => vm.run(`docker rm -f web; rm -f ${DIRECTORY}/cid`));
afterAll(() => vm?.stop());

function inDirectory(command: string): Promise<RunResult> {
  return vm.run(command, { cwd: DIRECTORY, env: Object.entries(ENVIRONMENT).map((pair) => pair.join("=")) });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const refusals = new Map<string, Promise<RunResult>>();

/** What ours says; asked once. */
function refusal(options: string): Promise<RunResult> {
  const known = refusals.get(options) ?? inDirectory(`docker ${refusedLine(options)}`);
  refusals.set(options, known);
  return known;
}

describe("the program sees it", () => {
  test.each(INSIDE)("%s", async (options, program, output) => {
    const { stdout } = await inDirectory(`echo typed | docker run --rm ${options} busybox sh -c ${quote(program)}`);
    expect(stdout).toBe(output === "" ? "" : `${output}\n`);
  });
});

describe("the machine shows it", () => {
  test.each(OUTSIDE)("%s", async (options, command, output) => {
    const started = await inDirectory(`docker run -d --name web ${options} busybox sh -c 'echo up; exec sleep 1000'`);
    expect(started.stderr).toBe("");
    const { stdout } = await inDirectory(`${SHELL}\n${command}`);
    expect(stdout.trimEnd()).toBe(output);
  });
});

describe("a person at a terminal sees it", () => {
  test.each(TYPED)("%s", async (options, keys, output, leave) => {
    const terminal = await TestTerminal.open(vm.machine, { rows: 24, columns: 80 }, [
      ...["docker", "run", "--name", "web", ...options.split(" ")],
      ...["busybox", "sh"],
    ]);
    await terminal.waitFor("/ # ");
    await terminal.type(keys);
    await terminal.waitFor(output);
    await terminal.type(leave);
    expect(await terminal.waitForEnd()).toBe(0);
    const running = options.includes("--detach-keys") ? "running\n" : "";
    expect((await vm.run("docker inspect -f '{{.State.Status}}' web")).stdout.trimStart()).toBe(running);
  });
});

test("detach keys that are none are refused when the container is there already, in the words of Docker's client", async () => {
  const [run, exec] = [
    await vm.run("docker run --name web --detach-keys odd, busybox true"),
    await vm.run("docker exec --detach-keys odd, other true"),
  ];
  expect(run).toEqual({ stdout: "", stderr: "unable to upgrade to tcp, received 400\n", status: 1 });
  expect(exec).toEqual({
    stdout: "",
    stderr: "Error response from daemon: Invalid escape keys (odd,) provided\n",
    status: 1,
  });
});

describe("it is left out, and that is said", () => {
  test.each(WARNED)("%s", async (options, warning) => {
    const result = await inDirectory(`docker run --rm ${options} busybox echo fine`);
    expect(result).toEqual({ stdout: "fine\n", stderr: `WARNING: ${warning}\n`, status: 0 });
  });
});

describe("it is refused, and nothing is left", () => {
  for (const [options, message, expected = 125] of REFUSED) {
    test(options, async () => {
      const { stderr, status } = await refusal(options);
      expect(stderr).toContain(message);
      expect(status).toBe(expected);
      expect(await vm.sh("docker ps -aq | wc -l")).toBe("1\n");
    });
  }
});

/** The version whose words ours are. */
const VERSION = "26.1";
const found = dockerVersion();
const other = found === null || found.startsWith(VERSION) ? NO_DOCKER : ` (skipped: it is ${found}, not ${VERSION})`;

describe.skipIf(other !== "")(`the real client${other}`, () => {
  let client: DockerClient;
  let directory: string;

  beforeAll(async () => {
    client = await dockerClient(vm, ENVIRONMENT);
    directory = await mkdtemp(join(tmpdir(), "drydock-flags-"));
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(directory, name), text);
  });
  afterEach(() => rm(join(directory, "cid"), { force: true }));
  afterAll(() => rm(directory, { recursive: true }));

  /** What `docker inspect` tells of the one that was just made, without what differs from one to the next. */
  async function inspected(id: string): Promise<unknown> {
    const text = await vm.sh(`docker inspect web; docker rm web > /dev/null`);
    const short = id.slice(0, 12);
    const comparable = text.replaceAll(id, "ID").replaceAll(short, "SHORT");
    return JSON.parse(comparable.replace(/"Created": ".*"/, '"Created": ""'), inOrder);
  }

  test("is refused detach keys that are none as ours is", async () => {
    expect(await client.runLine("run --name web --detach-keys odd, busybox true", directory)).toMatchObject({
      stderr: "unable to upgrade to tcp, received 400\n",
      status: 1,
    });
  });

  const made = [...INSIDE, ...OUTSIDE].map(([options]) => options);
  test.each(made.filter((options) => !LOST.some((flag) => options.includes(flag))))(
    "asks for the same: %s",
    async (options) => {
      const words = `create --name web ${createOptions(options)} busybox sh -c true`;
      const ours = await inDirectory(`docker ${words}`);
      const expected = await inspected(ours.stdout.trim());
      const theirs = await client.runLine(words, directory);
      expect({ stderr: theirs.stderr, status: theirs.status }).toEqual({ stderr: ours.stderr, status: ours.status });
      expect(await inspected(theirs.stdout.trim())).toEqual(expected);
    },
  );

  test.each(REFUSED.map(([options]) => options))("is refused as ours is: %s", async (options) => {
    const [ours, theirs] = [await refusal(options), await client.runLine(refusedLine(options), directory)];
    expect({ ...theirs, stderr: comparable(theirs.stderr) }).toEqual({ ...ours, stderr: comparable(ours.stderr) });
  });
});

/** Docker's client keeps them in maps, which Go gives back in any order. */
function inOrder(key: string, value: unknown): unknown {
  const unordered = Array.isArray(value) && ["Binds", "Env", "Mounts"].includes(key);
  return unordered ? value.map((each) => JSON.stringify(each)).sort() : value;
}

/** What is to be removed may not be restarted: that would be refused first. */
function refusedLine(options: string): string {
  return `run ${options.includes("--restart") ? "" : "--rm"} ${options} busybox true`;
}

/** Without ids, and without what the real client logs when the container is gone before it waited for it. */
function comparable(text: string): string {
  return text.replaceAll(/^time=".*Error waiting for container.*\n/gm, "").replaceAll(/[0-9a-f]{64}/g, "ID");
}

/** Without what only `docker run` knows. */
function createOptions(options: string): string {
  return options.replace("--detach", "");
}
