import { beforeEach, describe, expect, test } from "vitest";
import type { ContainerStats } from "../../../../../guest/api/contract/stats.ts";
import { containerPaths } from "../../../../../guest/engine/layout.ts";
import { type FakeEngine, fakeEngine } from "../fake-store.ts";

const NET =
  "Inter-|   Receive                                                |  Transmit\n" +
  " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n" +
  "    lo:      70       7    0    0    0     0          0         0       70       7    0    0    0     0       0          0\n" +
  "  eth0:    5338      36    1    2    0     0          0         0      648       8    3    4    0     0       0          0\n";

let engine: FakeEngine;
let samples: ContainerStats[];
let over: number;

beforeEach(() => {
  engine = fakeEngine();
  samples = [];
  over = 0;
});

/** A running container with these numbers. */
function run(files: Readonly<Record<string, string>> = {}): void {
  const { Id } = engine.containers.create({ Image: "busybox" }, { name: "web", platform: "" });
  const container = engine.containers.find("web");
  container.state = { ...container.state, Status: "running", Pid: 77 };
  const cgroup = `/sys/fs/cgroup/${containerPaths(Id).cgroup}`;
  engine.sys.mkdirAll(cgroup);
  engine.sys.mkdirAll("/proc/77/net");
  engine.sys.writeFile("/proc/77/net/dev", NET);
  engine.sys.writeFile(
    "/proc/stat",
    "cpu  1 2 3 4 5 6 7 8 9\ncpu0 1 2 3 4 5 6 7 8 9\ncpu1 0 0 0 0 0 0 0 0 0\nintr 1\n",
  );
  engine.sys.writeFile(`${cgroup}/cpu.stat`, "usage_usec 5000\nuser_usec 3000\nsystem_usec 2000\nnr_periods 1\n");
  engine.sys.writeFile(`${cgroup}/memory.current`, "1000\n");
  engine.sys.writeFile(`${cgroup}/memory.stat`, "anon 700\ninactive_file 300\n");
  engine.sys.writeFile(`${cgroup}/memory.max`, "max\n");
  engine.sys.writeFile(`${cgroup}/pids.current`, "3\n");
  engine.sys.writeFile(`${cgroup}/pids.max`, "max\n");
  engine.sys.writeFile(`${cgroup}/io.stat`, "8:0 rbytes=4096 wbytes=512 rios=1 wios=1 dbytes=0 dios=0\n");
  for (const [name, text] of Object.entries(files)) engine.sys.writeFile(`${cgroup}/${name}`, text);
}

function watch(stream: boolean, oneShot = false): () => void {
  return engine.containers.stats(
    "web",
    { stream, oneShot },
    {
      sample: (stats) => {
        samples.push(stats);
      },
      done: () => {
        over++;
      },
    },
  );
}

describe("docker stats", () => {
  test("tells what the cgroup and the interfaces count, in Docker's units", () => {
    run({ "memory.max": "2048\n", "pids.max": "10\n" });
    watch(false, true);
    const [sample] = samples;
    expect(sample).toMatchObject({
      name: "/web",
      pids_stats: { current: 3, limit: 10 },
      cpu_stats: {
        cpu_usage: { total_usage: 5_000_000, usage_in_usermode: 3_000_000, usage_in_kernelmode: 2_000_000 },
        online_cpus: 2,
        throttling_data: { periods: 1, throttled_periods: 0, throttled_time: 0 },
      },
      memory_stats: { usage: 1000, limit: 2048, stats: { anon: 700, inactive_file: 300 } },
      networks: { eth0: { rx_bytes: 5338, rx_packets: 36, rx_errors: 1, rx_dropped: 2, tx_bytes: 648, tx_dropped: 4 } },
    });
    expect(sample?.blkio_stats.io_service_bytes_recursive).toEqual([
      { major: 8, minor: 0, op: "read", value: 4096 },
      { major: 8, minor: 0, op: "write", value: 512 },
    ]);
    expect(Object.keys(sample?.networks ?? {})).toEqual(["eth0"]);
    expect([over, engine.sys.pendingTimers()]).toEqual([1, 0]);
  });

  test("without limits the machine's memory is the limit, and there is none of processes", () => {
    run();
    watch(false, true);
    expect(samples[0]?.memory_stats.limit).toBe(engine.sys.sysinfo().totalMemory);
    expect(samples[0]?.pids_stats).toEqual({ current: 3 });
  });

  test("one sample is the second, with the first to be compared with", () => {
    run();
    watch(false);
    expect([samples.length, engine.sys.pendingTimers()]).toEqual([0, 1]);
    engine.sys.advance(1000);
    expect(samples[0]?.precpu_stats).toMatchObject({ cpu_usage: { total_usage: 5_000_000 } });
    expect([samples.length, over, engine.sys.pendingTimers()]).toEqual([1, 1, 0]);
  });

  test("a stream goes on each second, until nobody watches: then no timer is left", () => {
    run();
    const end = watch(true);
    engine.sys.advance(1000);
    engine.sys.advance(1000);
    expect([samples.length, samples[0]?.precpu_stats.cpu_usage.total_usage]).toEqual([3, 0]);
    end();
    expect([over, engine.sys.pendingTimers()]).toEqual([0, 0]);
  });

  test("a stream ends with the container's removal", async () => {
    run();
    watch(true);
    const container = engine.containers.find("web");
    container.state = { ...container.state, Status: "exited" };
    await engine.containers.remove("web", { force: false, volumes: false });
    expect([over, engine.sys.pendingTimers()]).toEqual([1, 0]);
  });

  test("of what does not run only the name is told", () => {
    engine.containers.create({ Image: "busybox" }, { name: "web", platform: "" });
    watch(false);
    expect(samples[0]).toMatchObject({ read: "0001-01-01T00:00:00Z", name: "/web", memory_stats: {}, pids_stats: {} });
    expect(over).toBe(1);
  });
});
