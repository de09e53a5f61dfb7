/** What a container is limited to: seen in its cgroup from outside, felt inside, and told when it cannot be had. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

async function inspect(format: string): Promise<string> {
  return (await vm.sh(`docker inspect -f '${format}' web`)).trim();
}

/** One line of a file of the container's cgroup. */
async function limit(file: string): Promise<string> {
  const id = await inspect("{{.Id}}");
  return (await vm.sh(`cat /sys/fs/cgroup/docker/${id}/${file}`)).trim();
}

describe("a limit stands in the cgroup", () => {
  test.each([
    ["-m 16m", "memory.max", "16777216"],
    ["-m 16m", "memory.swap.max", "16777216"],
    ["-m 16m --memory-swap 16m", "memory.swap.max", "0"],
    ["-m 16m --memory-swap 24m", "memory.swap.max", "8388608"],
    ["-m 16m --memory-swap -1", "memory.swap.max", "max"],
    ["--memory-reservation 8m", "memory.low", "8388608"],
    ["--cpus 0.5", "cpu.max", "50000 100000"],
    ["--cpu-period 50000 --cpu-quota 20000", "cpu.max", "20000 50000"],
    ["--cpu-shares 512", "cpu.weight", "20"],
    ["--pids-limit 20", "pids.max", "20"],
    ["--pids-limit -1", "pids.max", "max"],
    ["--blkio-weight 300", "io.bfq.weight", "default 300"],
    ["--device-read-bps /dev/loop0:1mb", "io.max", "7:0 rbps=1048576 wbps=max riops=max wiops=max"],
    ["--device-write-bps /dev/loop0:2kb", "io.max", "7:0 rbps=max wbps=2048 riops=max wiops=max"],
    ["--device-read-iops /dev/loop0:10", "io.max", "7:0 rbps=max wbps=max riops=10 wiops=max"],
    ["--device-write-iops /dev/loop1:20", "io.max", "7:1 rbps=max wbps=max riops=max wiops=20"],
    ["--cpuset-cpus 0 --cpuset-mems 0", "cgroup.procs", expect.stringMatching(/^\d+$/)],
  ])("%s is %s", async (options, file, text) => {
    await vm.sh(`docker run -d --name web ${options} busybox sleep 1000`);
    expect(await limit(file)).toEqual(text);
  });
});

describe("what this kernel lacks", () => {
  test.each([
    [
      "--memory-swappiness 10",
      "memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.",
    ],
    ["--oom-kill-disable -m 16m", "OomKillDisable. OomKillDisable discarded."],
  ])("is warned of, and the container runs: %s", async (options, warning) => {
    const result = await vm.run(`docker run --rm ${options} busybox echo fine`);
    expect(result).toEqual({
      stdout: "fine\n",
      stderr: `WARNING: Your kernel does not support ${warning}\n`,
      status: 0,
    });
  });

  test.each([
    ["--cpuset-cpus 1", "Requested CPUs are not available - requested 1, available: 0"],
    ["--cpuset-mems 0-1", "Requested memory nodes are not available - requested 0-1, available: 0"],
    ["--cpu-rt-runtime 1000", "Your kernel does not support CPU real-time scheduler"],
    ["--cpus 2", "Range of CPUs is from 0.01 to 1.00, as there are only 1 CPUs available"],
    ["--blkio-weight-device /dev/loop0:100", "io.bfq.weight: operation not supported"],
    // The client takes the words for those of a program that is not there.
    ["--device-read-bps /dev/none:1mb", "stat /dev/none: no such file or directory", 127],
  ])("is refused: %s", async (options, message, status = 125) => {
    const result = await vm.run(`docker run --rm ${options} busybox true`);
    expect(result.stderr).toContain(`docker: Error response from daemon: `);
    expect(result.stderr).toContain(message);
    expect(result.status).toBe(status);
  });
});

describe("want of memory", () => {
  test("ends the container, which says so, inside and outside", async () => {
    const since = (await vm.sh("date +%s")).trim();
    const result = await vm.run("docker run --name web -m 6m --memory-swap 6m busybox tail /dev/zero");
    expect(result.status).toBe(137);
    expect(await inspect("{{.State.OOMKilled}} {{.State.ExitCode}} {{.State.Status}}")).toBe("true 137 exited");
    const events = await vm.sh(`docker events --since ${since} --until $(($(date +%s) + 1)) --filter container=web`);
    expect(events).toMatch(/container oom [^\n]*\n[^\n]*container die [^\n]*exitCode=137/);
    expect(await vm.sh("dmesg | tail -20")).toContain("Memory cgroup out of memory: Killed process");
  });

  test("of a child is known of the container too, whose own exit code stays", async () => {
    await vm.run("docker run --name web -m 8m busybox sh -c 'tail /dev/zero; exit 3'");
    expect(await inspect("{{.State.OOMKilled}} {{.State.ExitCode}}")).toBe("true 3");
  });

  test("is over with the next start", async () => {
    await vm.run("docker run --name web -m 8m busybox sh -c '[ -e /again ] || { touch /again; exec tail /dev/zero; }'");
    expect(await inspect("{{.State.OOMKilled}}")).toBe("true");
    await vm.sh("docker start -a web");
    expect(await inspect("{{.State.OOMKilled}} {{.State.ExitCode}}")).toBe("false 0");
  });

  test("that nobody has is not said of a container that was killed by hand", async () => {
    await vm.sh("docker run -d --name web -m 16m busybox sleep 1000; docker kill web");
    expect(await inspect("{{.State.OOMKilled}} {{.State.ExitCode}}")).toBe("false 137");
  });

  test("of a child is told at once, while the container runs on, and once only", async () => {
    const since = (await vm.sh("date +%s")).trim();
    await vm.sh("docker run -d --name web -m 8m busybox sh -c 'tail /dev/zero; exec sleep 1000'");
    await vm.until("docker inspect -f '{{.State.OOMKilled}} {{.State.Status}}' web | grep -q 'true running'");
    await vm.sh("docker kill web");
    const events = await vm.sh(
      `docker events --since ${since} --until $(($(date +%s) + 1)) --filter type=container --format '{{.Action}}'`,
    );
    expect(events.trim().split("\n").slice(-5)).toEqual(["create", "start", "oom", "kill", "die"]);
  });
});
