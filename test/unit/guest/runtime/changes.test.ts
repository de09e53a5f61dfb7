import { beforeEach, describe, expect, test } from "vitest";
import { readChanges } from "../../../../guest/runtime/changes.ts";
import { S_IFCHR } from "../../../../guest/sys/constants.ts";
import { FakeSys } from "../../../../guest/sys/fake.ts";

const UPPER = "/upper";
const LOWER = "/lower";
const OPAQUE = "trusted.overlay.opaque";

/** Descriptors have their names in /proc, as in the real kernel. */
class NamingSys extends FakeSys {
  override open(path: string, flags: number, mode = 0): number {
    return this.#named(super.open(path, flags, mode), path);
  }
  override openat(directory: number, name: string, flags: number, mode = 0): number {
    const fd = super.openat(directory, name, flags, mode);
    return this.#named(fd, `${super.readlink(`/proc/self/fd/${directory}`)}/${name}`);
  }
  #named(fd: number, path: string): number {
    const name = `/proc/self/fd/${fd}`;
    super.mkdirAll("/proc/self/fd");
    if (super.exists(name)) super.unlink(name);
    super.symlink(path, name);
    return fd;
  }
}

let sys: NamingSys;

beforeEach(() => {
  sys = new NamingSys();
  for (const path of ["etc/ssl", "tmp", "var/log"]) sys.mkdirAll(`${LOWER}/${path}`);
  for (const file of ["etc/hosts", "etc/passwd", "etc/ssl/cert", "var/log/a", "var/log/b"]) {
    sys.writeFile(`${LOWER}/${file}`, "old");
  }
  sys.mkdirAll(UPPER);
  sys.advance(1000);
});

function whiteout(path: string): void {
  sys.mknod(path, S_IFCHR, 0, 0);
}

function changes(): readonly string[] {
  const letters = { changed: "C", added: "A", deleted: "D" };
  return readChanges(sys, UPPER, LOWER).map(({ kind, path }) => `${letters[kind]} ${path}`);
}

describe("the changes of a writable layer", () => {
  test("nothing was done, nothing is told", () => {
    expect(changes()).toEqual([]);
  });

  test("what is new is added, with all that is in it", () => {
    sys.mkdirAll(`${UPPER}/srv/www`);
    sys.writeFile(`${UPPER}/srv/www/index.html`, "hello");
    expect(changes()).toEqual(["A /srv", "A /srv/www", "A /srv/www/index.html"]);
  });

  test("a directory in which something changed has changed, its other files have not", () => {
    sys.mkdirAll(`${UPPER}/etc/ssl`);
    sys.writeFile(`${UPPER}/etc/ssl/cert`, "new!");
    sys.writeFile(`${UPPER}/etc/new`, "");
    whiteout(`${UPPER}/etc/passwd`);
    expect(changes()).toEqual(["C /etc", "A /etc/new", "D /etc/passwd", "C /etc/ssl", "C /etc/ssl/cert"]);
  });

  test("a directory or a file that was only copied up is as it was", () => {
    sys.mkdirAll(`${UPPER}/etc`);
    sys.copyTree(`${LOWER}/etc/hosts`, `${UPPER}/etc/hosts`);
    sys.mkdirAll(`${UPPER}/tmp`);
    expect(changes()).toEqual([]);
  });

  test("owner and mode of a directory count, its time does not", () => {
    sys.mkdirAll(`${UPPER}/tmp`);
    sys.chmod(`${UPPER}/tmp`, 0o1777);
    expect(changes()).toEqual(["C /tmp"]);
  });

  test("a directory that was removed is one line; what was never below is none", () => {
    whiteout(`${UPPER}/var`);
    whiteout(`${UPPER}/gone`);
    expect(changes()).toEqual(["D /var"]);
  });

  test("a directory that was made anew hides what lay in the old one", () => {
    sys.mkdirAll(`${UPPER}/var/log`);
    sys.setxattr(`${UPPER}/var/log`, OPAQUE, sys.utf8Encode("y"));
    sys.writeFile(`${UPPER}/var/log/b`, "new!");
    sys.writeFile(`${UPPER}/var/log/c`, "");
    expect(changes()).toEqual(["C /var", "C /var/log", "D /var/log/a", "C /var/log/b", "A /var/log/c"]);
  });

  test("a file in a directory's place, and a directory in a file's", () => {
    sys.mkdirAll(`${UPPER}/etc/hosts`);
    sys.writeFile(`${UPPER}/etc/hosts/local`, "");
    sys.writeFile(`${UPPER}/var`, "");
    expect(changes()).toEqual(["C /etc", "C /etc/hosts", "A /etc/hosts/local", "C /var"]);
  });

  test("no descriptor stays open", () => {
    const before = sys.openDescriptors();
    sys.mkdirAll(`${UPPER}/a/b/c`);
    changes();
    expect(sys.openDescriptors()).toEqual(before);
  });
});
