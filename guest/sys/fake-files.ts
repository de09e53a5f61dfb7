/** An in-memory tree of files for FakeSys: names, symlinks, modes, hard links, as path_resolution(7) says. */

import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "./constants.ts";
import { errnoNumber } from "./errno.ts";
import { decodeUtf8 } from "./fake-text.ts";
import { SysError } from "./sys.ts";

export interface FakeNode {
  readonly ino: number;
  mode: number;
  uid: number;
  gid: number;
  rdev: number;
  nlink: number;
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
  /** Content of a file, target of a symlink. */
  data: Uint8Array;
  /** Of a directory. */
  readonly entries: Map<string, FakeNode>;
  readonly xattrs: Map<string, Uint8Array>;
}

export function fakeError(syscall: string, code: string, path?: string): SysError {
  return new SysError({ syscall, code, errno: errnoNumber(code), path });
}

const MOST_SYMLINKS = 40;

interface Found {
  readonly parent: FakeNode;
  readonly name: string;
  readonly node: FakeNode | undefined;
  readonly path: string;
}

export class FakeFiles {
  root: FakeNode;
  cwd = "/";
  umask = 0o022;
  readonly #now: () => bigint;
  #nextIno = 1;

  constructor(now: () => bigint) {
    this.#now = now;
    this.root = this.create(S_IFDIR | 0o755);
    for (const path of ["/tmp", "/proc", "/sys", "/dev", "/run", "/etc", "/var"]) this.#makeDirectory(path);
  }

  create(mode: number, data: Uint8Array = new Uint8Array()): FakeNode {
    const now = this.#now();
    const nlink = (mode & S_IFMT) === S_IFDIR ? 2 : 1;
    const times = { atime: now, mtime: now, ctime: now };
    const ino = this.#nextIno++;
    return { ino, mode, uid: 0, gid: 0, rdev: 0, nlink, ...times, data, entries: new Map(), xattrs: new Map() };
  }

  absolute(path: string): string {
    return path.startsWith("/") ? path : `${this.cwd === "/" ? "" : this.cwd}/${path}`;
  }

  /** The last part may be missing, then `node` is undefined; anything before it may not. */
  find(syscall: string, path: string, follow: boolean): Found {
    return this.#walk(syscall, path, this.absolute(path), follow, 0);
  }

  get(syscall: string, path: string, follow = true): FakeNode {
    const { node } = this.find(syscall, path, follow);
    if (node === undefined) throw fakeError(syscall, "ENOENT", path);
    return node;
  }

  directory(syscall: string, path: string): FakeNode {
    const node = this.get(syscall, path);
    if (!isDirectory(node)) throw fakeError(syscall, "ENOTDIR", path);
    return node;
  }

  add(syscall: string, path: string, node: FakeNode): void {
    const { parent, name, node: existing } = this.find(syscall, path, false);
    if (existing !== undefined) throw fakeError(syscall, "EEXIST", path);
    this.put(parent, name, node);
  }

  put(parent: FakeNode, name: string, node: FakeNode): void {
    parent.entries.set(name, node);
    parent.mtime = this.#now();
    if (isDirectory(node)) parent.nlink++;
  }

  remove(parent: FakeNode, name: string): void {
    const node = parent.entries.get(name);
    if (node === undefined) return;
    parent.entries.delete(name);
    parent.mtime = this.#now();
    node.nlink--;
    if (isDirectory(node)) parent.nlink--;
  }

  /** A copy with all that lies below; `links` keeps hard links together. */
  copy(node: FakeNode, links = new Map<FakeNode, FakeNode>()): FakeNode {
    const earlier = links.get(node);
    if (earlier !== undefined) {
      earlier.nlink++;
      return earlier;
    }
    const copy = this.create(node.mode, node.data.slice());
    const { uid, gid, rdev, atime, mtime } = node;
    Object.assign(copy, { uid, gid, rdev });
    for (const [name, value] of node.xattrs) copy.xattrs.set(name, value.slice());
    for (const [name, child] of node.entries) this.put(copy, name, this.copy(child, links));
    Object.assign(copy, { atime, mtime });
    if (!isDirectory(node)) links.set(node, copy);
    return copy;
  }

  #makeDirectory(path: string): void {
    this.add("mkdir", path, this.create(S_IFDIR | 0o755));
  }

  #walk(syscall: string, asked: string, path: string, follow: boolean, symlinks: number): Found {
    if (symlinks > MOST_SYMLINKS) throw fakeError(syscall, "ELOOP", asked);
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    const trail: { readonly name: string; readonly node: FakeNode }[] = [];
    for (const [index, part] of parts.entries()) {
      const parent = trail.at(-1)?.node ?? this.root;
      if (!isDirectory(parent)) throw fakeError(syscall, "ENOTDIR", asked);
      if (part === "..") {
        trail.pop();
        continue;
      }
      const node = parent.entries.get(part);
      const last = index === parts.length - 1;
      const rest = parts.slice(index + 1).join("/");
      if (node === undefined) {
        if (!last) throw fakeError(syscall, "ENOENT", asked);
        return { parent, name: part, node, path: pathOf(trail, part) };
      }
      if ((node.mode & S_IFMT) === S_IFLNK && (!last || follow || path.endsWith("/"))) {
        const target = decodeUtf8(node.data);
        const base = target.startsWith("/") ? target : `${pathOf(trail, "")}/${target}`;
        return this.#walk(syscall, asked, rest === "" ? base : `${base}/${rest}`, follow, symlinks + 1);
      }
      trail.push({ name: part, node });
    }
    const here = trail.pop();
    const parent = trail.at(-1)?.node ?? this.root;
    if (here === undefined) return { parent: this.root, name: "", node: this.root, path: "/" };
    if (path.endsWith("/") && !isDirectory(here.node)) throw fakeError(syscall, "ENOTDIR", asked);
    return { parent, name: here.name, node: here.node, path: pathOf(trail, here.name) };
  }
}

function pathOf(trail: readonly { readonly name: string }[], name: string): string {
  return `/${[...trail.map((step) => step.name), name].filter((part) => part !== "").join("/")}`;
}

export function isDirectory(node: FakeNode): boolean {
  return (node.mode & S_IFMT) === S_IFDIR;
}

export function isFile(node: FakeNode): boolean {
  return (node.mode & S_IFMT) === S_IFREG;
}
