/** Archives, on the real kernel: what pack.c and untar.c promise, and what a stranger's archive cannot do. */
import {
  MS_NODEV,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  S_IFCHR,
  S_IFMT,
  SEEK_SET,
} from "../../../../guest/sys/constants.ts";
import type { LinuxSys } from "../../../../guest/sys/linux.ts";
import { SysError, type Unpacked, type UntarOptions } from "../../../../guest/sys/sys.ts";
import { equal, type RealCase, refuses } from "./real-case.ts";

const BLOCK = 512;

/** A tar of one member with a name, type and link of one's choice. */
function tarOf(sys: LinuxSys, ...members: readonly TarMember[]): Uint8Array {
  const archive = new Uint8Array(BLOCK * (members.length * 2 + 2));
  let offset = 0;
  for (const { name, type, link = "", content = "" } of members) {
    const header = archive.subarray(offset, offset + BLOCK);
    const put = (at: number, text: string): void => header.set(sys.utf8Encode(text), at);
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, `${content.length.toString(8).padStart(11, "0")}\0`);
    put(136, "00000000000\0        ");
    put(156, type);
    put(157, link);
    put(257, "ustar\x0000");
    put(
      148,
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
    );
    archive.set(sys.utf8Encode(content), offset + BLOCK);
    offset += content === "" ? BLOCK : 2 * BLOCK;
  }
  return archive.subarray(0, offset + 2 * BLOCK);
}

interface TarMember {
  readonly name: string;
  readonly type: "0" | "1" | "2" | "5" | "x";
  readonly link?: string;
  readonly content?: string;
}

function unpack(sys: LinuxSys, directory: string, archive: Uint8Array, options: UntarOptions = {}): Unpacked {
  sys.writeFile(`${directory}/archive.tar`, archive);
  sys.mkdirAll(`${directory}/root`);
  const fd = sys.open(`${directory}/archive.tar`, O_RDONLY);
  try {
    return sys.untar(fd, `${directory}/root`, options);
  } finally {
    sys.close(fd);
  }
}

/** The refusal in words, and its code. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SysError) return `${error.syscall} ${error.path ?? ""}: ${error.code}`;
    throw error;
  }
  throw new Error("expected a refusal, but it succeeded");
}

/** gzip of one stored block (RFC 1951 3.2.4, RFC 1952): no compressor is needed. */
function stored(data: Uint8Array): Uint8Array {
  const length = [data.length & 255, data.length >> 8];
  const head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, ...length, ...length.map((byte) => byte ^ 255)];
  const little = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
  return new Uint8Array([...head, ...data, ...little(crc32(data)), ...little(data.length)]);
}

function crc32(data: Uint8Array): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

/** As HTTP sends it, in chunks of `size` bytes. */
function chunked(sys: LinuxSys, data: Uint8Array, size: number): Uint8Array {
  const pieces: number[] = [];
  for (let at = 0; at < data.length; at += size) {
    const piece = data.subarray(at, at + size);
    pieces.push(...sys.utf8Encode(`${piece.length.toString(16)}\r\n`), ...piece, 13, 10);
  }
  return new Uint8Array([...pieces, ...sys.utf8Encode("0\r\n\r\n")]);
}

