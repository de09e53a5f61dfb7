import { describe, expect, test } from "vitest";
import type { ContainerConfig } from "../../../../../guest/api/contract/container.ts";
import { commandLine, mergeConfig, processEnv, validateConfig } from "../../../../../guest/engine/containers/config.ts";

const ID = "0123456789abcdef".repeat(4);

function merge(asked: ContainerConfig, image: ContainerConfig = {}): ContainerConfig {
  return mergeConfig(asked, image, ID);
}

describe("entrypoint and command, asked for and of the image", () => {
  const image = { Entrypoint: ["ep"], Cmd: ["c"] };
  test.each([
    [{}, image, ["ep", "c"]],
    [{ Cmd: ["x"] }, image, ["ep", "x"]],
    [{ Entrypoint: ["e"] }, image, ["e"]],
    [{ Entrypoint: ["e"], Cmd: ["x"] }, image, ["e", "x"]],
    [{ Entrypoint: [""] }, image, []],
    [{ Entrypoint: [""], Cmd: ["x"] }, image, ["x"]],
    [{}, { Cmd: ["c"] }, ["c"]],
    [{ Cmd: ["x"] }, { Cmd: ["c"] }, ["x"]],
    [{}, { Entrypoint: ["ep"] }, ["ep"]],
    [{ Cmd: null, Entrypoint: null }, image, ["ep", "c"]],
    [{ Cmd: [], Entrypoint: [] }, image, ["ep", "c"]],
  ])("%j on %j runs %j", (asked, of, line) => {
    expect(commandLine(merge(asked, of))).toEqual(line);
  });

  test("nothing to run is refused", () => {
    expect(() => validateConfig(merge({ Entrypoint: [""] }, image))).toThrow("no command specified");
  });
});

describe("the rest of a configuration", () => {
  test("the environment of the image is behind what was asked for, names once", () => {
    const merged = merge({ Env: ["A=1", "GONE"] }, { Env: ["A=0", "B=2", "GONE=x"] });
    expect(merged.Env).toEqual(["A=1", "GONE", "B=2"]);
  });

  test("the program gets PATH, HOSTNAME and TERM unless they are given, and nothing that was taken away", () => {
    expect(processEnv(merge({ Env: ["A=1", "HOSTNAME"], Tty: true }))).toEqual([
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "TERM=xterm",
      "A=1",
    ]);
    expect(processEnv(merge({ Env: ["PATH=/x"] }))).toEqual(["HOSTNAME=0123456789ab", "PATH=/x"]);
  });

  test("labels, user, directory and stop signal come from the image where none were asked for", () => {
    const image = { Labels: { a: "1", b: "1" }, User: "nobody", WorkingDir: "/w", StopSignal: "SIGQUIT" };
    expect(merge({ Labels: { b: "2" } }, image)).toMatchObject({
      Labels: { a: "1", b: "2" },
      User: "nobody",
      WorkingDir: "/w",
      StopSignal: "SIGQUIT",
    });
    expect(merge({ User: "root", WorkingDir: "/" }, image)).toMatchObject({ User: "root", WorkingDir: "/" });
  });

  test("the host's name is the short id unless it is given", () => {
    expect(merge({}).Hostname).toBe("0123456789ab");
    expect(merge({ Hostname: "web" }).Hostname).toBe("web");
  });

  test.each([
    [{ WorkingDir: "relative" }, "the working directory 'relative' is invalid, it needs to be an absolute path"],
    [{ StopSignal: "NOPE" }, "invalid signal: NOPE"],
    [{ Env: ["=x"] }, "invalid environment variable: =x"],
  ])("%j is refused: %s", (asked, message) => {
    expect(() => validateConfig(merge({ Cmd: ["x"], ...asked }))).toThrow(message);
  });
});

describe("the health check, asked for and of the image", () => {
  const image = { Healthcheck: { Test: ["CMD", "image"], Interval: 5e9, Retries: 4 } };
  test.each([
    [{}, image, image.Healthcheck],
    [{ Healthcheck: null }, image, image.Healthcheck],
    [{ Healthcheck: { Test: ["NONE"] } }, image, { Test: ["NONE"], Interval: 5e9, Retries: 4 }],
    [{ Healthcheck: { Test: ["CMD", "x"], Interval: 0 } }, image, { Test: ["CMD", "x"], Interval: 5e9, Retries: 4 }],
    [{ Healthcheck: { Test: [], Interval: 1e9 } }, image, { Test: ["CMD", "image"], Interval: 1e9, Retries: 4 }],
    [{ Healthcheck: { Interval: 1e9 } }, {}, { Interval: 1e9 }],
  ])("%j on %j is %j", (asked, of, health) => {
    expect(merge(asked, of).Healthcheck).toEqual(health);
  });
});
