/** What takes room in the machine, and how it is had back: `docker system df` and `docker system prune`. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";
import { hasSwagger, problemsOf } from "../unit/guest/api/swagger.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq); rm -rf /root/.docker"));
afterAll(() => vm?.stop());

function rows(text: string): readonly (readonly string[])[] {
  return text
    .trim()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
}

test("what stopped containers wrote can be had back, what running ones wrote cannot", async () => {
  await vm.sh("docker run -d --name web busybox sh -c 'head -c 300000 /dev/zero > /web; sleep 1000'");
  await vm.sh("docker run --name job busybox sh -c 'head -c 100000 /dev/zero > /job'; docker exec web sync");
  const [, images, containers, volumes, cache] = rows(await vm.sh("docker system df"));
  expect(images?.slice(0, 3)).toEqual(["Images", "2", "1"]);
  expect(containers?.slice(0, 3)).toEqual(["Containers", "2", "1"]);
  expect(containers?.[3]).toMatch(/^4\d\d(\.\d+)?kB$/);
  expect(containers?.[4]).toMatch(/^1\d\d(\.\d+)?kB \(2\d%\)$/);
  expect(volumes).toEqual(["Local Volumes", "0", "0", "0B", "0B"]);
  expect(cache).toEqual(["Build Cache", "0", "0", "0B", "0B"]);
  const verbose = await vm.sh("docker system df -v");
  expect(verbose).toMatch(/^busybox +latest +[0-9a-f]{12} .* 2$/m);
  expect(verbose).toMatch(/^[0-9a-f]{12} +busybox .* job$/m);
});

test("prune takes what does not run, and says what it had of it", async () => {
  await vm.sh("docker run -d --name web busybox sleep 1000");
  await vm.sh(
    "docker run --name job busybox sh -c 'head -c 100000 /dev/zero > /job'; docker create --name new -l keep=1 busybox",
  );
  const { stdout } = await vm.run("docker system prune --filter label!=keep", { stdin: "y\n" });
  expect(stdout).toContain("Items to be pruned will be filtered with:\n  - label!=keep\n");
  expect(stdout).toMatch(/Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: 1\d\d(\.\d+)?kB\n$/);
  expect(await vm.sh("docker ps -a --format '{{.Names}}' | sort | tr '\n' ' '")).toBe("new web ");
  expect((await vm.run("docker system prune -a -f --volumes")).stderr).toBe(
    "Error response from daemon: removing images that have a name: not supported by this engine yet\n",
  );
  expect(await vm.sh("docker images -q | wc -l")).toBe("2\n");
});

test("pruneFilters of the configuration hold for every prune, unless the command says the contrary", async () => {
  await vm.sh(`mkdir -p /root/.docker; echo '{"pruneFilters":["label!=keep"]}' > /root/.docker/config.json`);
  await vm.sh("docker create --name keep -l keep=1 busybox; docker create --name go busybox");
  expect((await vm.run("docker system prune -f")).status).toBe(0);
  expect(await vm.sh("docker ps -a --format '{{.Names}}'")).toBe("keep\n");
  await vm.sh("docker container prune -f --filter label=keep");
  expect(await vm.sh("docker ps -aq")).toBe("");
});

test("two prunes at once are one too many", async () => {
  await vm.sh("for i in $(seq 12); do docker create busybox >/dev/null; done");
  const both = await Promise.all([
    vm.engine.pruneContainers(),
    vm.engine.pruneContainers().catch((error: Error) => error),
  ]);
  const refused = both.filter((answer) => answer instanceof Error).map((error) => error.message);
  expect(refused.every((message) => message === "a prune operation is already running")).toBe(true);
  expect(await vm.sh("docker ps -aq")).toBe("");
});

test.skipIf(!hasSwagger)("the answers are as the specification wants them", async () => {
  await vm.sh("docker create busybox");
  const answers: readonly (readonly [string, string, unknown])[] = [
    ["get", "/system/df", await vm.engine.diskUsage()],
    ["post", "/images/prune", await vm.engine.pruneImages()],
    ["post", "/networks/prune", await vm.engine.pruneNetworks()],
    ["post", "/volumes/prune", await vm.engine.pruneVolumes()],
    ["post", "/build/prune", await vm.engine.pruneBuildCache()],
  ];
  for (const [method, path, answer] of answers)
    expect([path, problemsOf(method, path, 200, answer)]).toEqual([path, []]);
});
