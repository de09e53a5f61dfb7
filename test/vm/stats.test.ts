/** `docker stats` of real containers: what the kernel counts for them, while somebody watches. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ContainerStats } from "../../guest/api/contract/stats.ts";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

async function sampleOf(name: string): Promise<ContainerStats> {
  let sample: ContainerStats | null = null;
  const { closed } = await vm.engine.containerStats(name, { stream: false }, (stats) => {
    sample = stats;
  });
  await closed;
  if (sample === null) throw new Error("there was no sample");
  return sample;
}

describe("docker stats", () => {
  test("a busy container has the processor, an idle one has not, and both have their limits", async () => {
    await vm.sh("docker run -d --name busy --pids-limit 20 -m 32m busybox sh -c 'while :; do :; done'");
    await vm.sh("docker run -d --name idle busybox sleep 1000");
    const format = "'{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}'";
    const lines = (await vm.sh(`docker stats --no-stream --format ${format} busy idle`)).split("\n");
    const [, percent] = /^busy ([\d.]+)% [\d.]+KiB \/ 32MiB 1$/.exec(lines[0] ?? "") ?? [];
    expect(Number(percent)).toBeGreaterThan(40);
    expect(Number(percent)).toBeLessThanOrEqual(105);
    expect(lines[1]).toMatch(/^idle \d\.\d\d% [\d.]+KiB \/ [\d.]+MiB 1$/);
  });

  test("counts memory, processes and what went over the container's own interfaces", async () => {
    await vm.sh("docker run -d --name web --network none -m 64m busybox sh -c 'sleep 1000 & sleep 1000 & wait'");
    await vm.sh("docker exec web sh -c 'head -c 8000000 /dev/zero > /dev/shm/x'");
    const sample = await sampleOf("web");
    expect(sample.pids_stats.current).toBe(3);
    expect(sample.memory_stats.stats?.["shmem"]).toBeGreaterThanOrEqual(8_000_000);
    expect(sample.memory_stats.usage).toBeGreaterThanOrEqual(8_000_000);
    expect(sample.memory_stats.limit).toBe(64 * 1024 * 1024);
    expect(sample.cpu_stats.system_cpu_usage).toBeGreaterThan(sample.precpu_stats.system_cpu_usage ?? Infinity);
    // No interface but lo.
    expect(sample.networks).toBeUndefined();
  });

  test("of what does not run there is only a name, and of nobody a refusal", async () => {
    await vm.sh("docker create --name web busybox");
    expect(await sampleOf("web")).toMatchObject({ name: "/web", pids_stats: {}, memory_stats: {} });
    expect(await vm.sh("docker stats -a --no-stream --format '{{.Name}} {{.MemUsage}}'")).toBe("web 0B / 0B\n");
    expect((await vm.run("docker stats --no-stream nobody")).stderr).toBe(
      "Error response from daemon: No such container: nobody\n",
    );
  });

  test("the live table shows who comes and goes, until ctrl-c", async () => {
    const terminal = await vm.terminal();
    await terminal.type("docker stats --format '{{.Name}}:{{.PIDs}}'\r");
    await vm.sh("docker run -d --name first busybox sleep 1000");
    await terminal.waitFor("first:1");
    await vm.sh("docker run -d --name second busybox sleep 1000; docker rm -f first");
    await terminal.waitFor(/\[H[^f]*second:1/);
    await terminal.type("\u0003");
    await terminal.type("echo code $?\r");
    await terminal.waitFor("code 130");
    terminal.close();
  });

  test("costs nothing when nobody watches", async () => {
    await vm.sh("docker run -d --name web busybox sleep 1000; timeout 2 docker stats >/dev/null; true");
    const switches = "grep ctxt_switches /proc/$(cat /run/docker.pid)/status";
    const before = await vm.sh(`sleep 0.5; ${switches}`);
    expect(await vm.sh(`sleep 3; ${switches}`)).toBe(before);
  });
});
