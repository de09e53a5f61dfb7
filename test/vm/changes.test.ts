/** A container that is there already is paused, renamed, restarted and updated: what the kernel does, what is told, what stays. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type RunResult, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

const DAEMON = "Error response from daemon: ";
/** Counts in a file of the container, as long as it runs. */
const COUNTER = "docker run -d --name web busybox sh -c 'while :; do echo x >> /count; sleep 0.05; done'";

function refused(message: string, status = 1): RunResult {
  return { stdout: "", stderr: `${DAEMON}${message}\n`, status };
}

/** kill -9, and wait until init's new engine answers. */
async function restartEngine(): Promise<void> {
  await vm.sh(
    "old=$(cat /run/docker.pid); kill -9 $old; " +
      'for i in $(seq 100); do [ "$(cat /run/docker.pid)" != "$old" ] && docker ps >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1',
  );
}

async function state(name: string): Promise<string> {
  const format = "{{.State.Status}} {{.State.Running}} {{.State.Paused}}";
  return (await vm.sh(`docker inspect -f '${format}' ${name}`)).trim();
}

async function idOf(name: string): Promise<string> {
  return (await vm.sh(`docker inspect -f '{{.Id}}' ${name}`)).trim();
}

/** Lines of the counter's file, seen from the machine. */
async function count(): Promise<number> {
  return Number(await vm.sh("wc -l < /proc/$(docker inspect -f '{{.State.Pid}}' web)/root/count"));
}

async function grows(): Promise<boolean> {
  const before = await count();
  await vm.sh("sleep 0.4");
  return (await count()) > before;
}

async function waitForCounter(): Promise<void> {
  await vm.sh(
    "for i in $(seq 50); do [ -s /proc/$(docker inspect -f '{{.State.Pid}}' web)/root/count ] && exit 0; sleep 0.1; done; exit 1",
  );
}

/** What happened to the container since `since`, in order. */
async function actions(since: string): Promise<string> {
  const until = "$(($(date +%s) + 1))";
  const format = "--filter type=container --format '{{.Action}}'";
  return (await vm.sh(`docker events --since ${since} --until ${until} ${format}`)).trim().replaceAll("\n", " ");
}

async function now(): Promise<string> {
  await vm.sh("sleep 1");
  return (await vm.sh("date +%s")).trim();
}

