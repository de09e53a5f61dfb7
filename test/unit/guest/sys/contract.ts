/**
 * What every implementation of Sys promises. The cases run on FakeSys under vitest and, bundled into a script for the
 * host binary, on the real kernel in the machine (test/vm/sys-contract.test.ts). They are plain ECMAScript and throw when
 * a promise is broken. `directory` is an empty directory of their own.
 */
import {
  AF_UNIX,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  RLIMIT_NOFILE,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  SEEK_END,
  SEEK_SET,
  SHUT_WR,
  SO_TYPE,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  WNOHANG,
} from "../../../../guest/sys/constants.ts";
import { type Sys, SysError } from "../../../../guest/sys/sys.ts";

export interface ContractCase {
  readonly name: string;
  readonly run: (sys: Sys, directory: string) => void;
}

function equal(actual: unknown, expected: unknown, what = "value"): void {
  const [left, right] = [show(actual), show(expected)];
  if (left !== right) throw new Error(`${what}: expected ${right}, got ${left}`);
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${[...value].join(" ")}`;
  return JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? `${field}n` : field)) ?? "undefined";
}

function refuses(code: string, action: () => unknown): SysError {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    equal(error.code, code, "errno");
    return error;
  }
  throw new Error(`expected ${code}, but it succeeded`);
}

function readAll(sys: Sys, fd: number): string {
  let text = "";
  for (let part = sys.read(fd, 100); part.length > 0; part = sys.read(fd, 100)) text += sys.utf8Decode(part);
  return text;
}

/** Somebody has connected to a socket in `directory`; `flags` are accept4(2)'s. */
function acceptOne(sys: Sys, directory: string, flags = 0): Record<"server" | "client" | "accepted", number> {
  const address = { kind: "unix", path: `${directory}/socket` } as const;
  const server = sys.socket(AF_UNIX, SOCK_STREAM, 0);
  sys.bind(server, address);
  sys.listen(server, 5);
  const client = sys.socket(AF_UNIX, SOCK_STREAM, 0);
  sys.connect(client, address);
  return { server, client, accepted: sys.accept(server, flags) };
}

export const contract: readonly ContractCase[] = [
  {
    name: "a file keeps what was written into it",
    run(sys, directory) {
      sys.writeFile(`${directory}/note`, "grüße\n");
      equal(sys.readFile(`${directory}/note`), "grüße\n");
      equal(sys.readFileBytes(`${directory}/note`).length, 8);
    },
  },
  {
    name: "a SysError names the call, the errno and the path",
    run(sys, directory) {
      const error = refuses("ENOENT", () => sys.open(`${directory}/none`, O_RDONLY));
      equal(error.syscall, "open");
      equal(error.errno, 2);
      equal(error.path, `${directory}/none`);
    },
  },
  {
    name: "an atomic write replaces the file and leaves no other name",
    run(sys, directory) {
      sys.writeFile(`${directory}/state`, "old");
      sys.writeFile(`${directory}/state`, "new", { atomic: true, mode: 0o600 });
      equal(sys.readFile(`${directory}/state`), "new");
      equal(sys.readdir(directory), ["state"]);
    },
  },
  {
    name: "an atomic write leaves alone what has the name that it would have taken",
    run(sys, directory) {
      sys.writeFile(`${directory}/state.tmp`, "of somebody who was killed");
      sys.writeFile(`${directory}/state`, "new", { atomic: true });
      equal(sys.readFile(`${directory}/state`), "new");
      equal(sys.readFile(`${directory}/state.tmp`), "of somebody who was killed");
      equal(sys.readdir(directory), ["state", "state.tmp"]);
    },
  },
  {
    name: "a file of any length is read whole",
    run(sys, directory) {
      for (const length of [0, 1, 65_535, 65_536, 65_537, 300_000]) {
        const text = "0123456789".repeat(length / 10 + 1).slice(0, length);
        sys.writeFile(`${directory}/file`, text);
        equal(sys.readFile(`${directory}/file`) === text, true, `text of ${length}`);
        equal(sys.utf8Decode(sys.readFileBytes(`${directory}/file`)) === text, true, `bytes of ${length}`);
      }
      refuses("EISDIR", () => sys.readFile(directory));
    },
  },
  {
    name: "a shorter text leaves nothing of a longer one behind",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "a long text");
      sys.writeFile(`${directory}/file`, "short");
      equal(sys.readFile(`${directory}/file`), "short");
    },
  },
  {
    name: "O_EXCL refuses a file that exists",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "");
      refuses("EEXIST", () => sys.open(`${directory}/file`, O_WRONLY | O_CREAT | O_EXCL, 0o600));
    },
  },
  {
    name: "O_APPEND writes at the end",
    run(sys, directory) {
      sys.writeFile(`${directory}/log`, "one\n");
      const fd = sys.open(`${directory}/log`, O_WRONLY | O_APPEND);
      sys.write(fd, sys.utf8Encode("two\n"));
      sys.close(fd);
      equal(sys.readFile(`${directory}/log`), "one\ntwo\n");
    },
  },
  {
    name: "read and lseek move one offset, which dup shares",
    run(sys, directory) {
      sys.writeFile(`${directory}/digits`, "0123456789");
      const fd = sys.open(`${directory}/digits`, O_RDONLY);
      equal(sys.utf8Decode(sys.read(fd, 4)), "0123");
      const copy = sys.dup(fd);
      equal(sys.utf8Decode(sys.read(copy, 2)), "45");
      equal(sys.lseek(fd, -1, SEEK_END), 9);
      equal(sys.utf8Decode(sys.read(copy, 10)), "9");
      sys.lseek(fd, 0, SEEK_SET);
      equal(readAll(sys, fd), "0123456789");
      sys.close(fd);
      sys.close(copy);
    },
  },
  {
    name: "a closed descriptor is EBADF",
    run(sys, directory) {
      const fd = sys.open(directory, O_RDONLY | O_DIRECTORY);
      sys.close(fd);
      refuses("EBADF", () => sys.close(fd));
      refuses("EBADF", () => sys.read(fd, 1));
    },
  },
  {
    name: "ftruncate cuts and extends",
    run(sys, directory) {
      const fd = sys.open(`${directory}/file`, O_RDWR | O_CREAT, 0o600);
      sys.write(fd, sys.utf8Encode("abcdef"));
      sys.ftruncate(fd, 3);
      sys.ftruncate(fd, 5);
      sys.close(fd);
      equal(sys.readFileBytes(`${directory}/file`), Uint8Array.from([97, 98, 99, 0, 0]));
    },
  },
  {
    name: "stat tells kind, permissions, size and links",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "12345");
      sys.chmod(`${directory}/file`, 0o640);
      sys.link(`${directory}/file`, `${directory}/other`);
      const { mode, size, nlink, ino } = sys.stat(`${directory}/file`);
      equal([mode & S_IFMT, mode & 0o7777, size, nlink], [S_IFREG, 0o640, 5, 2]);
      equal(sys.stat(`${directory}/other`).ino, ino);
      equal(sys.stat(directory).mode & S_IFMT, S_IFDIR);
    },
  },
  {
    name: "times are nanoseconds",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "");
      sys.utimens(`${directory}/file`, 1_000_000_007n, 1_700_000_000_123_456_789n);
      const { atime, mtime } = sys.stat(`${directory}/file`);
      equal([atime, mtime], [1_000_000_007n, 1_700_000_000_123_456_789n]);
    },
  },
  {
    name: "stat follows a symlink and lstat does not",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "123");
      sys.symlink("file", `${directory}/link`);
      equal(sys.stat(`${directory}/link`).size, 3);
      equal(sys.lstat(`${directory}/link`).size, 4);
      equal(sys.readlink(`${directory}/link`), "file");
      equal(sys.realpath(`${directory}/link`), `${directory}/file`);
    },
  },
  {
    name: "a symlink that goes nowhere exists, but cannot be opened",
    run(sys, directory) {
      sys.symlink("nowhere", `${directory}/link`);
      equal(sys.exists(`${directory}/link`), true);
      refuses("ENOENT", () => sys.open(`${directory}/link`, O_RDONLY));
    },
  },
  {
    name: "a loop of symlinks is ELOOP",
    run(sys, directory) {
      sys.symlink("two", `${directory}/one`);
      sys.symlink("one", `${directory}/two`);
      refuses("ELOOP", () => sys.stat(`${directory}/one`));
    },
  },
  {
    name: "exists is false below a file",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "");
      equal(sys.exists(`${directory}/file/child`), false);
      equal(sys.exists(`${directory}/none/child`), false);
    },
  },
  {
    name: "readdir is sorted",
    run(sys, directory) {
      for (const name of ["b", "a", "c", "B"]) sys.mkdir(`${directory}/${name}`);
      equal(sys.readdir(directory), ["B", "a", "b", "c"]);
      refuses("ENOENT", () => sys.readdir(`${directory}/none`));
    },
  },
  {
    name: "mkdirAll makes what is missing and accepts what is there",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/one/two/three`);
      sys.mkdirAll(`${directory}/one/two`);
      equal(sys.readdir(`${directory}/one/two`), ["three"]);
      sys.writeFile(`${directory}/file`, "");
      refuses("ENOTDIR", () => sys.mkdirAll(`${directory}/file`));
    },
  },
  {
    name: "rmdir refuses a directory with something in it",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/one/two`);
      refuses("ENOTEMPTY", () => sys.rmdir(`${directory}/one`));
      refuses("EISDIR", () => sys.unlink(`${directory}/one`));
      sys.rmdir(`${directory}/one/two`);
      sys.rmdir(`${directory}/one`);
      equal(sys.readdir(directory), []);
    },
  },
  {
    name: "removeAll takes a whole tree, not what its symlinks lead to",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/tree/deep/deeper`);
      sys.writeFile(`${directory}/tree/deep/file`, "x");
      sys.writeFile(`${directory}/kept`, "kept");
      sys.symlink("../kept", `${directory}/tree/link`);
      sys.removeAll(`${directory}/tree`);
      sys.removeAll(`${directory}/never-there`);
      equal(sys.readdir(directory), ["kept"]);
    },
  },
  {
    name: "removeAll takes what is no directory as it is",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/kept/inside`);
      sys.symlink("kept", `${directory}/link`);
      sys.writeFile(`${directory}/file`, "");
      sys.removeAll(`${directory}/link`);
      sys.removeAll(`${directory}/file`);
      equal(sys.readdir(directory), ["kept"]);
      equal(sys.readdir(`${directory}/kept`), ["inside"]);
    },
  },
  {
    name: "rename moves a file over another",
    run(sys, directory) {
      sys.writeFile(`${directory}/one`, "1");
      sys.writeFile(`${directory}/two`, "2");
      sys.rename(`${directory}/one`, `${directory}/two`);
      equal(sys.readdir(directory), ["two"]);
      equal(sys.readFile(`${directory}/two`), "1");
    },
  },
  {
    name: "writeKernelFile never creates",
    run(sys, directory) {
      refuses("ENOENT", () => sys.writeKernelFile(`${directory}/none`, "1"));
      equal(sys.exists(`${directory}/none`), false);
    },
  },
  {
    name: "mknod makes a fifo",
    run(sys, directory) {
      sys.mknod(`${directory}/fifo`, S_IFIFO | 0o600, 0, 0);
      equal(sys.lstat(`${directory}/fifo`).mode & S_IFMT, S_IFIFO);
    },
  },
  {
    name: "openat is relative to a directory's descriptor",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "here");
      const fd = sys.open(directory, O_RDONLY | O_DIRECTORY);
      const file = sys.openat(fd, "file", O_RDONLY);
      equal(readAll(sys, file), "here");
      sys.close(file);
      sys.close(fd);
    },
  },
  {
    name: "relative paths start at the working directory",
    run(sys, directory) {
      const before = sys.getcwd();
      sys.mkdir(`${directory}/sub`);
      sys.chdir(`${directory}/sub`);
      sys.writeFile("file", "relative");
      equal(sys.getcwd(), `${directory}/sub`);
      sys.chdir(before);
      equal(sys.readFile(`${directory}/sub/file`), "relative");
    },
  },
  {
    name: "copyTree keeps content, modes, times, links and symlinks",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/from/sub`);
      sys.writeFile(`${directory}/from/sub/file`, "content");
      sys.chmod(`${directory}/from/sub/file`, 0o751);
      sys.link(`${directory}/from/sub/file`, `${directory}/from/hard`);
      sys.symlink("sub/file", `${directory}/from/soft`);
      sys.utimens(`${directory}/from/sub`, 5n, 1_000_000_000n);
      sys.copyTree(`${directory}/from`, `${directory}/to`);
      equal(sys.readdir(`${directory}/to`), ["hard", "soft", "sub"]);
      equal(sys.readFile(`${directory}/to/soft`), "content");
      const { mode, nlink } = sys.stat(`${directory}/to/hard`);
      equal([mode & 0o7777, nlink], [0o751, 2]);
      equal(sys.stat(`${directory}/to/sub`).mtime, 1_000_000_000n);
    },
  },
  {
    name: "a pipe ends when its last writer is closed",
    run(sys) {
      const [reader, writer] = sys.pipe();
      const second = sys.dup(writer);
      sys.write(writer, sys.utf8Encode("one"));
      sys.close(writer);
      sys.write(second, sys.utf8Encode(" two"));
      sys.close(second);
      equal(readAll(sys, reader), "one two");
      sys.close(reader);
    },
  },
  {
    name: "a write into a pipe without a reader is EPIPE",
    run(sys) {
      const [reader, writer] = sys.pipe();
      sys.close(reader);
      refuses("EPIPE", () => sys.write(writer, Uint8Array.of(1)));
      sys.close(writer);
    },
  },
  {
    name: "an empty pipe that does not block is EAGAIN",
    run(sys) {
      const [reader, writer] = sys.pipe();
      sys.setNonblocking(reader, true);
      refuses("EAGAIN", () => sys.read(reader, 1));
      sys.close(reader);
      sys.close(writer);
    },
  },
  {
    name: "dup2 replaces the descriptor it is given",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "target");
      const fd = sys.open(`${directory}/file`, O_RDONLY);
      const [reader, writer] = sys.pipe();
      sys.dup2(fd, reader);
      equal(readAll(sys, reader), "target");
      for (const each of [fd, reader, writer]) sys.close(each);
    },
  },
  {
    name: "closeRange closes what is open from one number to another, both of them too",
    run(sys) {
      const [reader, writer] = sys.pipe();
      for (const fd of [90, 92, 93]) sys.dup2(writer, fd);
      sys.closeRange(90, 92);
      for (const fd of [90, 92]) refuses("EBADF", () => sys.write(fd, sys.utf8Encode("closed")));
      sys.write(93, sys.utf8Encode("open"));
      equal(sys.utf8Decode(sys.read(reader, 10)), "open");
      for (const fd of [reader, writer, 93]) sys.close(fd);
    },
  },
  {
    name: "sendfile copies to the end of the file",
    run(sys, directory) {
      sys.writeFile(`${directory}/from`, "bulk bytes");
      const from = sys.open(`${directory}/from`, O_RDONLY);
      const to = sys.open(`${directory}/to`, O_WRONLY | O_CREAT, 0o600);
      equal(sys.sendfile(to, from), 10);
      sys.close(from);
      sys.close(to);
      equal(sys.readFile(`${directory}/to`), "bulk bytes");
    },
  },
  {
    name: "a listening unix socket accepts who connects",
    run(sys, directory) {
      const { server, client, accepted } = acceptOne(sys, directory);
      sys.write(client, sys.utf8Encode("question"));
      equal(sys.utf8Decode(sys.read(accepted, 100)), "question");
      sys.write(accepted, sys.utf8Encode("answer"));
      equal(sys.utf8Decode(sys.read(client, 100)), "answer");
      for (const fd of [client, accepted, server]) sys.close(fd);
    },
  },
  {
    name: "a connection that was accepted with SOCK_NONBLOCK does not wait for what was not sent",
    run(sys, directory) {
      const { server, client, accepted } = acceptOne(sys, directory, SOCK_NONBLOCK);
      refuses("EAGAIN", () => sys.read(accepted, 100));
      sys.write(client, sys.utf8Encode("late"));
      sys.setNonblocking(accepted, false);
      equal(sys.utf8Decode(sys.read(accepted, 100)), "late");
      for (const fd of [client, accepted, server]) sys.close(fd);
    },
  },
  {
    name: "nobody can connect to a path that is no listening socket",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "");
      const client = sys.socket(AF_UNIX, SOCK_STREAM, 0);
      refuses("ECONNREFUSED", () => sys.connect(client, { kind: "unix", path: `${directory}/file` }));
      refuses("ENOENT", () => sys.connect(client, { kind: "unix", path: `${directory}/none` }));
      sys.close(client);
    },
  },
  {
    name: "shutdown ends one direction only",
    run(sys) {
      const [one, other] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
      sys.write(one, sys.utf8Encode("last words"));
      sys.shutdown(one, SHUT_WR);
      equal(readAll(sys, other), "last words");
      sys.write(other, sys.utf8Encode("heard"));
      equal(sys.utf8Decode(sys.read(one, 100)), "heard");
      sys.close(one);
      sys.close(other);
    },
  },
  {
    name: "a packet socket keeps messages apart",
    run(sys) {
      const [one, other] = sys.socketpair(AF_UNIX, SOCK_SEQPACKET, 0);
      equal(sys.getsockopt(one, SOL_SOCKET, SO_TYPE), SOCK_SEQPACKET);
      sys.sendmsg(one, sys.utf8Encode("first"));
      sys.sendmsg(one, sys.utf8Encode("second"));
      equal(sys.utf8Decode(sys.recvmsg(other, 100).data), "first");
      equal(sys.utf8Decode(sys.recvmsg(other, 100).data), "second");
      sys.close(one);
      equal(sys.recvmsg(other, 100).data.length, 0);
      sys.close(other);
    },
  },
  {
    name: "a descriptor that was sent leads to the same file",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "passed on");
      const [one, other] = sys.socketpair(AF_UNIX, SOCK_SEQPACKET, 0);
      const fd = sys.open(`${directory}/file`, O_RDONLY);
      sys.sendmsg(one, sys.utf8Encode("here"), [fd]);
      sys.close(fd);
      const { fds } = sys.recvmsg(other, 100);
      equal(fds.length, 1);
      for (const received of fds) {
        equal(readAll(sys, received), "passed on");
        sys.close(received);
      }
      sys.close(one);
      sys.close(other);
    },
  },
  {
    name: "waitpid without children is ECHILD",
    run(sys) {
      refuses("ECHILD", () => sys.waitpid(-1, WNOHANG));
    },
  },
  {
    name: "kill of a process that is not there is ESRCH",
    run(sys) {
      refuses("ESRCH", () => sys.kill(4_000_000, 0));
      sys.kill(sys.getpid(), 0);
    },
  },
  {
    name: "spawn of a file that is not there fails in the caller",
    run(sys, directory) {
      refuses("ENOENT", () => sys.spawn({ path: `${directory}/none`, argv: ["none"], envp: [], fds: [0, 1, 2] }));
      refuses("ECHILD", () => sys.waitpid(-1, WNOHANG));
    },
  },
  {
    name: "a resource limit reads back as it was set",
    run(sys) {
      const before = sys.getrlimit(RLIMIT_NOFILE);
      sys.setrlimit(RLIMIT_NOFILE, 200, before.hard);
      equal(sys.getrlimit(RLIMIT_NOFILE), { soft: 200, hard: before.hard });
      sys.setrlimit(RLIMIT_NOFILE, before.soft, before.hard);
    },
  },
  {
    name: "capabilities read back as they were set, and none can be effective that is not permitted",
    run(sys) {
      const sets = sys.capget();
      sys.capset(sets);
      equal(sys.capget(), sets);
      const permitted = sets.permitted & ~(1n << 25n);
      refuses("EPERM", () => sys.capset({ ...sets, permitted, effective: sets.effective | (1n << 25n) }));
    },
  },
  {
    name: "umask gives the one before",
    run(sys) {
      const before = sys.umask(0o027);
      equal(sys.umask(before), 0o027);
    },
  },
  {
    name: "what is no terminal has no window",
    run(sys) {
      const [reader, writer] = sys.pipe();
      equal(sys.isatty(reader), false);
      refuses("ENOTTY", () => sys.getWindowSize(reader));
      sys.close(reader);
      sys.close(writer);
    },
  },
  {
    name: "text survives the way to bytes and back, and broken bytes become replacement characters",
    run(sys) {
      const text = "naïve — 漢字 🐳";
      equal(sys.utf8Decode(sys.utf8Encode(text)), text);
      equal(sys.utf8Encode("é€🐳").length, 9);
      equal(sys.utf8Decode(Uint8Array.of(0x61, 0x80, 0x62, 0xff, 0xe2, 0x82)), "a\u{fffd}b\u{fffd}\u{fffd}");
      equal(sys.utf8Decode(sys.utf8Encode("abcdef"), 2, 4), "cd");
      equal(sys.utf8Encode("\u{d800}!"), Uint8Array.of(0xef, 0xbf, 0xbd, 0x21));
    },
  },
  {
    name: "a column is as wide as its widest cell and three blanks, and never narrower than it has to be",
    run(sys) {
      equal(
        sys.alignColumns("ID\tIMAGE\tNAMES\n1\ta-longer-image\tweb\n", 10),
        "ID        IMAGE            NAMES\n1         a-longer-image   web\n",
      );
      equal(sys.alignColumns("A\tB\n1\t2\n", 1), "A   B\n1   2\n");
    },
  },
  {
    name: "characters count, not bytes or code units, and a last cell is not padded",
    run(sys) {
      equal(
        sys.alignColumns("COMMAND\tNAMES\necho 🐳🐳🐳🐳\twhale\necho äöü…\tletters\n", 10),
        "COMMAND     NAMES\necho 🐳🐳🐳🐳   whale\necho äöü…   letters\n",
      );
      equal(sys.alignColumns("A\tB\tC\n\t\t\n", 10), "A         B         C\n                    \n");
    },
  },
  {
    name: "lines need not have the same number of cells, nor an end",
    run(sys) {
      equal(sys.alignColumns("one line\nA\tB\tC\nwider\tb", 2), "one line\nA       B   C\nwider   b");
      equal(sys.alignColumns("", 10), "");
      equal(sys.alignColumns("\n\n", 10), "\n\n");
      equal(sys.alignColumns("a\t", 1000), `a${" ".repeat(999)}`);
      const many = Array.from({ length: 300 }, () => "x").join("\t");
      equal(sys.alignColumns(many, 3), many.replaceAll("\t", "   "));
    },
  },
  {
    name: "of the rows of a listing only the members that somebody wants become values",
    run(sys) {
      const read = (json: string) => sys.jsonRows(sys.utf8Encode(json), ["Id", "Ports", "Created"]);
      const lists = [[], ["a"], ["/web", "é", ""], ["a", 1], [["a"]], ['a"', "\\"], [null]].map((Ports) => ({ Ports }));
      equal(read(JSON.stringify(lists)), lists);
      equal(read(JSON.stringify(lists, null, 1)), lists);
      const ports = [{ PrivatePort: 80, Type: 't"]}p' }, null];
      const rows = [
        { Id: 'é\n\\"', Ports: ports, Created: -1.5, Labels: { Id: '}{"', "a]": [[], {}] }, Size: 1e9 },
        { Other: "\\", Id: "", Ports: [] },
        {},
      ];
      const picked = [{ Id: 'é\n\\"', Ports: ports, Created: -1.5 }, { Id: "", Ports: [] }, {}];
      equal(read(JSON.stringify(rows)), picked);
      equal(read(JSON.stringify(rows, null, " \t\r\n")), picked);
      equal(read(" [ ] "), []);
      const wrong = [
        "",
        "{}",
        "[",
        "[1]",
        "[{]",
        "[{}",
        "[{},]",
        '[{"Id"}]',
        '[{"Id":}]',
        '[{"Id":"a}]',
        '[{"Id":["a",]}]',
        '[{"Id":["a""b"]}]',
        '[{"Id":"a\\',
        "[{}] x",
      ];
      for (const json of [...wrong, '[{"Id":nul}]', '[{"Ports":[1,}]', '[{"x":[}]', '[{"Id":1 2}]', '[{"Id":1,}]'])
        equal([json, read(json)], [json, null]);
    },
  },
  {
    name: "clocks go forwards",
    run(sys) {
      const [now, monotonic] = [sys.now(), sys.monotonic()];
      if (now < 1_600_000_000_000_000_000n) throw new Error(`the clock says ${now}`);
      if (sys.monotonic() < monotonic) throw new Error("time went backwards");
    },
  },
  {
    name: "getrandom gives as many bytes as were asked for",
    run(sys) {
      equal(sys.getrandom(32).length, 32);
    },
  },
  {
    name: "a child of vfork shares our memory and has descriptors of its own",
    run(sys, directory) {
      const kept = sys.open(directory, O_RDONLY);
      let seen = 0;
      let opened = -1;
      const pid = sys.vfork(() => {
        seen = sys.getpid();
        sys.close(kept);
        [, opened] = sys.pipe();
        return null;
      });
      equal(sys.waitpid(pid, 0), { pid, code: 0, signal: null });
      equal(seen === sys.getpid(), false);
      sys.close(kept);
      refuses("EBADF", () => sys.close(opened));
    },
  },
  {
    name: "what a child of vfork throws is thrown by vfork, and the child is waited for",
    run(sys, directory) {
      const error = refuses("ENOENT", () =>
        sys.vfork(() => {
          sys.open(`${directory}/none`, O_RDONLY);
          return null;
        }),
      );
      equal(error.path, `${directory}/none`);
      refuses("ECHILD", () => sys.waitpid(-1, WNOHANG));
    },
  },
];
