/** FakeSys: files, directories, descriptors, and the calls that move much at once. */
import { LOCK_UN, O_CREAT, O_TRUNC, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, SEEK_CUR, SEEK_END } from "./constants.ts";
import { type FakeNode, fakeError, isDirectory } from "./fake-files.ts";
import { FakeGround } from "./fake-ground.ts";
import { decodeUtf8, encodeUtf8 } from "./fake-text.ts";
import type { BodyInput, Stat, StatFs, TarOptions, Unpacked, UntarOptions } from "./sys.ts";

export abstract class FakeFileCalls extends FakeGround {
  open(path: string, flags: number, mode = 0): number {
    return this.descriptors.openFile("open", path, flags, mode);
  }
  openat(directory: number, path: string, flags: number, mode = 0): number {
    return this.descriptors.openFile("openat", this.descriptors.pathAt(directory, path), flags, mode);
  }
  openat2(
    directory: number,
    path: string,
    how: { readonly flags: number; readonly mode?: number; readonly resolve: number },
  ): number {
    return this.descriptors.openFile("openat2", this.descriptors.pathAt(directory, path), how.flags, how.mode ?? 0);
  }
  close(fd: number): void {
    this.loop.forget(fd);
    this.descriptors.close(fd);
  }
  closeFrom(first: number, cloexec = false): void {
    if (!cloexec) FakeFileCalls.prototype.closeRange.call(this, first, Infinity);
  }
  closeRange(first: number, last: number): void {
    const inRange = this.descriptors.list().filter((fd) => fd >= first && fd <= last);
    for (const fd of inRange) FakeFileCalls.prototype.close.call(this, fd);
  }
  read(fd: number, length: number): Uint8Array {
    return this.descriptors.read(fd, length);
  }
  write(fd: number, data: Uint8Array): number {
    return this.descriptors.write(fd, data);
  }
  readFile(path: string): string {
    return decodeUtf8(contentOf(this.files.get("open", path), "open", path));
  }
  readFileBytes(path: string): Uint8Array {
    return contentOf(this.files.get("open", path), "open", path).slice();
  }
  writeFile(
    path: string,
    data: string | Uint8Array,
    options?: { readonly mode?: number; readonly atomic?: boolean },
  ): void {
    const fd = this.descriptors.openFile("write", path, O_CREAT | O_TRUNC, options?.mode ?? 0o644);
    this.descriptors.write(fd, typeof data === "string" ? encodeUtf8(data) : data);
    this.descriptors.close(fd);
  }
  writeKernelFile(path: string, text: string): void {
    const node = this.files.get("write", path);
    if (isDirectory(node)) throw fakeError("write", "EISDIR", path);
    node.data = encodeUtf8(text);
  }
  lseek(fd: number, offset: number, whence: number): number {
    const { target } = this.descriptors.get("lseek", fd);
    if (target.kind !== "file") throw fakeError("lseek", "ESPIPE");
    const base = whence === SEEK_CUR ? target.offset : whence === SEEK_END ? target.node.data.length : 0;
    if (base + offset < 0) throw fakeError("lseek", "EINVAL");
    target.offset = base + offset;
    return target.offset;
  }
  ftruncate(fd: number, length: number): void {
    const { target } = this.descriptors.get("ftruncate", fd);
    if (target.kind !== "file") throw fakeError("ftruncate", "EINVAL");
    const data = new Uint8Array(length);
    data.set(target.node.data.subarray(0, length));
    target.node.data = data;
  }
  fsync(fd: number): void {
    this.descriptors.get("fsync", fd);
  }
  dup(fd: number): number {
    return this.descriptors.share(this.descriptors.get("dup", fd));
  }
  dup2(from: number, to: number): void {
    const open = this.descriptors.get("dup2", from);
    if (from === to) return;
    if (this.descriptors.has(to)) FakeFileCalls.prototype.close.call(this, to);
    this.descriptors.share(open, to);
  }
  setCloexec(fd: number, _on: boolean): void {
    this.descriptors.get("fcntl", fd);
  }
  setNonblocking(fd: number, on: boolean): void {
    this.descriptors.get("ioctl", fd).nonblocking = on;
  }
  pipe(): readonly [number, number] {
    return this.descriptors.pipe();
  }
  stat(path: string): Stat {
    return toStat(this.files.get("stat", path));
  }
  lstat(path: string): Stat {
    return toStat(this.files.get("lstat", path, false));
  }
  fstat(fd: number): Stat {
    const { target } = this.descriptors.get("fstat", fd);
    return toStat(target.kind === "file" ? target.node : this.files.create(0o600));
  }
  statfs(path: string): StatFs {
    this.files.get("statfs", path);
    const size = 64 << 20;
    return {
      type: 0x01021994,
      blockSize: 4096,
      total: size,
      free: size,
      available: size,
      inodes: 16384,
      freeInodes: 16384,
    };
  }
  access(path: string, mode: number): boolean {
    const { node } = this.files.find("access", path, true);
    if (node === undefined) return false;
    return (mode & 1) === 0 || isDirectory(node) || (node.mode & 0o111) !== 0;
  }
  exists(path: string): boolean {
    try {
      return this.files.find("lstat", path, false).node !== undefined;
    } catch (error) {
      if (/ENOENT|ENOTDIR/.test(String(error))) return false;
      throw error;
    }
  }
  readdir(path: string): readonly string[] {
    return [...this.files.directory("getdents64", path).entries.keys()].sort();
  }
  mkdir(path: string, mode = 0o755): void {
    this.files.add("mkdir", path, this.files.create(S_IFDIR | (mode & ~this.files.umask)));
  }
  mkdirAll(path: string, mode = 0o755): void {
    const parts = this.files
      .absolute(path)
      .split("/")
      .filter((part) => part !== "");
    parts.forEach((_, index) => {
      const prefix = `/${parts.slice(0, index + 1).join("/")}`;
      const { node } = this.files.find("mkdir", prefix, true);
      if (node === undefined) FakeFileCalls.prototype.mkdir.call(this, prefix, mode);
      else if (!isDirectory(node)) throw fakeError("mkdir", "ENOTDIR", path);
    });
  }
  rmdir(path: string): void {
    const { parent, name, node } = this.files.find("rmdir", path, false);
    if (node === undefined) throw fakeError("rmdir", "ENOENT", path);
    if (!isDirectory(node)) throw fakeError("rmdir", "ENOTDIR", path);
    if (node.entries.size > 0) throw fakeError("rmdir", "ENOTEMPTY", path);
    this.files.remove(parent, name);
  }
  unlink(path: string): void {
    const { parent, name, node } = this.files.find("unlink", path, false);
    if (node === undefined) throw fakeError("unlink", "ENOENT", path);
    if (isDirectory(node)) throw fakeError("unlink", "EISDIR", path);
    this.files.remove(parent, name);
  }
  removeAll(path: string): void {
    if (!FakeFileCalls.prototype.exists.call(this, path)) return;
    const { parent, name } = this.files.find("unlink", path, false);
    this.files.remove(parent, name);
  }
  rename(from: string, to: string): void {
    const source = this.files.find("rename", from, false);
    const target = this.files.find("rename", to, false);
    if (source.node === undefined) throw fakeError("rename", "ENOENT", from);
    if (target.node !== undefined) {
      if (isDirectory(target.node) && !isDirectory(source.node)) throw fakeError("rename", "EISDIR", from);
      if (!isDirectory(target.node) && isDirectory(source.node)) throw fakeError("rename", "ENOTDIR", from);
      if (target.node.entries.size > 0) throw fakeError("rename", "ENOTEMPTY", from);
      this.files.remove(target.parent, target.name);
    }
    source.node.nlink++;
    this.files.remove(source.parent, source.name);
    this.files.put(target.parent, target.name, source.node);
  }
  link(from: string, to: string): void {
    const node = this.files.get("link", from, false);
    if (isDirectory(node)) throw fakeError("link", "EPERM", to);
    this.files.add("link", to, node);
    node.nlink++;
  }
  symlink(target: string, path: string): void {
    this.files.add("symlink", path, this.files.create(S_IFLNK | 0o777, encodeUtf8(target)));
  }
  readlink(path: string): string {
    const node = this.files.get("readlink", path, false);
    if ((node.mode & S_IFMT) !== S_IFLNK) throw fakeError("readlink", "EINVAL", path);
    return decodeUtf8(node.data);
  }
  realpath(path: string): string {
    const found = this.files.find("realpath", path, true);
    if (found.node === undefined) throw fakeError("realpath", "ENOENT", path);
    return found.path;
  }
  mknod(path: string, mode: number, major: number, minor: number): void {
    const node = this.files.create((mode & S_IFMT) === 0 ? mode | S_IFREG : mode);
    node.mode &= ~this.files.umask;
    node.rdev = major * 256 + minor;
    this.files.add("mknod", path, node);
  }
  chmod(path: string, mode: number): void {
    const node = this.files.get("chmod", path);
    node.mode = (node.mode & S_IFMT) | (mode & 0o7777);
  }
  chown(path: string, uid: number, gid: number): void {
    own(this.files.get("chown", path), uid, gid);
  }
  lchown(path: string, uid: number, gid: number): void {
    own(this.files.get("lchown", path, false), uid, gid);
  }
  utimens(path: string, atime: bigint, mtime: bigint): void {
    Object.assign(this.files.get("utimensat", path), { atime, mtime });
  }
  getxattr(path: string, name: string): Uint8Array {
    const value = this.files.get("getxattr", path).xattrs.get(name);
    if (value === undefined) throw fakeError("getxattr", "ENODATA", path);
    return value.slice();
  }
  setxattr(path: string, name: string, value: Uint8Array): void {
    this.files.get("setxattr", path).xattrs.set(name, value.slice());
  }
  listxattr(path: string): readonly string[] {
    return [...this.files.get("listxattr", path).xattrs.keys()];
  }
  removexattr(path: string, name: string): void {
    if (!this.files.get("removexattr", path).xattrs.delete(name)) throw fakeError("removexattr", "ENODATA", path);
  }
  chdir(path: string): void {
    this.files.directory("chdir", path);
    this.files.cwd = this.files.find("chdir", path, true).path;
  }
  fchdir(fd: number): void {
    const { target } = this.descriptors.get("fchdir", fd);
    if (target.kind !== "file" || !isDirectory(target.node)) throw fakeError("fchdir", "ENOTDIR");
    this.files.cwd = target.path;
  }
  getcwd(): string {
    return this.files.cwd;
  }
  flock(fd: number, operation: number): void {
    this.descriptors.get("flock", fd);
    if (operation < 0 || operation > (LOCK_UN | 7)) throw fakeError("flock", "EINVAL");
  }
  inotifyInit(): number {
    return this.descriptors.add({ kind: "other", what: "inotify" });
  }
  inotifyAddWatch(fd: number, path: string, _mask: number): number {
    this.descriptors.get("inotify_add_watch", fd);
    this.files.get("inotify_add_watch", path);
    return 1;
  }