describe("docker pause", () => {
  test("stops every process where it stands, and unpause lets it go on", async () => {
    await vm.sh(COUNTER);
    await waitForCounter();
    expect(await vm.run("docker pause web")).toEqual({ stdout: "web\n", stderr: "", status: 0 });
    expect(await vm.sh("cat /sys/fs/cgroup/docker/*/cgroup.events")).toContain("frozen 1");
    expect(await grows()).toBe(false);
    expect(await state("web")).toBe("paused true true");
    expect(await vm.sh("docker ps --format '{{.State}} {{.Status}}'")).toMatch(/^paused Up .* \(Paused\)\n$/);
    expect(await vm.sh("docker info -f '{{.ContainersRunning}} {{.ContainersPaused}}'")).toBe("0 1\n");
    expect(await vm.run("docker container unpause web")).toEqual({ stdout: "web\n", stderr: "", status: 0 });
    expect(await grows()).toBe(true);
    expect(await state("web")).toBe("running true false");
  });

  test("is refused twice, and so is what a paused container cannot do", async () => {
    await vm.sh(COUNTER);
    const id = await idOf("web");
    expect(await vm.run("docker unpause web")).toEqual(refused(`Container ${id} is not paused`));
    await vm.sh("docker pause web");
    expect(await vm.run("docker pause web")).toEqual(refused(`Container ${id} is already paused`));
    expect(await vm.run("docker exec web true")).toEqual(
      refused("Container web is paused, unpause the container before exec"),
    );
    expect((await vm.run("docker rm web")).stderr).toContain(
      "container is paused: unpause and then stop the container",
    );
    expect((await vm.run("docker start web")).stderr).toContain("cannot start a paused container, try unpause instead");
    expect((await vm.run("docker attach web")).stderr).toContain("You cannot attach to a paused container");
    await vm.sh("docker unpause web");
    expect(await vm.sh("docker exec web echo inside")).toBe("inside\n");
  });

  test.each([
    ["docker stop -t 5 web", "exited 7"],
    ["docker kill web", "exited 137"],
    ["docker restart -t 5 web", "running 0"],
  ])("%s ends the pause", async (command, end) => {
    await vm.sh(
      "docker run -d --name web busybox sh -c 'trap \"exit 7\" TERM; while :; do sleep 0.1; done'; sleep 0.3",
    );
    await vm.sh("docker pause web");
    await vm.sh(command);
    expect((await vm.sh("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' web")).trim()).toBe(end);
    expect((await state("web")).endsWith(" false")).toBe(true);
  });

  test("does not keep the container from being removed by force", async () => {
    const traces = "ls -d /sys/fs/cgroup/docker/*/; ls /run/docker/shim; grep -c overlay2 /proc/self/mountinfo";
    const before = (await vm.run(traces)).stdout;
    await vm.sh(`${COUNTER}; docker pause web; docker rm -f web`);
    expect((await vm.run(traces)).stdout).toBe(before);
  });

  test("outlives the engine, and the next one can end it", async () => {
    await vm.sh(COUNTER);
    await waitForCounter();
    await vm.sh("docker pause web");
    await restartEngine();
    expect(await state("web")).toBe("paused true true");
    expect(await grows()).toBe(false);
    await vm.sh("docker unpause web");
    expect(await grows()).toBe(true);
  });

  test("and unpause are told to those who listen", async () => {
    await vm.sh(COUNTER);
    const since = await now();
    await vm.sh("docker pause web; docker unpause web; docker pause web; docker kill web");
    expect(await actions(since)).toBe("pause unpause pause kill unpause die");
  });
});

describe("docker rename", () => {
  test("gives a running container another name, for good", async () => {
    await vm.sh("docker run -d --name web busybox sleep 1000");
    const id = await idOf("web");
    expect(await vm.run("docker rename web shop")).toEqual({ stdout: "", stderr: "", status: 0 });
    expect(await vm.sh("docker exec shop hostname")).toBe(`${id.slice(0, 12)}\n`);
    await restartEngine();
    expect(await vm.sh("docker ps --format '{{.Names}} {{.State}}'")).toBe("shop running\n");
    expect(await idOf("shop")).toBe(id);
    await vm.sh("docker create --name web busybox");
  });

  test("keeps the names apart", async () => {
    await vm.sh("docker create --name web busybox; docker create --name shop busybox");
    expect(await vm.run("docker rename web shop")).toEqual({
      stdout: "",
      stderr:
        `${DAEMON}Error when allocating new name: Conflict. The container name "/shop" is already in use by container ` +
        `"${await idOf("shop")}". You have to remove (or rename) that container to be able to reuse that name.\n` +
        "Error: failed to rename container named web\n",
      status: 1,
    });
    expect((await vm.run("docker rename web 'a b'")).stderr).toContain("Invalid container name (/a b), only");
    expect(await vm.sh("docker ps -a --format '{{.Names}}'")).toBe("shop\nweb\n");
  });

  test("tells the old name with the new one", async () => {
    await vm.sh("docker create --name web busybox");
    const since = await now();
    await vm.sh("docker container rename web shop");
    const line = await vm.sh(`docker events --since ${since} --until $(($(date +%s) + 1)) --filter event=rename`);
    expect(line).toContain("oldName=/web");
    expect(line).toContain("name=shop");
  });
});

