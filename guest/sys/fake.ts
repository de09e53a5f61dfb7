/**
 * The kernel as unit tests see it: an in-memory model good enough for the contract suite, and a recorder. `fake.calls`
 * reads like strace: `mount("proc","/proc","proc",14,null)`. What a process cannot come back from throws: FakeExit for
 * exit, FakeExec for execve. Anything can be made to fail with `fake.fail("mount", "EPERM")`.
 */
import {
  AF_UNIX,
  LOCK_UN,
  O_CREAT,
  O_TRUNC,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  SEEK_CUR,
  SEEK_END,
  SHUT_RD,
  SO_TYPE,
  SOL_SOCKET,
  WNOHANG,
} from "./constants.ts";
import { FakeDescriptors, type FakeSocketTarget } from "./fake-descriptors.ts";
import { FakeFiles, type FakeNode, fakeError, isDirectory, isFile } from "./fake-files.ts";
import { FakeLoop } from "./fake-loop.ts";
import { createSocket, type FakeOpen, type FakeTarget, joinSockets } from "./fake-streams.ts";
import { decodeUtf8, encodeUtf8 } from "./fake-text.ts";
import {
  type CapabilitySets,
  type Program,
  type SignalInfo,
  type SocketAddress,
  type SpawnRequest,
  type Stat,
  type StatFs,
  type StreamEvent,
  type StreamRequest,
  type Sys,
  SysError,
  type Timer,
  type Uname,
  type VforkOptions,
  type WaitResult,
  type WindowSize,
} from "./sys.ts";

export class FakeExit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`exit(${status})`);
    this.status = status;
  }
}

export class FakeExec extends Error {
  readonly path: string;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  constructor(path: string, argv: readonly string[], envp: readonly string[]) {
    super(`execve(${JSON.stringify(path)})`);
    this.path = path;
    this.argv = argv;
    this.envp = envp;
  }
}

export interface FakeMount {
  readonly source: string | null;
  readonly target: string;
  readonly type: string | null;
  readonly flags: number;
  readonly data: string | null;
}

/** Not recorded: they ask the kernel nothing that a reader of `calls` would want to know. */
const SILENT: ReadonlySet<string> = new Set([
  "utf8Encode",
  "utf8Decode",
  "now",
  "monotonic",
  "onReadable",
  "onWritable",
]);
const MILLISECOND = 1_000_000n;
const START = 1_700_000_000_000_000_000n;
const ALL_CAPABILITIES = (1n << 41n) - 1n;

type Method = (...args: readonly unknown[]) => unknown;

export class FakeSys implements Sys {
  /** Everything asked so far, one call a line. */
  readonly calls: string[] = [];
  readonly mounts: FakeMount[] = [];
  readonly environ: Record<string, string> = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  argv: readonly string[] = ["fake"];
  /** What the next fork and vfork answer; 0 plays the child of fork. When empty: a new pid. */
  readonly forks: number[] = [];
  readonly spawned: SpawnRequest[] = [];
  readonly arrivedSignals: SignalInfo[] = [];
  readonly streamEvents: StreamEvent[] = [];
  pid = 100;
  uid = 0;
  hostname = "fake";

  /** First of the fields: the files ask it for the time while they are made. */
  #clock = START;
  readonly #files = new FakeFiles(() => this.#clock);
  readonly #descriptors = new FakeDescriptors(this.#files, () => this.#clock);
  readonly #loop = new FakeLoop();
  readonly #failures = new Map<string, string[]>();
  readonly #children = new Set<number>();
  readonly #ended: WaitResult[] = [];
  readonly #listeners = new Map<FakeNode, FakeSocketTarget>();
  readonly #limits = new Map<number, { readonly soft: number | null; readonly hard: number | null }>();
  readonly #signalfds = new Set<number>();
  readonly #windows = new Map<number, WindowSize>();
  #capabilities: CapabilitySets = { effective: ALL_CAPABILITIES, permitted: ALL_CAPABILITIES, inheritable: 0n };
  #nextPid = 101;
  #nextPty = 0;

