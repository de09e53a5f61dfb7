import { expect, test } from "vitest";
import { format, nameArguments } from "../../../../../guest/engine/trace/argument-names.ts";
import {
  CLONE_NEWNET,
  CLONE_NEWNS,
  MS_BIND,
  MS_REC,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_PATH,
  O_TMPFILE,
  O_WRONLY,
  PR_CAP_AMBIENT,
  PR_SET_DUMPABLE,
  SIGKILL,
} from "../../../../../guest/sys/constants.ts";

test.each([
  ["mount", { flags: MS_BIND | MS_REC, data: null }, ["MS_BIND|MS_REC", "NULL"]],
  ["mount", { flags: 0 }, ["0"]],
  ["unshare", { flags: CLONE_NEWNS | CLONE_NEWNET }, ["CLONE_NEWNS|CLONE_NEWNET"]],
  ["clone3", { options: { flags: CLONE_NEWNS, cgroup: 9, role: "init" } }, ["{flags=CLONE_NEWNS, cgroup=9}"]],
  ["open", { path: "/a b", flags: O_WRONLY | O_CREAT, mode: 0o600 }, ['"/a b"', "O_WRONLY|O_CREAT", "0600"]],
  ["open", { flags: 0 }, ["O_RDONLY"]],
  ["open", { flags: O_TMPFILE | O_WRONLY }, ["O_WRONLY|O_TMPFILE"]],
  [
    "openat2",
    { directory: -100, how: { flags: O_PATH | O_DIRECTORY } },
    ["AT_FDCWD", "{flags=O_RDONLY|O_DIRECTORY|O_PATH}"],
  ],
  ["open", { flags: 1 << 30 }, ["O_RDONLY|0x40000000"]],
  ["open", { flags: O_CLOEXEC }, ["O_RDONLY|O_CLOEXEC"]],
  ["kill", { pid: 7, signal: SIGKILL }, ["7", "SIGKILL"]],
  ["prctl", { option: PR_CAP_AMBIENT, arg2: 4 }, ["PR_CAP_AMBIENT", "PR_CAP_AMBIENT_CLEAR_ALL"]],
  ["prctl", { option: PR_SET_DUMPABLE, arg2: 0 }, ["PR_SET_DUMPABLE", "0"]],
  ["prctl", { capabilities: [0, 21] }, ["[CAP_CHOWN, CAP_SYS_ADMIN]"]],
  ["capset", { sets: { effective: "3", inheritable: "0" } }, ["{effective=CAP_CHOWN|CAP_DAC_OVERRIDE, inheritable=0}"]],
  ["write", { fd: 3, data: { bytes: 12 } }, ["3", "<12 bytes>"]],
  ["execve", { argv: ["sh", "-c"] }, ['["sh", "-c"]']],
])("the arguments of %s in words: %j", (call, args, expected) => {
  expect(Object.values(nameArguments(call, args))).toEqual(expected);
});

test("what a call gave is read like its arguments", () => {
  expect(format(18, "umask.result")).toBe("022");
  expect(format({ mode: 0o100644, size: 5 }, "stat.result")).toBe("{mode=0100644, size=5}");
});
