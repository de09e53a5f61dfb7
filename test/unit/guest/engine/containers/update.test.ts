import { beforeEach, describe, expect, test } from "vitest";
import type { ContainerUpdateRequest, HostConfig } from "../../../../../guest/api/contract/container.ts";
import type { Container } from "../../../../../guest/engine/containers/container.ts";
import { CGROUP_ROOT, containerPaths } from "../../../../../guest/engine/layout.ts";
import { SysError } from "../../../../../guest/sys/sys.ts";
import { hasSwagger, problemsOf } from "../../api/swagger.ts";
import { type FakeEngine, fakeEngine } from "../fake-store.ts";
import { playEnd, playRunning, watchEvents } from "../play-running.ts";

const MB = 1024 * 1024;

let engine: FakeEngine;
let events: readonly string[];

beforeEach(() => {
  engine = fakeEngine();
  events = watchEvents(engine);
});

function create(HostConfig: HostConfig = {}): Container {
  engine.containers.create({ Image: "busybox", HostConfig }, { name: "web", platform: "" });
  return engine.containers.find("web");
}

function limit(file: string): string {
  return engine.sys
    .readFile(`${CGROUP_ROOT}/${containerPaths(engine.containers.find("web").id).cgroup}/${file}`)
    .trim();
}

function recorded(): HostConfig {
  return JSON.parse(engine.sys.readFile(containerPaths(engine.containers.find("web").id).hostConfig)) as HostConfig;
}

function refusal(asked: ContainerUpdateRequest): unknown {
  try {
    engine.containers.update("web", asked);
  } catch (error) {
    return error;
  }
  return null;
}

describe("updating a container", () => {
  test("that runs writes the limits to its cgroup and records them", () => {
    create({ Memory: 32 * MB });
    playRunning(engine, "web");
    const asked = { Memory: 64 * MB, MemorySwap: 128 * MB, NanoCpus: 5e8, PidsLimit: 20 };
    expect(engine.containers.update("web", asked)).toEqual({ Warnings: null });
    expect(["memory.max", "memory.swap.max", "cpu.max", "pids.max"].map(limit)).toEqual([
      String(64 * MB),
      String(64 * MB),
      "50000 100000",
      "20",
    ]);
    expect(recorded()).toMatchObject(asked);
    expect(engine.containers.inspect("web", { size: false }).HostConfig).toMatchObject(asked);
    expect(events.at(-1)).toBe("update");
  });

  test("that does not run only records them", () => {
    create();
    engine.containers.update("web", { CpuShares: 512 });
    expect(recorded().CpuShares).toBe(512);
    expect(engine.sys.calls.some((call) => call.startsWith("writeKernelFile("))).toBe(false);
  });

  test("leaves alone what was not named", () => {
    create({ Memory: 32 * MB, CpuShares: 100, PidsLimit: 5, CpusetCpus: "0" });
    engine.containers.update("web", { CpuShares: 200, Memory: 0, CpusetCpus: "" });
    expect(recorded()).toMatchObject({ Memory: 32 * MB, CpuShares: 200, PidsLimit: 5, CpusetCpus: "0" });
  });

  test.each([0, -1])("takes the limit of processes away with %i", (PidsLimit) => {
    create({ PidsLimit: 5 });
    playRunning(engine, "web");
    engine.containers.update("web", { PidsLimit });
    expect(limit("pids.max")).toBe("max");
    expect(recorded().PidsLimit).toBeNull();
  });

  test.skipIf(!hasSwagger)("answers as the specification says", () => {
    create();
    const answer = engine.containers.update("web", { CpuShares: 512 });
    expect(problemsOf("post", "/containers/{id}/update", 200, answer)).toEqual([]);
  });

  test("is refused by the kernel: what stood before stands in the records", () => {
    const { id } = create({ Memory: 32 * MB });
    playRunning(engine, "web");
    engine.sys.fail("writeKernelFile", "EINVAL");
    expect(refusal({ CpuShares: 512 })).toMatchObject({
      kind: "system",
      message: expect.stringContaining(`Cannot update container ${id}: `),
    });
    expect(recorded().CpuShares).toBe(0);
    expect(engine.containers.find("web").hostConfig.CpuShares).toBe(0);
    expect(events.at(-1)).toBe("create");
  });
});

