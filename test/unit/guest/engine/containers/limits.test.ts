import { describe, expect, test } from "vitest";
import type { HostConfig } from "../../../../../guest/api/contract/container.ts";
import { discardedLimits, validateLimits } from "../../../../../guest/engine/containers/limits.ts";
import { planResources } from "../../../../../guest/engine/containers/resources.ts";
import { S_IFBLK } from "../../../../../guest/sys/constants.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";
import { fakeEngine } from "../fake-store.ts";

const SWAPPINESS =
  "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.";

describe("a limit that this kernel does not have", () => {
  test.each<[HostConfig, string]>([
    [{ MemorySwappiness: 0 }, SWAPPINESS],
    [{ MemorySwappiness: 60 }, SWAPPINESS],
    [{ OomKillDisable: true }, "Your kernel does not support OomKillDisable. OomKillDisable discarded."],
    [
      { KernelMemory: 1 },
      "Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded.",
    ],
    [{ CpuPercent: 5 }, "linux does not support CPU percent. Percent discarded."],
    [
      { KernelMemoryTCP: 1 },
      "Your kernel does not support kernel memory TCP limit capabilities or the cgroup is not mounted. Limitation discarded.",
    ],
  ])("is said to be discarded: %j", (asked, warning) => {
    expect(discardedLimits(asked)).toEqual([warning]);
  });

  test.each<HostConfig>([{}, { MemorySwappiness: null }, { MemorySwappiness: -1 }, { OomKillDisable: false }])(
    "is not mentioned to who did not ask for it: %j",
    (asked) => {
      expect(discardedLimits(asked)).toEqual([]);
    },
  );

  test("is in the answer to create, and not in the container, also for a new engine", () => {
    const { containers } = fakeEngine();
    const HostConfig = { MemorySwappiness: 5, OomKillDisable: true };
    const { Warnings } = containers.create({ Image: "busybox", HostConfig }, { name: "web", platform: "" });
    expect(Warnings).toHaveLength(2);
    expect(containers.inspect("web", { size: false }).HostConfig).toMatchObject({
      MemorySwappiness: null,
      OomKillDisable: null,
    });
    expect(containers.update("web", { OomKillDisable: true }).Warnings).toHaveLength(1);
  });
});

describe("a limit is refused", () => {
  test.each<[HostConfig, string]>([
    [{ CpusetCpus: "1" }, "Requested CPUs are not available - requested 1, available: 0"],
    [{ CpusetCpus: "0-3" }, "Requested CPUs are not available - requested 0-3, available: 0"],
    [{ CpusetCpus: "0,2" }, "Requested CPUs are not available - requested 0,2, available: 0"],
    [{ CpusetMems: "1" }, "Requested memory nodes are not available - requested 1, available: 0"],
    [{ CpusetCpus: "x" }, "Invalid value x for cpuset cpus: invalid format: x"],
    [{ CpusetCpus: "0," }, "Invalid value 0, for cpuset cpus: invalid format: 0,"],
    [{ CpusetMems: "3-1" }, "Invalid value 3-1 for cpuset mems: invalid format: 3-1"],
    [{ CpusetCpus: "0-9000" }, "Invalid value 0-9000 for cpuset cpus: value of out range, maximum is 8191"],
    [{ CpuRealtimeRuntime: 1 }, "Your kernel does not support CPU real-time scheduler"],
    [{ IOMaximumIOps: 1 }, "Invalid QoS settings: linux does not support configuration of maximum IOPs"],
  ])("in Docker's words: %j", (asked, message) => {
    expect(() => validateLimits(asked, { update: false })).toThrow(message);
  });

  test("not for the one CPU and the one memory node that there are; nothing needs to be written for them", () => {
    const asked = { CpusetCpus: "0,0-0", CpusetMems: "0" };
    validateLimits(asked, { update: false });
    expect(planResources(new FakeSys(), asked).resources).not.toHaveProperty("cpu");
  });
});

describe("limits of disks", () => {
  function withDisk(): FakeSys {
    const sys = new FakeSys();
    sys.mkdirAll("/dev");
    sys.mknod("/dev/sda", S_IFBLK | 0o600, 8, 3);
    return sys;
  }

  test("name them by their numbers", () => {
    const Path = "/dev/sda";
    const { resources } = planResources(withDisk(), {
      BlkioWeight: 300,
      BlkioWeightDevice: [{ Path, Weight: 200 }],
      BlkioDeviceReadBps: [{ Path, Rate: 1024 }],
    });
    const device = { major: 8, minor: 3 };
    expect(resources.blockIO).toEqual({
      weight: 300,
      weightDevice: [{ ...device, weight: 200 }],
      throttleReadBpsDevice: [{ ...device, rate: 1024 }],
    });
  });

  test.each(["BlkioDeviceReadBps", "BlkioDeviceWriteIOps"])("%s of a disk that is not there is refused", (field) => {
    const asked = { [field]: [{ Path: "/dev/none", Rate: 1 }] };
    expect(() => planResources(withDisk(), asked)).toThrow("stat /dev/none: no such file or directory");
  });
});
