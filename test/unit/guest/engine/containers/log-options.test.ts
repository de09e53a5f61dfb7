import { describe, expect, test } from "vitest";
import type { HostConfig, LogConfig } from "../../../../../guest/api/contract/container.ts";
import {
  completeLogConfig,
  parseSize,
  planLog,
  validateLog,
} from "../../../../../guest/engine/containers/log-options.ts";
import { containerPaths } from "../../../../../guest/engine/layout.ts";
import { createRandom, integer, pick } from "../../api/random.ts";
import { fakeEngine } from "../fake-store.ts";

const PATHS = containerPaths("x");

/** With no attributes. */
function plan(LogConfig: LogConfig): unknown {
  const { containers } = fakeEngine();
  containers.create({ Image: "busybox" }, { name: "web", platform: "" });
  const web = containers.find("web");
  web.hostConfig = { ...web.hostConfig, LogConfig };
  const { attributes = "", ...files } = planLog(web, PATHS) ?? {};
  expect(attributes).toBe("");
  return Object.keys(files).length === 0 ? null : files;
}

describe("a size", () => {
  test.each([
    ["10m", 10e6],
    ["1.5k", 1500],
    ["100", 100],
    ["2GB", 2e9],
    ["3 kiB", 3000],
    ["-1", null],
    ["x", null],
    ["1kk", null],
    ["", null],
  ])("%s is %s: a kilobyte is a thousand, as for Docker's logs", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test("is never read out of what is none", () => {
    const random = createRandom(13);
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: 1 + integer(random, 5) }, () => pick(random, [..."09.kKmxb -"])).join("");
      const size = parseSize(text);
      if (size !== null) expect([size >= 0, /^\d/.test(text)]).toEqual([true, true]);
    }
  });
});

describe("the files of a log", () => {
  test("are bounded where nothing is asked for, and inspect shows it", () => {
    const { containers } = fakeEngine();
    containers.create({ Image: "busybox" }, { name: "web", platform: "" });
    const { HostConfig, LogPath, Id } = containers.inspect("web", { size: false });
    expect(HostConfig.LogConfig).toEqual({ Type: "json-file", Config: { "max-size": "8m", "max-file": "2" } });
    expect(LogPath).toBe(containerPaths(Id).log);
    expect(plan(completeLogConfig(undefined))).toEqual({ path: PATHS.log, maxSize: 8e6, maxFiles: 2 });
  });

  test("are as many and as large as asked for", () => {
    const asked = (Config: Readonly<Record<string, string>>): unknown => plan(completeLogConfig({ Config }));
    expect(asked({ "max-size": "1m" })).toMatchObject({ maxSize: 1e6, maxFiles: 1 });
    expect(asked({ "max-size": "-1" })).toMatchObject({ maxSize: -1, maxFiles: 1 });
    expect(asked({ "max-size": "5k", "max-file": "7" })).toMatchObject({ maxSize: 5000, maxFiles: 7 });
  });

  test("of the driver local are its own, with its own bounds", () => {
    expect(plan({ Type: "local" })).toEqual({ path: `${PATHS.localLogs}/container.log`, maxSize: 8e6, maxFiles: 2 });
    const { sys, containers } = fakeEngine();
    const HostConfig = { LogConfig: { Type: "local" } };
    const { Id } = containers.create({ Image: "busybox", HostConfig }, { name: "web", platform: "" });
    expect(sys.exists(containerPaths(Id).localLogs)).toBe(true);
    expect(containers.inspect("web", { size: false })).toMatchObject({ LogPath: "", HostConfig });
  });

  test("are none without a log", () => {
    expect(plan({ Type: "none" })).toBeNull();
  });
});

describe("log options", () => {
  const START = "failed to initialize logging driver: ";

  test.each<[LogConfig, string]>([
    [{ Type: "syslog" }, "logger: no log driver named 'syslog' is registered"],
    [{ Config: { nope: "1" } }, "unknown log opt 'nope' for json-file log driver"],
    [{ Type: "local", Config: { nope: "1" } }, "unknown log opt 'nope' for log driver local"],
    [{ Config: { mode: "fast" } }, "logger: logging mode not supported: fast"],
    [
      { Config: { "max-buffer-size": "1m" } },
      "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
    ],
    [{ Config: { "max-size": "x" } }, `${START}invalid size: 'x'`],
    [{ Config: { "max-size": "0" } }, `${START}max-size must be a positive number`],
    [{ Config: { "max-file": "x" } }, `${START}strconv.Atoi: parsing "x": invalid syntax`],
    [{ Config: { "max-file": "0" } }, `${START}max-file cannot be less than 1`],
    [{ Config: { "max-file": "1001" } }, `${START}max-file cannot be more than 1000`],
    [{ Config: { compress: "maybe" } }, `${START}strconv.ParseBool: parsing "maybe": invalid syntax`],
    [
      { Config: { compress: "true" } },
      `${START}compress cannot be true when max-file is less than 2 or max-size is not set`,
    ],
    [
      { Config: { compress: "true", "max-size": "1m", "max-file": "2" } },
      "log option 'compress': not supported by this engine yet",
    ],
    [
      { Config: { tag: "{{.Command}}" } },
      "log option 'tag': {{.Command}} is not supported by this engine: use {{.ID}}",
    ],
    [{ Config: { "env-regex": "(" } }, `${START}error parsing regexp: invalid or unsupported syntax: \`(\``],
    [{ Type: "local", Config: { labels: "a" } }, "unknown log opt 'labels' for log driver local"],
  ])("%j: %s", (LogConfig, message) => {
    expect(() => validateLog({ LogConfig: { Type: "json-file", ...LogConfig } })).toThrow(message);
  });

  test.each<HostConfig>([
    {},
    { LogConfig: { Type: "none", Config: { anything: "1" } } },
    { LogConfig: { Config: { compress: "false", mode: "non-blocking", "max-buffer-size": "4m" } } },
  ])("%j is fine", (host) => {
    expect(() => validateLog(host)).not.toThrow();
  });
});

test("the log of a container that is being removed is refused", () => {
  const { containers } = fakeEngine();
  containers.create({ Image: "busybox" }, { name: "web", platform: "" });
  containers.find("web").removing = true;
  const query = {
    stdout: true,
    stderr: true,
    follow: false,
    timestamps: false,
    details: false,
    tail: "all",
    since: "",
    until: "",
  };
  const take = (): never => {
    throw new Error("taken");
  };
  expect(() => containers.logs("web", query, take)).toThrow(
    "can not get logs from container which is dead or marked for removal",
  );
});
