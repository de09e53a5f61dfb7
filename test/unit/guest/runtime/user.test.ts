import { describe, expect, test } from "vitest";
import { lookUp, parseGroups, parsePasswd } from "../../../../guest/runtime/user.ts";

const passwd = parsePasswd(
  [
    "root:x:0:0:root:/root:/bin/sh",
    "# comment",
    "",
    "daemon:x:1:1::/usr/sbin:/bin/false",
    "ada:x:1000:1000:Ada:/home/ada:/bin/sh",
    "1001:x:77:77::/home/odd:/bin/sh",
  ].join("\n"),
);
const groups = parseGroups(
  ["root:x:0:", "wheel:x:10:root,ada", "audio:x:29:ada", "ada:x:1000:", "1002:x:88:"].join("\n"),
);
const nobody = { passwd: [], groups: [], plain: true };
const resolve = (user: string, ...groupAdd: string[]) => lookUp(user, groupAdd, { passwd, groups, plain: true });

describe("user[:group]", () => {
  test("nobody named is root, with root's groups", () => {
    expect(resolve("")).toEqual({ uid: 0, gid: 0, additionalGids: [0, 10], home: "/root" });
  });

  test("a name brings its group, its other groups and its home", () => {
    expect(resolve("ada")).toEqual({ uid: 1000, gid: 1000, additionalGids: [1000, 10, 29], home: "/home/ada" });
  });

  test("a number that is listed is that user", () => {
    expect(resolve("1000")).toEqual(resolve("ada"));
  });

  test("a number that nobody has is itself, in group 0", () => {
    expect(resolve("4242")).toEqual({ uid: 4242, gid: 0, additionalGids: [0], home: "/" });
  });

  test("a name of digits goes before the number", () => {
    expect(resolve("1001").uid).toBe(77);
  });

  test("an explicit group stands alone", () => {
    expect(resolve("ada:audio")).toEqual({ uid: 1000, gid: 29, additionalGids: [29], home: "/home/ada" });
    expect(resolve("ada:555").additionalGids).toEqual([555]);
    expect(resolve(":audio")).toEqual({ uid: 0, gid: 29, additionalGids: [29], home: "/root" });
  });

  test("added groups come behind, by name or number, once each", () => {
    expect(resolve("ada", "wheel", "500").additionalGids).toEqual([1000, 10, 29, 500]);
  });

  test("an image without the files has root and numbers", () => {
    expect(lookUp("", [], nobody)).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: "/" });
    expect(lookUp("12:34", [], nobody)).toEqual({ uid: 12, gid: 34, additionalGids: [34], home: "/" });
  });

  test("refusals are Docker's sentences", () => {
    expect(() => resolve("eve")).toThrow("unable to find user eve: no matching entries in passwd file");
    expect(() => resolve("ada:eve")).toThrow("unable to find group eve: no matching entries in group file");
    expect(() => resolve("ada", "eve")).toThrow("Unable to find group eve: no matching entries in group file");
    expect(() => resolve("2147483648")).toThrow("uids and gids must be in range 0-2147483647");
    expect(() => resolve("-1")).toThrow("unable to find user -1: no matching entries in passwd file");
  });
});