test("a restart policy counts from the next end on", () => {
  create();
  const web = playRunning(engine, "web");
  engine.containers.update("web", { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 1 } });
  playEnd(engine, web, 1);
  expect([web.status, web.state.RestartCount]).toEqual(["restarting", 1]);
});

test("an update that is refused half-way takes back what it had written", () => {
  create({ Memory: 32 * MB, PidsLimit: 5 });
  playRunning(engine, "web");
  const write = engine.sys.writeKernelFile.bind(engine.sys);
  engine.sys.writeKernelFile = (path, text) => {
    if (text === "7") throw new SysError({ syscall: "write", code: "EINVAL", errno: 22, path });
    write(path, text);
  };
  expect(refusal({ Memory: 64 * MB, PidsLimit: 7 })).toMatchObject({ kind: "system" });
  expect([limit("memory.max"), limit("pids.max")]).toEqual([String(32 * MB), "5"]);
});

describe("an update is refused", () => {
  test.each<[ContainerUpdateRequest, string]>([
    [{ Memory: 1 }, "Minimum memory limit allowed is 6MB"],
    [{ MemoryReservation: 1 }, "Minimum memory reservation allowed is 6MB"],
    [{ BlkioWeight: 5 }, "Range of blkio weight is from 10 to 1000"],
    [
      { Memory: 64 * MB, MemorySwap: 32 * MB },
      "Minimum memoryswap limit should be larger than memory limit, see usage",
    ],
    [{ CpuQuota: 10 }, "CPU cfs quota can not be less than 1ms (i.e. 1000)"],
  ])("for a value that create refuses too: %j", (asked, message) => {
    create();
    expect(refusal(asked)).toMatchObject({ kind: "invalid", message });
  });

  test("for a restart policy of what is removed at its end", () => {
    const { id } = create({ AutoRemove: true });
    expect(refusal({ RestartPolicy: { Name: "always" } })).toMatchObject({
      kind: "conflict",
      message:
        `Cannot update container ${id}: ` +
        "Restart policy cannot be updated because AutoRemove is enabled for the container",
    });
    expect(refusal({ RestartPolicy: { Name: "no" } })).toBeNull();
  });

  test.each<[HostConfig, ContainerUpdateRequest, string]>([
    [{ CpuPeriod: 50000 }, { NanoCpus: 5e8 }, "Nano CPUs cannot be updated as CPU Period has already been set"],
    [{ CpuQuota: 50000 }, { NanoCpus: 5e8 }, "Nano CPUs cannot be updated as CPU Quota has already been set"],
    [{ NanoCpus: 5e8 }, { CpuPeriod: 50000 }, "CPU Period cannot be updated as NanoCPUs has already been set"],
    [{ NanoCpus: 5e8 }, { CpuQuota: 50000 }, "CPU Quota cannot be updated as NanoCPUs has already been set"],
  ])("when %j stands and %j is asked for", (host, asked, message) => {
    const { id } = create(host);
    expect(refusal(asked)).toMatchObject({
      kind: "conflict",
      message: `Cannot update container ${id}: Conflicting options: ${message}`,
    });
    expect(engine.containers.find("web").hostConfig).toMatchObject(host);
  });

  test("when more memory is asked for than memory and swap together", () => {
    const { id } = create({ Memory: 32 * MB });
    expect(refusal({ Memory: 65 * MB })).toMatchObject({
      kind: "conflict",
      message:
        `Cannot update container ${id}: Memory limit should be smaller than already set memoryswap limit, ` +
        "update the memoryswap at the same time",
    });
    expect(refusal({ Memory: 64 * MB })).toBeNull();
  });

  test("for a container that is not there", () => {
    expect(refusal({ CpuShares: 5 })).toMatchObject({ kind: "notFound", message: "No such container: web" });
  });
});
