import { describe, expect, test } from "vitest";
import type { HostConfig } from "../../../../../guest/api/contract/container.ts";
import {
  capabilityName,
  completeHostConfig,
  takeHostConfig,
  validateHostConfig,
} from "../../../../../guest/engine/containers/host-config.ts";

function complete(asked: HostConfig): HostConfig {
  return completeHostConfig(asked, (name) => `id-of-${name}`);
}

describe("what is taken of a request", () => {
  const take = (asked: HostConfig, id = "1") => takeHostConfig(asked, (name) => `${name}-${id}`);

  test("who asks for the same gets the same, and nobody can change it", () => {
    const { host, stored } = take({ Memory: 1e7 });
    expect(take({ Memory: 1e7 }).host).toBe(host);
    expect(host).toEqual(complete({ Memory: 1e7 }));
    expect(Object.isFrozen(host)).toBe(true);
    expect(JSON.parse(stored)).toEqual({ Memory: 1e7, NetworkMode: "bridge", IpcMode: "private", PidMode: "" });
    expect(take({ Memory: 2e7 }).host.Memory).toBe(2e7);
    expect(take({ Memory: 1e7 }).host.Memory).toBe(1e7);
  });

  test("a name is looked up each time", () => {
    const asked = { NetworkMode: "container:web" };
    expect(take(asked).host.NetworkMode).toBe("container:web-1");
    expect(take(asked, "2").host.NetworkMode).toBe("container:web-2");
    expect(JSON.parse(take(asked, "3").stored).NetworkMode).toBe("container:web-3");
  });

  test("what is refused is refused each time", () => {
    const asked = { IpcMode: "never" };
    expect(() => take(asked)).toThrow("invalid IPC mode: never");
    expect(() => take(asked)).toThrow("invalid IPC mode: never");
  });
});

describe("what is filled in", () => {
  test("swap is twice the memory unless it is given", () => {
    expect(complete({ Memory: 1e7 }).MemorySwap).toBe(2e7);
    expect(complete({ Memory: 1e7, MemorySwap: -1 }).MemorySwap).toBe(-1);
    expect(complete({}).MemorySwap).toBe(0);
  });

  test("values that mean unset are unset", () => {
    expect(complete({ MemorySwappiness: -1, PidsLimit: 0, NetworkMode: "default" })).toMatchObject({
      MemorySwappiness: null,
      PidsLimit: null,
      NetworkMode: "bridge",
    });
  });

  test("a container whose namespaces are shared is kept by its id", () => {
    expect(
      complete({ NetworkMode: "container:web", PidMode: "container:web", IpcMode: "container:web" }),
    ).toMatchObject({
      NetworkMode: "container:id-of-web",
      PidMode: "container:id-of-web",
      IpcMode: "container:id-of-web",
    });
  });
});

describe("what is refused", () => {
  test.each<[HostConfig, string]>([
    [{ Memory: 1024 }, "Minimum memory limit allowed is 6MB"],
    [{ Memory: 1e7, MemorySwap: 1e6 }, "Minimum memoryswap limit should be larger than memory limit, see usage"],
    [{ MemorySwap: 1e7 }, "You should always set the Memory limit when using Memoryswap limit, see usage"],
    [{ Memory: 1e7, MemoryReservation: 2e7 }, "Minimum memory limit can not be less than memory reservation limit"],
    [{ NanoCpus: 2e9 }, "Range of CPUs is from 0.01 to 1.00, as there are only 1 CPUs available"],
    [{ NanoCpus: 5e8, CpuQuota: 1000 }, "Conflicting options: Nano CPUs and CPU Quota cannot both be set"],
    [{ CpuPeriod: 1 }, "CPU cfs period can not be less than 1ms"],
    [{ BlkioWeight: 5 }, "Range of blkio weight is from 10 to 1000"],
    [
      { AutoRemove: true, RestartPolicy: { Name: "always" } },
      "can't create 'AutoRemove' container with restart policy",
    ],
    [{ RestartPolicy: { Name: "no", MaximumRetryCount: 2 } }, "maximum retry count can only be used with 'on-failure'"],
    [{ LogConfig: { Type: "syslog" } }, "logger: no log driver named 'syslog' is registered"],
    [{ LogConfig: { Config: { nope: "1" } } }, "unknown log opt 'nope' for json-file log driver"],
    [{ VolumesFrom: ["a"] }, "--volumes-from"],
    [{ IpcMode: "x" }, "invalid IPC mode: x"],
    [{ PidMode: "x" }, "invalid PID mode: x"],
    [{ OomScoreAdj: 2000 }, "Invalid value 2000, range for oom score adj is [-1000, 1000]"],
    [{ CapAdd: ["NOPE"] }, 'invalid CapAdd: unknown capability: "CAP_NOPE"'],
    [{ CapDrop: ["cap_x"] }, 'invalid CapDrop: unknown capability: "CAP_X"'],
    [{ Isolation: "hyperv" }, "Invalid isolation: \"hyperv\" - linux only supports 'default'"],
    [{ Annotations: { "": "x" } }, "invalid Annotations: the empty string is not permitted as an annotation key"],
    [{ Ulimits: [{ Name: "x", Soft: 1, Hard: 1 }] }, "invalid ulimit type: x"],
    [
      { Ulimits: [{ Name: "nofile", Soft: 2, Hard: 1 }] },
      "ulimit soft limit must be less than or equal to hard limit: 2 > 1",
    ],
    [{ ExtraHosts: ["x"] }, 'bad format for add-host: "x"'],
    [{ Runtime: "kata" }, "unknown or invalid runtime name: kata"],
    [{ CgroupParent: "/x" }, "--cgroup-parent"],
  ])("%j: %s", (asked, message) => {
    expect(() => validateHostConfig(complete(asked))).toThrow(message);
  });
});

test("what Docker's client sends by default is accepted", () => {
  const asked = {
    NetworkMode: "default",
    RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
    PortBindings: {},
    MemorySwappiness: -1,
    ConsoleSize: [24, 80],
    LogConfig: { Type: "", Config: {} },
    IpcMode: "",
    CgroupnsMode: "",
    PidsLimit: 0,
    OomKillDisable: false,
    Binds: null,
    CapAdd: null,
  } as const;
  expect(() => validateHostConfig(complete(asked))).not.toThrow();
  expect(() => ({ NetworkingConfig: { EndpointsConfig: { default: {} } } })).not.toThrow();
});

test("a capability is named with and without CAP_, in any case", () => {
  expect(["net_admin", "CAP_NET_ADMIN", "Net_Admin"].map(capabilityName)).toEqual(Array(3).fill("CAP_NET_ADMIN"));
  expect(capabilityName("all")).toBe("ALL");
});