export const archiveContract: readonly RealCase[] = [
  {
    name: "a tree packed and unpacked is the same tree, and packs to the same bytes",
    run(sys, directory) {
      const name = "a-name-that-does-not-fit-into-the-hundred-bytes-of-a-header/".repeat(3);
      sys.mkdirAll(`${directory}/one/${name}`);
      sys.writeFile(`${directory}/one/${name}/file`, "content");
      sys.chmod(`${directory}/one/${name}/file`, 0o4751);
      sys.chown(`${directory}/one/${name}/file`, 1000, 3_000_000);
      sys.chmod(`${directory}/one/${name}/file`, 0o4751);
      sys.link(`${directory}/one/${name}/file`, `${directory}/one/hard`);
      sys.symlink("../up/../../x", `${directory}/one/${name}/soft`);
      sys.symlink("/absolute", `${directory}/one/absolute`);
      sys.mknod(`${directory}/one/null`, S_IFCHR | 0o666, 1, 3);
      sys.setxattr(`${directory}/one/hard`, "user.note", sys.utf8Encode("a\nb"));
      sys.utimens(`${directory}/one/${name}`, 0n, 1_234_567_000_000_000n);
      sys.mkdir(`${directory}/two`);
      const pack = (root: string, to: string): string => {
        const out = sys.open(to, O_RDWR | O_CREAT | O_TRUNC, 0o600);
        sys.tar(root, out, {});
        sys.lseek(out, 0, SEEK_SET);
        const digest = sys.sha256(out);
        sys.close(out);
        return digest;
      };
      const first = pack(`${directory}/one`, `${directory}/one.tar`);
      const input = sys.open(`${directory}/one.tar`, O_RDONLY);
      equal(sys.untar(input, `${directory}/two`, {}).content, 7);
      sys.close(input);
      equal(pack(`${directory}/two`, `${directory}/two.tar`), first);
      const { mode, uid, gid, nlink } = sys.stat(`${directory}/two/hard`);
      equal([mode & 0o7777, uid, gid, nlink], [0o4751, 1000, 3_000_000, 2]);
      equal(sys.utf8Decode(sys.getxattr(`${directory}/two/hard`, "user.note")), "a\nb");
      equal(sys.stat(`${directory}/two/${name}`).mtime === 1_234_567_000_000_000n, true);
    },
  },
  {
    name: "whiteouts hide what lies below, whatever their order",
    run(sys, directory) {
      const archive = tarOf(
        sys,
        { name: "dir/", type: "5" },
        { name: "dir/.wh.gone", type: "0" },
        { name: "dir/own", type: "0", content: "own" },
        { name: "dir/.wh..wh..opq", type: "0" },
        { name: ".wh.replaced", type: "0" },
        { name: "replaced/", type: "5" },
        { name: "kept", type: "0", content: "kept" },
        { name: ".wh.kept", type: "0" },
      );
      unpack(sys, directory, archive, { overlay: true });
      const root = `${directory}/root`;
      const gone = sys.lstat(`${root}/dir/gone`);
      equal([gone.mode & S_IFMT, gone.rdev], [S_IFCHR, 0]);
      equal(sys.readFile(`${root}/dir/own`), "own");
      equal(sys.readFile(`${root}/kept`), "kept");
      for (const path of ["dir", "replaced"])
        equal(sys.utf8Decode(sys.getxattr(`${root}/${path}`, "trusted.overlay.opaque")), "y");
      const out = sys.open(`${directory}/again.tar`, O_RDWR | O_CREAT, 0o600);
      sys.tar(root, out, { overlay: true });
      sys.close(out);
      const names = sys.readFile(`${directory}/again.tar`);
      equal([names.includes("dir/.wh.gone"), names.includes("replaced/.wh..wh..opq")], [true, true]);
    },
  },
  {
    name: "an archive cannot lead out of its root",
    run(sys, directory) {
      const escapes: readonly (readonly TarMember[])[] = [
        [{ name: "../escaped", type: "0", content: "x" }],
        [{ name: "a/../../escaped", type: "0", content: "x" }],
        [{ name: "link", type: "2", link: "../../escaped" }],
        [{ name: "hard", type: "1", link: "../archive.tar" }],
      ];
      for (const members of escapes) refuses("EXDEV", () => unpack(sys, directory, tarOf(sys, ...members)));
      // An absolute symlink means the root's own: what is written through it stays inside.
      const through = tarOf(
        sys,
        { name: "up", type: "2", link: "/" },
        { name: "up/landed", type: "0", content: "inside" },
        { name: "/absolute", type: "0", content: "inside" },
      );
      unpack(sys, directory, through);
      equal(sys.readFile(`${directory}/root/landed`), "inside");
      equal(sys.readFile(`${directory}/root/absolute`), "inside");
      equal(sys.exists(`${directory}/escaped`), false);
    },
  },
  {
    name: "a damaged archive is EBADMSG, one that was cut short ENODATA",
    run(sys, directory) {
      const archive = tarOf(sys, { name: "file", type: "0", content: "content" });
      refuses("ENODATA", () => unpack(sys, directory, archive.slice(0, BLOCK + 3)));
      archive[3] = 0x40;
      refuses("EBADMSG", () => unpack(sys, directory, archive));
    },
  },
  {
    name: "an archive comes in chunks and compressed, its first bytes read by somebody else",
    run(sys, directory) {
      const plain = tarOf(sys, { name: "file", type: "0", content: "content" });
      for (const size of [1, 7, 700, 5000]) {
        const body = chunked(sys, stored(plain), size);
        const rest = body.subarray(0, 40);
        const next = sys.utf8Encode("GET / HTTP/1.1");
        const sent = new Uint8Array([...body.subarray(40), ...next]);
        const { content } = unpack(sys, directory, sent, { rest, framing: "chunked", directory: "" });
        equal([content, sys.readFile(`${directory}/root/file`)], [7, "content"]);
      }
    },
  },
  {
    name: "a body of a length ends there; one that is cut short is ENODATA",
    run(sys, directory) {
      const archive = tarOf(sys, { name: "file", type: "0", content: "content" });
      const { length } = unpack(sys, directory, new Uint8Array([...archive, 1, 2, 3]), { framing: archive.length });
      equal(length, archive.length);
      refuses("ENODATA", () => unpack(sys, directory, archive.slice(0, 700), { framing: archive.length }));
      refuses("EBADMSG", () => unpack(sys, directory, sys.utf8Encode("zz\r\n"), { framing: "chunked" }));
      refuses("ENODATA", () => unpack(sys, directory, sys.utf8Encode("5\r\nab"), { framing: "chunked" }));
    },
  },
  {
    name: "a copy goes into a directory of the root, which stays as it is, under another name if asked",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/root/usr/lib`);
      sys.chmod(`${directory}/root/usr`, 0o711);
      sys.symlink("/usr/lib", `${directory}/root/usr/link`);
      const archive = tarOf(
        sys,
        { name: "./", type: "5" },
        { name: "src/", type: "5" },
        { name: "src/file", type: "0", content: "one" },
        { name: "src/hard", type: "1", link: "src/file" },
        { name: "link/through", type: "0", content: "two" },
      );
      const owner = { uid: 7, gid: 8 };
      unpack(sys, directory, archive, { directory: "usr", rename: { from: "src", to: "dst" }, owner });
      equal(sys.stat(`${directory}/root/usr`).mode & 0o7777, 0o711);
      const { nlink, uid, gid } = sys.stat(`${directory}/root/usr/dst/file`);
      equal([nlink, uid, gid], [2, 7, 8]);
      equal(sys.readFile(`${directory}/root/usr/lib/through`), "two");
    },
  },
  {
    name: "a copy refuses what leads out of its directory, in Docker's words",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/root/in`);
      const into = (member: TarMember, options: UntarOptions = { directory: "in" }): string =>
        refusal(() => unpack(sys, directory, tarOf(sys, member), options));
      equal(into({ name: "../out", type: "0", content: "x" }), 'untar "../out" is outside of "/in": EXDEV');
      equal(into({ name: "l", type: "2", link: "../../out" }), 'untar invalid symlink "/in/l" -> "../../out": EXDEV');
      equal(into({ name: "h", type: "1", link: "../out" }), 'untar invalid hardlink "/in/h" -> "../out": EXDEV');
      equal(sys.exists(`${directory}/root/out`), false);
      // Nothing is above the whole: ".." stays there.
      const whole = { directory: "", whole: true };
      unpack(sys, directory, tarOf(sys, { name: "../out", type: "0", content: "in" }), whole);
      equal([sys.readFile(`${directory}/root/out`), sys.exists(`${directory}/out`)], ["in", false]);
    },
  },
  {
    name: "a copy keeps directories and files what they are when it is told to",
    run(sys, directory) {
      const options = { directory: "", keepKinds: true };
      sys.mkdirAll(`${directory}/root/dir`);
      sys.writeFile(`${directory}/root/file`, "old");
      const over = (member: TarMember): string => refusal(() => unpack(sys, directory, tarOf(sys, member), options));
      equal(
        over({ name: "dir", type: "0", content: "x" }),
        'untar cannot overwrite directory "/dir" with non-directory "/": EISDIR',
      );
      equal(
        over({ name: "file/", type: "5" }),
        'untar cannot overwrite non-directory "/file" with directory "/": ENOTDIR',
      );
    },
  },
  {
    name: "a file that finds no space is not there, and the one that it was to replace still is",
    run(sys, directory) {
      const root = `${directory}/root`;
      sys.mkdirAll(root);
      sys.mount("tmpfs", root, "tmpfs", MS_NODEV, "size=16k");
      try {
        sys.writeFile(`${root}/old`, "old");
        const big = new Uint8Array(64 * 1024);
        sys.mkdirAll(`${directory}/source`);
        for (const name of ["new", "old"]) {
          sys.writeFile(`${directory}/source/${name}`, big);
          const out = sys.open(`${directory}/big.tar`, O_RDWR | O_CREAT | O_TRUNC, 0o600);
          const length = sys.tar(`${directory}/source`, out, { entry: { name, as: name } });
          equal(length, big.length + 3 * BLOCK);
          sys.lseek(out, 0, SEEK_SET);
          equal(
            refusal(() => sys.untar(out, root, { directory: "" })),
            `write /${name}: ENOSPC`,
          );
          sys.close(out);
        }
        equal([sys.readdir(root), sys.readFile(`${root}/old`)], [["old"], "old"]);
      } finally {
        sys.umount(root, 0);
      }
    },
  },
  {
    name: "what is mounted from the kernel itself is packed as an empty directory",
    run(sys, directory) {
      const root = `${directory}/tree`;
      sys.mkdirAll(`${root}/proc`);
      sys.mount("proc", `${root}/proc`, "proc", 0);
      try {
        const out = sys.open(`${directory}/tree.tar`, O_RDWR | O_CREAT, 0o600);
        equal(sys.tar(root, out, { entry: { name: ".", as: "tree" } }), 4 * BLOCK);
        sys.close(out);
        equal(sys.readFile(`${directory}/tree.tar`).slice(BLOCK, BLOCK + 10), "tree/proc/");
      } finally {
        sys.umount(`${root}/proc`, 0);
      }
    },
  },
  {
    name: "an archive goes out in chunks and comes back",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/from/sub`);
      sys.writeFile(`${directory}/from/sub/file`, "x".repeat(200_000));
      const out = sys.open(`${directory}/chunks`, O_RDWR | O_CREAT, 0o600);
      const length = sys.tar(`${directory}/from`, out, { chunked: true, entry: { name: ".", as: "to" } });
      sys.lseek(out, 0, SEEK_SET);
      sys.mkdir(`${directory}/root`);
      const unpacked = sys.untar(out, `${directory}/root`, { framing: "chunked", directory: "", owner: "caller" });
      equal(unpacked, { content: 200_000, length });
      equal(sys.stat(`${directory}/root/to/sub/file`).size, 200_000);
      sys.close(out);
      refuses("ENOENT", () => sys.tar(`${directory}/from`, 1, { entry: { name: "gone", as: "gone" } }));
    },
  },
  {
    name: "an archive does not say how overlayfs stores a layer",
    run(sys, directory) {
      const record = "49 SCHILY.xattr.trusted.overlay.redirect=/secret\n";
      const extension = tarOf(sys, { name: "x", type: "x", content: record });
      const file = tarOf(sys, { name: "dir/", type: "5" });
      const archive = new Uint8Array([...extension.subarray(0, 2 * BLOCK), ...file]);
      unpack(sys, directory, archive);
      equal(sys.listxattr(`${directory}/root/dir`), []);
    },
  },
];
