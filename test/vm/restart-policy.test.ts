/** `--restart`: what ends comes back, as often and as late as Docker says, and stays down when somebody stopped it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

/** A restart or a rotation takes its time. */
function until(condition: string): Promise<void> {
  return vm.until(condition, 15);
}

async function inspect(format: string): Promise<string> {
  return (await vm.sh(`docker inspect -f '${format}' web`)).trim();
}

function counts(atLeast: number): string {
  return `[ $(docker inspect -f '{{.RestartCount}}' web) -ge ${atLeast} ]`;
}

/** kill -9, and wait until init's new engine answers. */
const RESTART_ENGINE =
  "old=$(cat /run/docker.pid); kill -9 $old; " +
  'for i in $(seq 100); do [ "$(cat /run/docker.pid)" != "$old" ] && docker ps >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1';

describe("a container that is always restarted", () => {
  test("comes back each time it ends, each time later, and its log goes on", async () => {
    await vm.sh("docker run -d --name web --restart always busybox sh -c 'echo here; exit 3'");
    await until(counts(4));
    await vm.sh("docker stop web");
    const times = (await vm.sh("docker logs -t web"))
      .trim()
      .split("\n")
      .map((line) => Date.parse(line.slice(0, 24).replace(/\d$/, "Z")));
    const gaps = times.slice(1, 5).map((time, i) => time - (times[i] ?? 0));
    for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(100 * 2 ** i);
    expect(await inspect("{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 3");
  });

  test("is shown as restarting in between", async () => {
    await vm.sh("docker run -d --name web --restart always busybox sh -c 'exit 7'");
    await until("docker ps --filter status=restarting --format '{{.Status}}' | grep -q '^Restarting (7) .* ago$'");
    await until(
      `${counts(5)} && docker inspect -f '{{.State.Status}} {{.State.Restarting}}' web | grep -q 'restarting true'`,
    );
    expect(await inspect("{{.State.Running}} {{.State.Pid}}")).toBe("true 0");
  });

  test("tells each end and each start", async () => {
    const since = (await vm.sh("date +%s")).trim();
    const id = (await vm.sh("docker run -d --name web --restart on-failure:2 busybox false")).trim();
    await until("docker inspect -f '{{.State.Status}}' web | grep -q exited");
    const window = `--since ${since} --until $(($(date +%s) + 1)) --filter container=${id}`;
    const events = await vm.sh(`docker events ${window} --format '{{.Action}}'`);
    expect(events.trim().split("\n")).toEqual(["create", "start", "die", "start", "die", "start", "die"]);
    expect(await inspect("{{.RestartCount}} {{.State.ExitCode}}")).toBe("2 1");
  });

  test("is not restarted when it succeeds and only failures count", async () => {
    await vm.sh("docker run -d --name web --restart on-failure busybox true; docker wait web");
    expect(await inspect("{{.RestartCount}} {{.State.Status}}")).toBe("0 exited");
  });

  test("and was killed stays down until it is started by hand", async () => {
    await vm.sh("docker run -d --name web --restart always busybox sleep 1000; docker kill web");
    expect(await inspect("{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 137");
    await vm.sh("docker start web");
    const pid = await inspect("{{.State.Pid}}");
    await vm.sh(`kill -9 ${pid}`);
    await until(`${counts(1)} && docker inspect -f '{{.State.Status}}' web | grep -q running`);
    expect(await inspect("{{.State.Pid}}")).not.toBe(pid);
  });

  test("gives the attached client the end of the run that it saw", async () => {
    const result = await vm.run("docker run --name web --restart always busybox sh -c 'echo once; sleep 0.5; exit 4'");
    expect(result).toEqual({ stdout: "once\n", stderr: "", status: 4 });
  });

  test("lets who follows its log go at the end of a run, as Docker does", async () => {
    await vm.sh("docker run -d --name web --restart always busybox sh -c 'echo here; sleep 1'");
    expect(await vm.sh("docker logs -f web", { timeout: 20_000 })).toMatch(/^(here\n)+$/);
  });

  test("gets its policy from docker update, and loses it", async () => {
    await vm.sh("docker run -d --name web busybox sh -c 'sleep 0.5; exit 1'; docker update --restart always web");
    await until(counts(1));
    await vm.sh("docker update --restart no web");
    await until("docker inspect -f '{{.State.Status}}' web | grep -q exited");
    expect(await inspect("{{.HostConfig.RestartPolicy.Name}}")).toBe("no");
  });

  test("that cannot be started any more stays down, and says why", async () => {
    await vm.sh("mkdir -p /data; docker run -d --name web --restart always -v /data:/data busybox sh -c 'sleep 0.3'");
    await until(counts(1));
    // The engine stands still meanwhile: a start in between would make the directory anew.
    const engine = "$(cat /run/docker.pid)";
    await vm.sh(`kill -STOP ${engine}; rm -rf /data && touch /data; kill -CONT ${engine}`);
    await until("docker inspect -f '{{.State.Status}}' web | grep -q exited");
    expect(await inspect("{{.State.Error}}")).not.toBe("");
    await vm.sh("rm -f /data");
  });

  test("cannot be removed at its end at the same time", async () => {
    const result = await vm.run("docker run --rm --restart always busybox true");
    expect(result).toMatchObject({
      status: 125,
      stderr: expect.stringContaining("Conflicting options: --restart and --rm"),
    });
  });

  test("leaves nothing when it is removed between two runs", async () => {
    const things = "ls /run/docker/shim /run/docker/runtime /var/lib/docker/containers; ls -d /sys/fs/cgroup/docker/*/";
    await vm.run("docker run --rm busybox true");
    const before = await vm.run(things);
    await vm.sh("docker run -d --name web --restart always busybox false");
    await until(`${counts(4)} && docker ps --filter status=restarting -q | grep -q .`);
    await vm.sh("docker rm -f web; sleep 2");
    expect((await vm.run(things)).stdout).toBe(before.stdout);
  });
});

describe("after the engine was killed", () => {
  test("what ended meanwhile runs again, and what somebody stopped does as its policy says", async () => {
    const run = "docker run -d busybox sleep 1000".replace("busybox", "--name NAME --restart POLICY busybox");
    for (const [name, policy] of [
      ["ended", "unless-stopped"],
      ["always", "always"],
      ["unless", "unless-stopped"],
      ["plain", "no"],
    ] as const) {
      await vm.sh(run.replace("NAME", name).replace("POLICY", policy));
    }
    await vm.sh("docker stop -t 0 always unless");
    const pids = await vm.sh("docker inspect -f '{{.State.Pid}}' ended plain | tr '\\n' ' '");
    // Both end while there is no engine to see it.
    await vm.sh(`kill -STOP $(cat /run/docker.pid); kill -9 ${pids}; sleep 0.5; (${RESTART_ENGINE})`);
    const list = await vm.sh("docker ps -a --format '{{.Names}} {{.State}}' | sort");
    expect(list).toBe("always running\nended running\nplain exited\nunless exited\n");
    expect(await vm.sh("docker inspect -f '{{.RestartCount}}' ended")).toBe("0\n");
  });

  test("what waited for its next start gets it", async () => {
    await vm.sh("docker run -d --name web --restart always busybox sh -c 'sleep 0.1; exit 1'");
    await until(`${counts(5)} && docker ps --filter status=restarting -q | grep -q .`);
    await vm.sh(RESTART_ENGINE);
    await until(counts(1));
  });

  test.each(["exit:recorded", "exit:cleaned", "start:mounted", "start:created", "start:recorded"])(
    "at %s, between two runs, it goes on being restarted",
    async (point) => {
      await vm.sh("docker run -d --name web --restart always busybox sleep 1000");
      const pid = await inspect("{{.State.Pid}}");
      await vm.sh(`echo ${point} > /run/docker-crash-at; (${RESTART_ENGINE})`);
      const engine = (await vm.sh("cat /run/docker.pid")).trim();
      await vm.sh(`kill -9 ${pid}`);
      await until(`[ "$(cat /run/docker.pid)" != ${engine} ] && docker ps --filter status=running -q | grep -q .`);
      expect(await inspect("{{.State.Pid}}")).not.toBe(pid);
      expect(await vm.sh("docker exec web echo inside")).toBe("inside\n");
    },
  );
});
