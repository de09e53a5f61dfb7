import { beforeEach, describe, expect, test } from "vitest";
import { parseListenHost, readDaemonConfig, readHostFlags } from "../../../../guest/engine/daemon-config.ts";
import { FakeSys } from "../../../../guest/sys/fake.ts";

let sys: FakeSys;

beforeEach(() => {
  sys = new FakeSys();
  sys.mkdirAll("/etc/docker");
});

function configured(file: unknown, flags: readonly string[] = []): ReturnType<typeof readDaemonConfig> {
  sys.writeFile("/etc/docker/daemon.json", typeof file === "string" ? file : JSON.stringify(file));
  return readDaemonConfig(sys, flags);
}

describe("the daemon's configuration", () => {
  test("without a file the engine has the one socket", () => {
    expect(readDaemonConfig(sys, [])).toEqual({ hosts: [], warnings: [] });
    expect(configured("  ")).toEqual({ hosts: [], warnings: [] });
    expect(configured({ hosts: ["unix:///var/run/docker.sock", "fd://"] })).toEqual({ hosts: [], warnings: [] });
  });

  test.each([
    ["tcp://127.0.0.1:2376", { kind: "inet", address: "127.0.0.1", port: 2376 }],
    ["tcp://0.0.0.0", { kind: "inet", address: "0.0.0.0", port: 2375 }],
    ["tcp://", { kind: "inet", address: "127.0.0.1", port: 2375 }],
    ["localhost:80/", { kind: "inet", address: "127.0.0.1", port: 80 }],
    ["unix:///run/other.sock", { kind: "unix", path: "/run/other.sock" }],
    ["unix://", null],
  ])("%s is %j", (host, address) => expect(parseListenHost(host)).toEqual(address));

  test.each(["foo://x", "tcp://1.2.3.4:x", "tcp://host.example:1", "tcp://:70000"])("%s is nowhere", (host) => {
    expect(() => parseListenHost(host)).toThrow(`invalid bind address format: ${host}`);
  });

  test("who listens without encryption is warned of it, and what is not supported is told", () => {
    const { warnings } = configured({ hosts: ["tcp://:1"], "log-driver": "local" });
    expect(warnings[0]).toContain("log-driver: not supported by this engine yet, and ignored");
    expect(warnings[1]).toContain("API is accessible on http://127.0.0.1:1 without encryption");
  });

  test("flags say it too, but not both", () => {
    expect(readHostFlags(["-H", "tcp://:1", "--host=tcp://:2", "-H=unix:///a", "--host", "unix:///b"])).toEqual([
      "tcp://:1",
      "tcp://:2",
      "unix:///a",
      "unix:///b",
    ]);
    expect(() => readHostFlags(["--debug"])).toThrow("unknown flag: --debug");
    expect(() => configured({ hosts: ["tcp://:1"] }, ["tcp://:2"])).toThrow("specified both as a flag");
    expect(configured({}, ["tcp://:2"]).hosts).toHaveLength(1);
  });

  test("a file that is no configuration stops the engine, in words", () => {
    const start = "unable to configure the Docker daemon with file /etc/docker/daemon.json";
    for (const text of ["{", "[]", "1"]) expect(() => configured(text)).toThrow(start);
    expect(() => configured({ hosts: "tcp://:1" })).toThrow("hosts is no list");
  });
});