  constructor() {
    const methods = this as unknown as Record<string, Method>;
    for (const name of Object.getOwnPropertyNames(FakeSys.prototype)) {
      const method = methods[name];
      if (name === "constructor" || CONTROLS.has(name) || method === undefined) continue;
      methods[name] = (...args) => this.#call(name, args, method);
    }
  }

  // --- what a test says -------------------------------------------------------------------------------------------

  /** The next call of `method` (or the next ones, called more than once) throws. */
  fail(method: keyof Sys, code: string): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), code]);
  }

  /** A child ends, to be told by waitpid. */
  endChild(pid: number, code: number | null, signal: number | null = null): void {
    this.#children.delete(pid);
    this.#ended.push({ pid, code, signal });
  }

  /** Time passes; timers that are due run. */
  advance(milliseconds: number): void {
    this.#clock += BigInt(milliseconds) * MILLISECOND;
    this.#loop.runTimers(this.#clock);
  }

  /** One turn of the event loop. False when nobody had anything to do. */
  poll(): boolean {
    return this.#loop.poll(
      (fd) => (this.arrivedSignals.length > 0 && this.#signalfds.has(fd)) || this.#descriptors.isReadable(fd),
    );
  }

  /** Descriptors that are open besides 0, 1 and 2: for tests that look for leaks. */
  openDescriptors(): readonly number[] {
    return this.#descriptors.list().filter((fd) => fd > 2);
  }

  // --- processes --------------------------------------------------------------------------------------------------

  getpid(): number {
    return this.pid;
  }
  getppid(): number {
    return 1;
  }
  fork(): number {
    return this.#newChild();
  }
  /** The child's calls are recorded in between; what it opens and closes is its own. */
  vfork(child: () => Program | null, _options?: VforkOptions): number {
    const pid = this.#newChild();
    const parent = { pid: this.pid, restore: this.#descriptors.fork() };
    this.pid = pid;
    try {
      const program = child();
      const code = program === null ? 0 : this.#becomes(program);
      if (code !== null) this.endChild(pid, code);
      return pid;
    } catch (error) {
      this.#children.delete(pid);
      throw error;
    } finally {
      this.pid = parent.pid;
      parent.restore();
    }
  }
  program(path: string, argv: readonly string[], envp: readonly string[], failed?: Program["failed"]): Program {
    return { path, argv, envp, failed };
  }
  unshare(_flags: number): void {}
  setns(fd: number, _nstype: number): void {
    this.#get("setns", fd);
  }
  execve(path: string, argv: readonly string[], envp: readonly string[]): never {
    throw new FakeExec(path, argv, envp);
  }
  spawn(request: SpawnRequest): number {
    const node = this.#files.get("spawn", request.path);
    if (!isFile(node) || (node.mode & 0o111) === 0) throw fakeError("spawn", "EACCES", request.path);
    this.spawned.push(request);
    return this.#addChild(this.#nextPid++);
  }
  exit(code: number): never {
    throw new FakeExit(code);
  }
  waitpid(pid: number, options: number): WaitResult | null {
    const index = this.#ended.findIndex((ended) => pid === -1 || ended.pid === pid);
    const [ended] = index < 0 ? [] : this.#ended.splice(index, 1);
    if (ended !== undefined) return ended;
    const running = pid === -1 ? this.#children.size > 0 : this.#children.has(pid);
    if (!running) throw fakeError("waitpid", "ECHILD");
    if ((options & WNOHANG) !== 0) return null;
    throw new Error(`waitpid(${pid}) would wait for ever: end the child first`);
  }
  kill(pid: number, _signal: number): void {
    if (pid > 0 && pid !== this.pid && !this.#children.has(pid)) throw fakeError("kill", "ESRCH");
  }
  pidfdOpen(pid: number): number {
    if (pid !== this.pid && !this.#children.has(pid)) throw fakeError("pidfd_open", "ESRCH");
    return this.#add({ kind: "other", what: `pidfd ${pid}` });
  }
  pidfdSendSignal(pidfd: number, _signal: number): void {
    this.#get("pidfd_send_signal", pidfd);
  }
  setsid(): number {
    return this.pid;
  }
  setpgid(_pid: number, _pgid: number): void {}
  prctl(_option: number, _arg2?: number | string, _arg3?: number, _arg4?: number, _arg5?: number): number {
    return 0;
  }
  setProcessTitle(_title: string): void {}
  signalfd(_signals: readonly number[]): number {
    const fd = this.#add({ kind: "other", what: "signalfd" });
    this.#signalfds.add(fd);
    return fd;
  }
  readSignals(_fd: number): readonly SignalInfo[] {
    return this.arrivedSignals.splice(0);
  }
  setSignalMask(_signals: readonly number[]): void {}
  resetSignals(): void {}

  // --- identity and limits ----------------------------------------------------------------------------------------

  getuid(): number {
    return this.uid;
  }
  geteuid(): number {
    return this.uid;
  }
  setresuid(_ruid: number, euid: number, _suid: number): void {
    if (euid >= 0) this.uid = euid;
  }
  setresgid(_rgid: number, _egid: number, _sgid: number): void {}
  setgroups(_gids: readonly number[]): void {}
  umask(mask: number): number {
    const old = this.#files.umask;
    this.#files.umask = mask & 0o777;
    return old;
  }
  capset(sets: CapabilitySets): void {
    if ((sets.effective & ~sets.permitted) !== 0n) throw fakeError("capset", "EPERM");
    this.#capabilities = sets;
  }
  capget(): CapabilitySets {
    return this.#capabilities;
  }
  capbsetDrop(_capabilities: readonly number[]): void {}
  setrlimit(resource: number, soft: number | null, hard: number | null): void {
    if (hard !== null && (soft === null || soft > hard)) throw fakeError("setrlimit", "EINVAL");
    this.#limits.set(resource, { soft, hard });
  }
  getrlimit(resource: number): { readonly soft: number | null; readonly hard: number | null } {
    return this.#limits.get(resource) ?? { soft: 1024, hard: 4096 };
  }
  setpriority(_which: number, _who: number, _priority: number): void {}
  seccomp(_flags: number, _program: Uint8Array): void {}
  bpfLoadDeviceProgram(_program: Uint8Array): number {
    return this.#add({ kind: "other", what: "bpf" });
  }
  bpfAttachDevice(_cgroup: number, program: number, _flags: number): void {
    this.#get("bpf", program);
  }
  joinSessionKeyring(_name: string): number {
    return 1;
  }

  // --- mounts: recorded, but they do not change what a path means -------------------------------------------------------

  mount(source: string | null, target: string, type: string | null, flags: number, data: string | null = null): void {
    this.#files.get("mount", target);
    this.mounts.push({ source, target, type, flags, data });
  }
  umount(target: string, _flags: number): void {
    const index = this.mounts.findLastIndex((mount) => mount.target === target);
    if (index < 0) throw fakeError("umount2", "EINVAL", target);
    this.mounts.splice(index, 1);
  }
  pivotRoot(newRoot: string, _putOld: string): void {
    this.#files.directory("pivot_root", newRoot);
  }
  chroot(path: string): void {
    this.#files.directory("chroot", path);
  }
  fsopen(type: string): number {
    return this.#add({ kind: "other", what: `fs ${type}` });
  }
  fsconfigSet(fs: number, _key: string, _value: string | null): void {
    this.#get("fsconfig", fs);
  }
  fsconfigCreate(fs: number): void {
    this.#get("fsconfig", fs);
  }
  fsmount(fs: number, _attributes: number): number {
    this.#get("fsmount", fs);
    return this.#add({ kind: "other", what: "mount" });
  }
  moveMount(mount: number, _directory: number, _target: string): void {
    this.#get("move_mount", mount);
  }
  openTree(_directory: number, _path: string, _flags: number): number {
    return this.#add({ kind: "other", what: "tree" });
  }
  mountSetattr(
    _directory: number,
    _path: string,
    _flags: number,
    _set: number,
    _clear: number,
    _propagation: number,
  ): void {}

  // --- files ------------------------------------------------------------------------------------------------------

  open(path: string, flags: number, mode = 0): number {
    return this.#descriptors.openFile("open", path, flags, mode);
  }
  openat(directory: number, path: string, flags: number, mode = 0): number {
    return this.#descriptors.openFile("openat", this.#descriptors.pathAt(directory, path), flags, mode);
  }
  openat2(
    directory: number,
    path: string,
    how: { readonly flags: number; readonly mode?: number; readonly resolve: number },
  ): number {
    return this.#descriptors.openFile("openat2", this.#descriptors.pathAt(directory, path), how.flags, how.mode ?? 0);
  }
  close(fd: number): void {
    this.#loop.forget(fd);
    this.#signalfds.delete(fd);
    this.#descriptors.close(fd);
  }
  closeFrom(first: number, cloexec = false): void {
    if (cloexec) return;
    for (const fd of this.#descriptors.list()) if (fd >= first) FakeSys.prototype.close.call(this, fd);
  }
  read(fd: number, length: number): Uint8Array {
    return this.#descriptors.read(fd, length);
  }
  write(fd: number, data: Uint8Array): number {
    return this.#descriptors.write(fd, data);
  }
  readFile(path: string): string {
    return decodeUtf8(this.#content("open", path));
  }
  readFileBytes(path: string): Uint8Array {
    return this.#content("open", path).slice();
  }
  writeFile(
    path: string,
    data: string | Uint8Array,
    options?: { readonly mode?: number; readonly atomic?: boolean },
  ): void {
    const fd = this.#descriptors.openFile("write", path, O_CREAT | O_TRUNC, options?.mode ?? 0o644);
    this.#descriptors.write(fd, typeof data === "string" ? encodeUtf8(data) : data);
    this.#descriptors.close(fd);
  }
  writeKernelFile(path: string, text: string): void {
    const node = this.#files.get("write", path);
    if (isDirectory(node)) throw fakeError("write", "EISDIR", path);
    node.data = encodeUtf8(text);
  }
  lseek(fd: number, offset: number, whence: number): number {
    const { target } = this.#get("lseek", fd);
    if (target.kind !== "file") throw fakeError("lseek", "ESPIPE");
    const base = whence === SEEK_CUR ? target.offset : whence === SEEK_END ? target.node.data.length : 0;
    if (base + offset < 0) throw fakeError("lseek", "EINVAL");
    target.offset = base + offset;
    return target.offset;
  }
  ftruncate(fd: number, length: number): void {
    const { target } = this.#get("ftruncate", fd);
    if (target.kind !== "file") throw fakeError("ftruncate", "EINVAL");
    const data = new Uint8Array(length);
    data.set(target.node.data.subarray(0, length));
    target.node.data = data;
  }
  fsync(fd: number): void {
    this.#get("fsync", fd);
  }
  dup(fd: number): number {
    return this.#descriptors.share(this.#get("dup", fd));
  }
  dup2(from: number, to: number): void {
    const open = this.#get("dup2", from);
    if (from === to) return;
    if (this.#descriptors.has(to)) FakeSys.prototype.close.call(this, to);
    this.#descriptors.share(open, to);
  }
  setCloexec(fd: number, _on: boolean): void {
    this.#get("fcntl", fd);
  }
  setNonblocking(fd: number, on: boolean): void {
    this.#get("fcntl", fd).nonblocking = on;
  }
  pipe(): readonly [number, number] {
    return this.#descriptors.pipe();
  }
  stat(path: string): Stat {
    return toStat(this.#files.get("stat", path));
  }
  lstat(path: string): Stat {
    return toStat(this.#files.get("lstat", path, false));
  }
  fstat(fd: number): Stat {
    const { target } = this.#get("fstat", fd);
    return toStat(target.kind === "file" ? target.node : this.#files.create(0o600));
  }
  statfs(path: string): StatFs {
    this.#files.get("statfs", path);
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
    const { node } = this.#files.find("access", path, true);
    if (node === undefined) return false;
    return (mode & 1) === 0 || isDirectory(node) || (node.mode & 0o111) !== 0;
  }
  exists(path: string): boolean {
    try {
      return this.#files.find("lstat", path, false).node !== undefined;
    } catch (error) {
      if (/ENOENT|ENOTDIR/.test(String(error))) return false;
      throw error;
    }
  }
  readdir(path: string): readonly string[] {
    return [...this.#files.directory("getdents64", path).entries.keys()].sort();
  }
  mkdir(path: string, mode = 0o755): void {
    this.#files.add("mkdir", path, this.#files.create(S_IFDIR | (mode & ~this.#files.umask)));
  }
  mkdirAll(path: string, mode = 0o755): void {
    const parts = this.#files
      .absolute(path)
      .split("/")
      .filter((part) => part !== "");
    parts.forEach((_, index) => {
      const prefix = `/${parts.slice(0, index + 1).join("/")}`;
      const { node } = this.#files.find("mkdir", prefix, true);
      if (node === undefined) FakeSys.prototype.mkdir.call(this, prefix, mode);
      else if (!isDirectory(node)) throw fakeError("mkdir", "ENOTDIR", path);
    });
  }
  rmdir(path: string): void {
    const { parent, name, node } = this.#files.find("rmdir", path, false);
    if (node === undefined) throw fakeError("rmdir", "ENOENT", path);
    if (!isDirectory(node)) throw fakeError("rmdir", "ENOTDIR", path);
    if (node.entries.size > 0) throw fakeError("rmdir", "ENOTEMPTY", path);
    this.#files.remove(parent, name);
  }
  unlink(path: string): void {
    const { parent, name, node } = this.#files.find("unlink", path, false);
    if (node === undefined) throw fakeError("unlink", "ENOENT", path);
    if (isDirectory(node)) throw fakeError("unlink", "EISDIR", path);
    this.#files.remove(parent, name);
  }
  removeAll(path: string): void {
    if (!FakeSys.prototype.exists.call(this, path)) return;
    const { parent, name } = this.#files.find("unlink", path, false);
    this.#files.remove(parent, name);
  }
  rename(from: string, to: string): void {
    const source = this.#files.find("rename", from, false);
    const target = this.#files.find("rename", to, false);
    if (source.node === undefined) throw fakeError("rename", "ENOENT", from);
    if (target.node !== undefined) {
      if (isDirectory(target.node) && !isDirectory(source.node)) throw fakeError("rename", "EISDIR", from);
      if (!isDirectory(target.node) && isDirectory(source.node)) throw fakeError("rename", "ENOTDIR", from);
      if (target.node.entries.size > 0) throw fakeError("rename", "ENOTEMPTY", from);
      this.#files.remove(target.parent, target.name);
    }
    source.node.nlink++;
    this.#files.remove(source.parent, source.name);
    this.#files.put(target.parent, target.name, source.node);
  }
  link(from: string, to: string): void {
    const node = this.#files.get("link", from, false);
    if (isDirectory(node)) throw fakeError("link", "EPERM", to);
    this.#files.add("link", to, node);
    node.nlink++;
  }
  symlink(target: string, path: string): void {
    this.#files.add("symlink", path, this.#files.create(S_IFLNK | 0o777, encodeUtf8(target)));
  }
  readlink(path: string): string {
    const node = this.#files.get("readlink", path, false);
    if ((node.mode & S_IFMT) !== S_IFLNK) throw fakeError("readlink", "EINVAL", path);
    return decodeUtf8(node.data);
  }
  realpath(path: string): string {
    const found = this.#files.find("realpath", path, true);
    if (found.node === undefined) throw fakeError("realpath", "ENOENT", path);
    return found.path;
  }
  mknod(path: string, mode: number, major: number, minor: number): void {
    const node = this.#files.create((mode & S_IFMT) === 0 ? mode | S_IFREG : mode);
    node.mode &= ~this.#files.umask;
    node.rdev = major * 256 + minor;
    this.#files.add("mknod", path, node);
  }
  chmod(path: string, mode: number): void {
    const node = this.#files.get("chmod", path);
    node.mode = (node.mode & S_IFMT) | (mode & 0o7777);
  }
  chown(path: string, uid: number, gid: number): void {
    own(this.#files.get("chown", path), uid, gid);
  }
  lchown(path: string, uid: number, gid: number): void {
    own(this.#files.get("lchown", path, false), uid, gid);
  }
  utimens(path: string, atime: bigint, mtime: bigint): void {
    Object.assign(this.#files.get("utimensat", path), { atime, mtime });
  }
  getxattr(path: string, name: string): Uint8Array {
    const value = this.#files.get("getxattr", path).xattrs.get(name);
    if (value === undefined) throw fakeError("getxattr", "ENODATA", path);
    return value.slice();
  }
  setxattr(path: string, name: string, value: Uint8Array): void {
    this.#files.get("setxattr", path).xattrs.set(name, value.slice());
  }
  listxattr(path: string): readonly string[] {
    return [...this.#files.get("listxattr", path).xattrs.keys()];
  }
  removexattr(path: string, name: string): void {
    if (!this.#files.get("removexattr", path).xattrs.delete(name)) throw fakeError("removexattr", "ENODATA", path);
  }
  chdir(path: string): void {
    this.#files.directory("chdir", path);
    this.#files.cwd = this.#files.find("chdir", path, true).path;
  }
  fchdir(fd: number): void {
    const { target } = this.#get("fchdir", fd);
    if (target.kind !== "file" || !isDirectory(target.node)) throw fakeError("fchdir", "ENOTDIR");
    this.#files.cwd = target.path;
  }
  getcwd(): string {
    return this.#files.cwd;
  }
  flock(fd: number, operation: number): void {
    this.#get("flock", fd);
    if (operation < 0 || operation > (LOCK_UN | 7)) throw fakeError("flock", "EINVAL");
  }
  inotifyInit(): number {
    return this.#add({ kind: "other", what: "inotify" });
  }
  inotifyAddWatch(fd: number, path: string, _mask: number): number {
    this.#get("inotify_add_watch", fd);
    this.#files.get("inotify_add_watch", path);
    return 1;
  }

  // --- bulk -------------------------------------------------------------------------------------------------------

  sendfile(out: number, input: number, length = Number.MAX_SAFE_INTEGER): number {
    const data = this.#descriptors.read(input, length);
    return data.length === 0 ? 0 : this.#descriptors.write(out, data);
  }
  splice(input: number, out: number, length: number, _flags: number): number {
    return FakeSys.prototype.sendfile.call(this, out, input, length);
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
    const copy = this.#files.copy(this.#files.get("copy", from, false));
    const target = this.#files.find("copy", to, false);
    if (target.node === undefined) this.#files.put(target.parent, target.name, copy);
    else for (const [name, child] of copy.entries) this.#files.put(target.node, name, child);
  }
  untar(_input: number, root: string, _options: { readonly overlay: boolean }): number {
    this.#files.directory("untar", root);
    return 0;
  }
  tar(root: string, _out: number, _options: { readonly overlay: boolean }): number {
    this.#files.directory("tar", root);
    return 0;
  }
  diskUsage(path: string): { readonly bytes: number; readonly inodes: number } {
    const nodes = new Set<FakeNode>();
    collect(this.#files.get("stat", path, false), nodes);
    return { bytes: [...nodes].reduce((sum, node) => sum + node.data.length, 0), inodes: nodes.size };
  }

  // --- sockets ----------------------------------------------------------------------------------------------------

  socket(domain: number, type: number, _protocol: number): number {
    return this.#add({ kind: "socket", socket: createSocket(domain, type) });
  }
  socketpair(domain: number, type: number, _protocol: number): readonly [number, number] {
    const one = createSocket(domain, type);
    const other = createSocket(domain, type);
    joinSockets(one, other);
    return [this.#add({ kind: "socket", socket: one }), this.#add({ kind: "socket", socket: other })];
  }
  bind(fd: number, address: SocketAddress): void {
    const target = this.#descriptors.getSocket("bind", fd);
    if (address.kind !== "unix") return;
    if (this.#files.find("bind", address.path, false).node !== undefined)
      throw fakeError("bind", "EADDRINUSE", address.path);
    const node = this.#files.create(0o140755);
    this.#files.add("bind", address.path, node);
    this.#listeners.set(node, target);
  }
  listen(fd: number, _backlog: number): void {
    this.#descriptors.getSocket("listen", fd).socket.listening = true;
  }
  accept(fd: number): number {
    const socket = this.#descriptors.getSocket("accept4", fd).socket.pending.shift();
    if (socket === undefined) throw fakeError("accept4", "EAGAIN");
    return this.#add({ kind: "socket", socket });
  }
  connect(fd: number, address: SocketAddress): void {
    const { socket } = this.#descriptors.getSocket("connect", fd);
    if (address.kind !== "unix" || socket.domain !== AF_UNIX) return;
    const listener = this.#listeners.get(this.#files.get("connect", address.path))?.socket;
    if (listener?.listening !== true) throw fakeError("connect", "ECONNREFUSED", address.path);
    const server = createSocket(socket.domain, socket.type);
    joinSockets(socket, server);
    listener.pending.push(server);
  }
  shutdown(fd: number, how: number): void {
    const { socket } = this.#descriptors.getSocket("shutdown", fd);
    if (socket.output === null) throw fakeError("shutdown", "ENOTCONN");
    if (how !== SHUT_RD) socket.output.writers = 0;
  }
  setsockopt(fd: number, _level: number, _option: number, _value: number): void {
    this.#descriptors.getSocket("setsockopt", fd);
  }
  getsockopt(fd: number, level: number, option: number): number {
    const { socket } = this.#descriptors.getSocket("getsockopt", fd);
    return level === SOL_SOCKET && option === SO_TYPE ? socket.type : 0;
  }
  peerCredentials(fd: number): { readonly pid: number; readonly uid: number; readonly gid: number } {
    this.#descriptors.getSocket("getsockopt", fd);
    return { pid: this.pid, uid: this.uid, gid: 0 };
  }
  sendmsg(fd: number, data: Uint8Array, fds: readonly number[] = []): number {
    return this.#descriptors.sendWith(fd, data, fds);
  }
  recvmsg(fd: number, length: number): { readonly data: Uint8Array; readonly fds: readonly number[] } {
    const { data, fds } = this.#descriptors.receive("recvmsg", fd, length);
    return { data, fds: fds.map((passed) => this.#descriptors.adopt(passed)) };
  }
  interfaceIndex(name: string): number {
    if (name !== "lo") throw fakeError("if_nametoindex", "ENODEV", name);
    return 1;
  }

  // --- terminals --------------------------------------------------------------------------------------------------

  openPty(devpts: string): { readonly master: number; readonly slave: string } {
    const master = this.#add({ kind: "other", what: "pty" });
    this.#windows.set(master, { rows: 0, columns: 0 });
    return { master, slave: `${devpts}/${this.#nextPty++}` };
  }
  isatty(fd: number): boolean {
    return this.#windows.has(fd);
  }
  setControllingTerminal(fd: number): void {
    this.#getWindow(fd);
  }
  getWindowSize(fd: number): WindowSize {
    return this.#getWindow(fd);
  }
  setWindowSize(fd: number, size: WindowSize): void {
    this.#getWindow(fd);
    this.#windows.set(fd, size);
  }
  makeRaw(fd: number): Uint8Array {
    this.#getWindow(fd);
    return new Uint8Array(60);
  }
  restoreTerminal(fd: number, _saved: Uint8Array): void {
    this.#getWindow(fd);
  }
  stream(_request: StreamRequest): StreamEvent {
    return this.streamEvents.shift() ?? { kind: "end" };
  }

  // --- the machine ------------------------------------------------------------------------------------------------

  sethostname(name: string): void {
    this.hostname = name;
  }
  setdomainname(_name: string): void {}
  uname(): Uname {
    return { sysname: "Linux", nodename: this.hostname, release: "6.12.0", version: "#1", machine: "i686" };
  }
  now(): bigint {
    return this.#clock;
  }
  monotonic(): bigint {
    return this.#clock - START + 1_000_000_000n;
  }
  setClock(nanoseconds: bigint): void {
    this.#clock = nanoseconds;
  }
  sysinfo(): { readonly uptime: number; readonly totalMemory: number; readonly freeMemory: number } {
    return { uptime: 1, totalMemory: 128 << 20, freeMemory: 64 << 20 };
  }
  /** Counts upwards, so that ids in tests are the same every time. */
  getrandom(length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, index) => (index * 7 + this.calls.length) & 0xff);
  }
  reboot(_command: number): void {}
  sharedMemory(size: number): ArrayBuffer {
    return new ArrayBuffer(size);
  }

  utf8Encode(text: string): Uint8Array {
    return encodeUtf8(text);
  }
  utf8Decode(data: Uint8Array, start = 0, end = data.length): string {
    return decodeUtf8(data.subarray(start, end));
  }

  // --- the event loop: poll() and advance() drive it ----------------------------------------------------------------

  onReadable(fd: number, callback: (() => void) | null): void {
    this.#loop.onReadable(fd, callback);
  }
  onWritable(fd: number, callback: (() => void) | null): void {
    this.#loop.onWritable(fd, callback);
  }
  setTimer(delay: number, callback: () => void): Timer {
    return this.#loop.setTimer(this.#clock, delay, callback);
  }
  clearTimer(timer: Timer): void {
    this.#loop.clearTimer(timer);
  }
  forgetCallbacks(): void {
    this.#loop.clear();
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  #call(name: string, args: readonly unknown[], method: Method): unknown {
    if (!SILENT.has(name)) this.calls.push(`${name}(${args.map(describe).join(",")})`);
    const code = this.#failures.get(name)?.shift();
    if (code !== undefined)
      throw fakeError(
        name,
        code,
        args.find((arg) => typeof arg === "string"),
      );
    return method.apply(this, args as unknown[]);
  }

  /** null: the program runs. */
  #becomes({ path, argv, envp, failed }: Program): number | null {
    try {
      this.execve(path, argv, envp);
    } catch (error) {
      if (error instanceof FakeExec) return null;
      if (failed === undefined || !(error instanceof SysError)) throw error;
      return failed(error);
    }
  }

  #newChild(): number {
    const chosen = this.forks.shift();
    if (chosen === 0) this.pid = this.#nextPid++;
    return chosen === 0 ? 0 : this.#addChild(chosen ?? this.#nextPid++);
  }

  #addChild(pid: number): number {
    this.#children.add(pid);
    return pid;
  }

  #get(syscall: string, fd: number): FakeOpen {
    return this.#descriptors.get(syscall, fd);
  }

  #add(target: FakeTarget): number {
    return this.#descriptors.add(target);
  }

  #getWindow(fd: number): WindowSize {
    const size = this.#windows.get(fd);
    if (size === undefined) throw fakeError("ioctl", "ENOTTY");
    return size;
  }

  #content(syscall: string, path: string): Uint8Array {
    const node = this.#files.get(syscall, path);
    if (isDirectory(node)) throw fakeError(syscall, "EISDIR", path);
    return node.data;
  }
}

/** Methods of the fake that are not the kernel's. */
const CONTROLS: ReadonlySet<string> = new Set(["fail", "endChild", "advance", "poll", "openDescriptors"]);

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

function describe(value: unknown): string {
  if (value instanceof Uint8Array)
    return value.length <= 64 ? JSON.stringify(decodeUtf8(value)) : `<${value.length} bytes>`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "function";
  if (value === undefined) return "undefined";
  return JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? `${field}n` : field));
}
