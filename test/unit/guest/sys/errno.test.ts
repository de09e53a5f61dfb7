import { expect, test } from "vitest";
import { errnoName, errnoNumber } from "../../../../guest/sys/errno.ts";

test("names and numbers are those of Linux", () => {
  expect([1, 2, 11, 13, 17, 39, 95, 110].map(errnoName)).toEqual([
    "EPERM",
    "ENOENT",
    "EAGAIN",
    "EACCES",
    "EEXIST",
    "ENOTEMPTY",
    "EOPNOTSUPP",
    "ETIMEDOUT",
  ]);
  expect(errnoNumber("ENOTEMPTY")).toBe(39);
});

test("a number without a name is still told", () => {
  expect(errnoName(999)).toBe("E999");
});

test("a name that does not exist is refused", () => {
  expect(() => errnoNumber("ENOSUCH")).toThrow('no errno is called "ENOSUCH"');
});
