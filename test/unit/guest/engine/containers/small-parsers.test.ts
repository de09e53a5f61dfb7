import { describe, expect, test } from "vitest";
import { parseDetachKeys } from "../../../../../guest/engine/containers/attach.ts";
import { NameIndex } from "../../../../../guest/engine/containers/names.ts";
import { parseExitFile } from "../../../../../guest/engine/containers/shim.ts";
import { parseSignal } from "../../../../../guest/engine/containers/signals.ts";
import { execFailure, startFailure } from "../../../../../guest/engine/errors.ts";
import { RuntimeError, type Stage } from "../../../../../guest/runtime/runtime-error.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";

describe("signals", () => {
  test.each([
    ["TERM", 15],
    ["SIGTERM", 15],
    ["sigkill", 9],
    ["9", 9],
    ["RTMIN", 34],
    ["SIGRTMIN+3", 37],
    ["RTMAX-1", 63],
  ])("%s is %i", (text, number) => {
    expect(parseSignal(text)).toBe(number);
  });

  test.each(["", "0", "65", "SIG", "NOPE", "RTMIN+40", "-9", "9x"])("%j is refused", (text) => {
    expect(() => parseSignal(text)).toThrow(`invalid signal: ${text}`);
  });
});

describe("detach keys", () => {
  test.each([
    ["", [16, 17]],
    ["ctrl-p,ctrl-q", [16, 17]],
    ["a", [97]],
    ["ctrl-@,ctrl-[,ctrl-_", [0, 27, 31]],
    ["DEL", [127]],
  ])("%j are %j", (text, keys) => {
    expect(parseDetachKeys(text)).toEqual(keys);
  });

  test("anything else is refused", () => {
    expect(() => parseDetachKeys("ctrl-ö")).toThrow("Invalid detach keys (ctrl-ö) provided");
    expect(() => parseDetachKeys("ab", "escape")).toThrow("Invalid escape keys (ab) provided");
  });
});

describe("names", () => {
  test("a name that is taken is refused in Docker's words, and free again after its release", () => {
    const names = new NameIndex(new FakeSys());
    expect(names.reserve("/web", "1")).toBe("web");
    expect(() => names.reserve("web", "2")).toThrow(
      'Conflict. The container name "/web" is already in use by container "1". You have to remove (or rename) that container to be able to reuse that name.',
    );
    names.release("web", "2");
    expect(names.ownerOf("web")).toBe("1");
    names.release("web", "1");
    expect(names.reserve("web", "2")).toBe("web");
  });

  test.each(["a", "-a", ".ab", "a b", "ä1", "a/b"])("%j is no name", (name) => {
    expect(() => new NameIndex(new FakeSys()).reserve(name, "1")).toThrow(
      `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  });

  test("a name that is made up is an adjective and somebody's, and never taken twice", () => {
    const names = new NameIndex(new FakeSys());
    const made = Array.from({ length: 50 }, (_, n) => names.reserve("", String(n).repeat(12)));
    expect(made[0]).toMatch(/^[a-z]+_[a-z]+$/);
    expect(new Set(made).size).toBe(50);
  });
});

describe("why a program did not start", () => {
  function runtimeError(stage: Stage, reason: string): RuntimeError {
    return new RuntimeError({ stage, syscall: "", code: "", path: null, reason });
  }

  test.each<[Stage, string, number, string]>([
    ["lookup", 'exec: "x": executable file not found in $PATH', 127, "invalid"],
    ["lookup", 'exec: "/x": stat /x: no such file or directory', 127, "invalid"],
    ["lookup", 'exec: "/etc": is a directory', 126, "invalid"],
    ["lookup", 'exec: "/x": permission denied', 126, "invalid"],
    ["exec", "exec /x: exec format error", 126, "invalid"],
    ["mounts", 'error mounting "/x" to rootfs at "/y": not a directory', 127, "invalid"],
    ["mounts", 'error mounting "/x" to rootfs at "/y": no such file or directory', 128, "system"],
    ["user", "unable to find user x: no matching entries in passwd file", 128, "system"],
    ["fork", "fork: cannot allocate memory", 128, "system"],
  ])("%s: %s → %i", (stage, reason, exitCode, kind) => {
    const failure = startFailure(runtimeError(stage, reason));
    expect(failure).toMatchObject({ exitCode, error: { kind } });
    expect(failure.error.message).toContain(`unable to start container process: `);
    expect(failure.error.message).toContain(reason);
    expect(failure.error.message).toContain(`${reason}: unknown`);
  });

  test("a missing program of an exec is 127, anything else 126", () => {
    expect(execFailure(runtimeError("lookup", "executable file not found in $PATH")).exitCode).toBe(127);
    expect(execFailure(runtimeError("lookup", "permission denied")).exitCode).toBe(126);
  });
});

test("an exit file that is broken is no exit file", () => {
  expect(parseExitFile({ code: 3, signal: null, at: "17" })).toEqual({ code: 3, signal: 0, at: 17n });
  for (const broken of [null, 3, {}, { code: "3", at: "1" }, { code: 3, at: "x" }])
    expect(parseExitFile(broken)).toBeNull();
});