  // --- bulk ----------------------------------------------------------------------------------------------------------

  sendfile(out: number, input: number, length = Number.MAX_SAFE_INTEGER): number {
    const data = this.descriptors.read(input, length);
    return data.length === 0 ? 0 : this.descriptors.write(out, data);
  }
  splice(input: number, out: number, length: number, _flags: number): number {
    return FakeFileCalls.prototype.sendfile.call(this, out, input, length);
  }
  sha256(_fd: number): string {
    throw new Error("FakeSys has no sha256: unit tests take digests as given");
  }
  sha256Bytes(data: Uint8Array): string {
    return pretendDigest(data);
  }
  inflate(_input: number, _out: number): { readonly input: number; readonly output: number; readonly sha256: string } {
    throw new Error("FakeSys does not inflate");
  }
  copyTree(from: string, to: string): void {
    const copy = this.files.copy(this.files.get("copy", from, false));
    const target = this.files.find("copy", to, false);
    if (target.node === undefined) this.files.put(target.parent, target.name, copy);
    else for (const [name, child] of copy.entries) this.files.put(target.node, name, child);
  }
  sendChunks(_out: number, _input: number): number {
    return 0;
  }
  copyBody(_out: number, _input: number, _body: BodyInput): number {
    return 0;
  }
  untar(_input: number, root: string, _options: UntarOptions): Unpacked {
    this.files.directory("untar", root);
    return { content: 0, length: 0 };
  }
  tar(root: string, _out: number, _options: TarOptions): number {
    this.files.directory("tar", root);
    return 0;
  }
  diskUsage(path: string): { readonly bytes: number; readonly inodes: number } {
    const nodes = new Set<FakeNode>();
    collect(this.files.get("stat", path, false), nodes);
    return { bytes: [...nodes].reduce((sum, node) => sum + node.data.length, 0), inodes: nodes.size };
  }
}

function contentOf(node: FakeNode, syscall: string, path: string): Uint8Array {
  if (isDirectory(node)) throw fakeError(syscall, "EISDIR", path);
  return node.data;
}

function own(node: FakeNode, uid: number, gid: number): void {
  if (uid >= 0) node.uid = uid;
  if (gid >= 0) node.gid = gid;
}

function toStat({ ino, mode, nlink, uid, gid, rdev, data, atime, mtime, ctime }: FakeNode): Stat {
  return { dev: 1, ino, mode, nlink, uid, gid, rdev, size: data.length, atime, mtime, ctime };
}

function collect(node: FakeNode, nodes: Set<FakeNode>): void {
  nodes.add(node);
  for (const child of node.entries.values()) collect(child, nodes);
}

/** Not a SHA-256, but of its shape, the same for the same bytes and different for different ones: FNV-1a, eight times. */
function pretendDigest(data: Uint8Array): string {
  return Array.from({ length: 8 }, (_, round) => {
    let hash = 0x811c9dc5 ^ round;
    for (const byte of data) hash = Math.imul(hash ^ byte, 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, "0");
  }).join("");
}