describe("docker restart", () => {
  test("starts a new life of the same container", async () => {
    await vm.sh("docker run -d --name web busybox sh -c 'echo up; trap \"exit 3\" TERM; while :; do sleep 0.1; done'");
    await vm.sh("sleep 0.3; docker exec web touch /kept");
    const before = await vm.sh("docker inspect -f '{{.State.Pid}}' web");
    const since = await now();
    expect(await vm.run("docker restart web")).toEqual({ stdout: "web\n", stderr: "", status: 0 });
    expect(await vm.sh("docker inspect -f '{{.State.Pid}}' web")).not.toBe(before);
    await vm.sh("docker exec web ls /kept");
    expect(await actions(since)).toMatch(/^kill die stop start restart\b/);
    await vm.sh('for i in $(seq 30); do [ "$(docker logs web | grep -c up)" = 2 ] && exit 0; sleep 0.1; done; exit 1');
  });

  test("starts one that has ended, and kills one that does not listen", async () => {
    await vm.sh("docker run --name once busybox true; docker run -d --name deaf busybox sleep 1000");
    expect(await vm.run("docker restart -t 1 once deaf none")).toEqual({
      stdout: "once\ndeaf\n",
      stderr: `${DAEMON}No such container: none\n`,
      status: 1,
    });
    expect(await state("deaf")).toBe("running true false");
  });

  test("does not remove a container of --rm, its end does", async () => {
    await vm.sh("docker run -d --rm --name web busybox sleep 1000");
    const id = await idOf("web");
    await vm.sh("docker restart -t 0 web");
    expect(await idOf("web")).toBe(id);
    expect(await state("web")).toBe("running true false");
    await vm.sh("docker kill web");
    await vm.sh("for i in $(seq 50); do docker inspect web >/dev/null 2>&1 || exit 0; sleep 0.1; done; exit 1");
  });
});

describe("docker update", () => {
  const LIMITS = "cd /sys/fs/cgroup/docker/*/ && cat memory.max memory.swap.max cpu.max pids.max | tr '\\n' ' '";

  test("changes the limits of what runs, and they stay", async () => {
    await vm.sh("docker run -d --name web -m 16m busybox sleep 1000");
    expect(await vm.run("docker update -m 24m --memory-swap 48m --cpus 0.5 --pids-limit 20 web")).toEqual({
      stdout: "web\n",
      stderr: "",
      status: 0,
    });
    const limits = "25165824 25165824 50000 100000 20 ";
    expect(await vm.sh(LIMITS)).toBe(limits);
    await restartEngine();
    const format = "'{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}'";
    expect(await vm.sh(`docker inspect -f ${format} web`)).toBe("25165824 500000000 20\n");
    await vm.sh("docker restart -t 0 web");
    expect(await vm.sh(LIMITS)).toBe(limits);
  });

  test("takes limits away, also while it stands still", async () => {
    await vm.sh("docker run -d --name web --pids-limit 5 busybox sleep 1000; docker pause web");
    await vm.sh("docker container update --pids-limit -1 --cpu-quota 20000 --cpu-period 50000 web");
    expect(await vm.sh("cd /sys/fs/cgroup/docker/*/ && cat pids.max cpu.max")).toBe("max\n20000 50000\n");
    expect(await state("web")).toBe("paused true true");
  });

  test("is refused in Docker's words, and nothing is changed", async () => {
    await vm.sh("docker run -d --name web -m 16m busybox sleep 1000");
    const id = await idOf("web");
    const before = await vm.sh(LIMITS);
    expect(await vm.run("docker update -m 1m web")).toEqual(refused("Minimum memory limit allowed is 6MB"));
    expect(await vm.run("docker update -m 64m web")).toEqual(
      refused(
        `Cannot update container ${id}: Memory limit should be smaller than already set memoryswap limit, ` +
          "update the memoryswap at the same time",
      ),
    );
    expect((await vm.run("docker update --restart often web")).stderr).toContain(
      "invalid restart policy: unknown policy 'often'",
    );
    expect(await vm.sh(LIMITS)).toBe(before);
  });
});
