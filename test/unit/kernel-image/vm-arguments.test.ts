import { describe, expect, test } from "vitest";
import { parseVmArguments, UsageError } from "../../../kernel-image/vm-arguments.ts";

const NOTHING = { add: [], memoryMegabytes: undefined, cold: false, enginePort: undefined, publish: [] };

describe("what is to run", () => {
  test("nothing is a terminal", () => {
    expect(parseVmArguments([])).toEqual({ command: { kind: "terminal" }, ...NOTHING });
  });

  test("-c is shell text, and what follows are its arguments, flags included", () => {
    expect(parseVmArguments(["--cold", "-c", 'echo "$1"', "--memory"])).toEqual({
      ...NOTHING,
      cold: true,
      command: { kind: "text", text: 'echo "$1"', args: ["--memory"] },
    });
  });

  test("a file name ends our options: what follows belongs to the script", () => {
    expect(parseVmArguments(["--memory", "256", "test.sh", "--cold", "-c"])).toEqual({
      ...NOTHING,
      memoryMegabytes: 256,
      command: { kind: "script", file: "test.sh", args: ["--cold", "-c"] },
    });
  });

  test("--help wins", () => {
    expect(parseVmArguments(["--help"])).toBeNull();
    expect(parseVmArguments(["--cold", "-h"])).toBeNull();
  });
});

describe("options", () => {
  test("--add is cut before the guest's slash and can be repeated", () => {
    expect(parseVmArguments(["--add", "C:\\x:/guest/x", "--add=a b:/c:d"])?.add).toEqual([
      { host: "C:\\x", guest: "/guest/x" },
      { host: "a b", guest: "/c:d" },
    ]);
  });

  test("ports", () => {
    const parsed = parseVmArguments(["--engine-port", "2375", "--publish", "8080:80", "--publish=1:2"]);
    expect(parsed).toMatchObject({
      enginePort: 2375,
      publish: [
        { host: 8080, guest: 80 },
        { host: 1, guest: 2 },
      ],
    });
  });
});

describe("what is not understood says why", () => {
  test.each([
    [["--hot"], "Unknown option '--hot'"],
    [["-x"], "Unknown option '-x'"],
    [["-c"], "-c wants shell text"],
    [["--memory"], "argument missing"],
    [["--memory", "much"], 'not "much"'],
    [["--memory", "8"], "64 to 2048"],
    [["--engine-port", "0"], "a port from 1 to 65535"],
    [["--engine-port", "65536"], "a port from 1 to 65535"],
    [["--publish", "80"], "HOST:GUEST"],
    [["--publish", "80:"], 'not ""'],
    [["--add", "file"], "HOST:GUEST with an absolute path"],
    [["--add", "file:relative"], "HOST:GUEST with an absolute path"],
  ])("%j", (argv, words) => {
    expect(() => parseVmArguments(argv)).toThrow(UsageError);
    expect(() => parseVmArguments(argv)).toThrow(words);
  });
});
