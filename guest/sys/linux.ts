/// <reference path="./native.d.ts" />
/**
 * The real kernel behind {@link Sys}, as one table: each method is one native call and one check that turns a negative
 * errno into a SysError. One class on purpose: a call is looked up in one prototype. Nothing here calls another method of
 * the class, so that a traced call is recorded once.
 */
import * as loop from "drydock:loop";
import * as native from "drydock:sys";
import { AT_FDCWD } from "./constants.ts";
import { errnoName } from "./errno.ts";
import { addressOf, describeAddress } from "./linux-address.ts";
import { check, fail, value } from "./linux-check.ts";
import { toStat } from "./linux-stat.ts";
import { nativeBodyInput, nativeUntarOptions } from "./linux-untar.ts";
import { VforkedLife } from "./linux-vfork.ts";
import type {
  BodyInput,
  CapabilitySets,
  Program,
  SignalInfo,
  SocketAddress,
  SpawnRequest,
  Stat,
  StatFs,
  StreamEvent,
  StreamRequest,
  Sys,
  TarOptions,
  Timer,
  Uname,
  Unpacked,
  UntarOptions,
  VforkOptions,
  WaitResult,
  WindowSize,
} from "./sys.ts";
import { type Trace, Tracer } from "./trace.ts";

export interface LinuxSys extends Sys {
  readonly trace: Trace;
}

export function createLinux(): LinuxSys {
  return new Linux();
}

function toLimit(limit: number): number | null {
  return limit < 0 ? null : limit;
}

function parseEnvironment(lines: readonly string[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const line of lines) {
    const equals = line.indexOf("=");
    if (equals > 0) environment[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return environment;
}

/** An exception that nobody caught ends the process: going on in an unknown state would be worse. */
function guard(callback: () => void): () => void {
  return () => {
    try {
      callback();
    } catch (error) {
      const text = error instanceof Error ? `${String(error)}\n${error.stack ?? ""}` : String(error);
      native.write(2, native.utf8Encode(`${text}\n`));
      native.exit(1);
    }
  };
}

class Linux implements LinuxSys {
  readonly trace: Trace = new Tracer(this);
  readonly environ: Readonly<Record<string, string>> = parseEnvironment(native.environment());
  readonly argv: readonly string[] = native.programArguments();
  /** Descriptors with a callback: one that is closed by mistake must not stay in select's set. */
  readonly #watched = new Set<number>();
  readonly #timers = new Set<Timer>();

  getpid(): number {
    return native.getpid();
  }
  getppid(): number {
    return native.getppid();
  }
  fork(): number {
    return check("fork", native.fork());
  }
  vfork(child: () => Program | null, { flags = 0, cgroup = -1 }: VforkOptions = {}): number {
    const life = new VforkedLife(child);
    const run = () => life.run();
    const refuse = (result: number) => life.refuse(result);
    const pid = check("clone3", native.vfork(flags, cgroup, run, refuse));
    if (life.thrown === null) return pid;
    native.waitpid(pid, 0);
    throw life.thrown.error;
  }
  program(path: string, argv: readonly string[], envp: readonly string[], failed?: Program["failed"]): Program {
    return { path, argv, envp, failed };
  }
  unshare(flags: number): void {
    check("unshare", native.unshare(flags));
  }
  setns(fd: number, nstype: number): void {
    check("setns", native.setns(fd, nstype));
  }
  execve(path: string, argv: readonly string[], envp: readonly string[]): never {
    fail("execve", native.execve(path, argv, envp), path);
  }
  spawn({ path, argv, envp, fds, cwd, newSession }: SpawnRequest): number {
    return check("spawn", native.spawn(path, argv, envp, fds, cwd ?? null, newSession ?? false), path);
  }
  exit(code: number): never {
    native.exit(code);
  }
  waitpid(pid: number, options: number): WaitResult | null {
    const result = native.waitpid(pid, options);
    if (result === 0) return null;
    const [ended, code, signal] = value("waitpid", result);
    return { pid: ended, code: code < 0 ? null : code, signal: signal === 0 ? null : signal };
  }
  kill(pid: number, signal: number): void {
    check("kill", native.kill(pid, signal));
  }
  pidfdOpen(pid: number): number {
    return check("pidfd_open", native.pidfdOpen(pid));
  }
  pidfdSendSignal(pidfd: number, signal: number): void {
    check("pidfd_send_signal", native.pidfdSendSignal(pidfd, signal));
  }
  setsid(): number {
    return check("setsid", native.setsid());
  }
  setpgid(pid: number, pgid: number): void {
    check("setpgid", native.setpgid(pid, pgid));
  }
  prctl(option: number, arg2: number | string = 0, arg3 = 0, arg4 = 0, arg5 = 0): number {
    const text = typeof arg2 === "string" ? arg2 : null;
    return check("prctl", native.prctl(option, text, typeof arg2 === "number" ? arg2 : 0, arg3, arg4, arg5));
  }
  setProcessTitle(title: string): void {
    native.setProcessTitle(title);
  }
  signalfd(signals: readonly number[]): number {
    return check("signalfd", native.signalfd(signals));
  }
  readSignals(fd: number): readonly SignalInfo[] {
    return value("read", native.readSignals(fd)).map(([signal, pid, status]) => ({ signal, pid, status }));
  }
  setSignalMask(signals: readonly number[]): void {
    check("sigprocmask", native.setSignalMask(signals));
  }
  resetSignals(): void {
    native.resetSignals();
  }

  getuid(): number {
    return native.getuid();
  }
  geteuid(): number {
    return native.geteuid();
  }
  setresuid(ruid: number, euid: number, suid: number): void {
    check("setresuid", native.setresuid(ruid, euid, suid));
  }
  setresgid(rgid: number, egid: number, sgid: number): void {
    check("setresgid", native.setresgid(rgid, egid, sgid));
  }
  setgroups(gids: readonly number[]): void {
    check("setgroups", native.setgroups(gids));
  }
  umask(mask: number): number {
    return native.umask(mask);
  }
  capset({ effective, permitted, inheritable }: CapabilitySets): void {
    check("capset", native.capset(effective, permitted, inheritable));
  }
  capget(): CapabilitySets {
    const [effective, permitted, inheritable] = value("capget", native.capget());
    return { effective, permitted, inheritable };
  }
  capbsetDrop(capabilities: readonly number[]): void {
    check("prctl", native.capbsetDrop(capabilities));
  }
  setrlimit(resource: number, soft: number | null, hard: number | null): void {
    check("setrlimit", native.setrlimit(resource, soft ?? -1, hard ?? -1));
  }
  getrlimit(resource: number): { readonly soft: number | null; readonly hard: number | null } {
    const [soft, hard] = value("getrlimit", native.getrlimit(resource));
    return { soft: toLimit(soft), hard: toLimit(hard) };
  }
  setpriority(which: number, who: number, priority: number): void {
    check("setpriority", native.setpriority(which, who, priority));
  }
  seccomp(flags: number, program: Uint8Array): void {
    check("seccomp", native.seccomp(flags, program));
  }
  bpfLoadDeviceProgram(program: Uint8Array): number {
    return check("bpf", native.bpfLoadDeviceProgram(program));
  }
  bpfAttachDevice(cgroup: number, program: number, flags: number): void {
    check("bpf", native.bpfAttachDevice(cgroup, program, flags));
  }
  joinSessionKeyring(name: string): number {
    return check("keyctl", native.joinSessionKeyring(name));
  }

  mount(source: string | null, target: string, type: string | null, flags: number, data?: string | null): void {
    check("mount", native.mount(source, target, type, flags, data ?? null), target);
  }
  umount(target: string, flags: number): void {
    check("umount2", native.umount(target, flags), target);
  }
  pivotRoot(newRoot: string, putOld: string): void {
    check("pivot_root", native.pivotRoot(newRoot, putOld), newRoot);
  }
  chroot(path: string): void {
    check("chroot", native.chroot(path), path);
  }
  fsopen(type: string): number {
    return check("fsopen", native.fsopen(type), type);
  }
  fsconfigSet(fs: number, key: string, text: string | null): void {
    check("fsconfig", native.fsconfigSet(fs, key, text), key);
  }
  fsconfigCreate(fs: number): void {
    check("fsconfig", native.fsconfigCreate(fs));
  }
  fsmount(fs: number, attributes: number): number {
    return check("fsmount", native.fsmount(fs, attributes));
  }
  moveMount(mount: number, directory: number, target: string): void {
    check("move_mount", native.moveMount(mount, directory, target), target);
  }
  openTree(directory: number, path: string, flags: number): number {
    return check("open_tree", native.openTree(directory, path, flags), path);
  }
  mountSetattr(directory: number, path: string, flags: number, set: number, clear: number, propagation: number): void {
    check("mount_setattr", native.mountSetattr(directory, path, flags, set, clear, propagation), path);
  }

  open(path: string, flags: number, mode = 0): number {
    return check("open", native.openat(AT_FDCWD, path, flags, mode), path);
  }
  openat(directory: number, path: string, flags: number, mode = 0): number {
    return check("openat", native.openat(directory, path, flags, mode), path);
  }
  openat2(
    directory: number,
    path: string,
    how: { readonly flags: number; readonly mode?: number; readonly resolve: number },
  ): number {
    return check("openat2", native.openat2(directory, path, how.flags, how.mode ?? 0, how.resolve), path);
  }
  close(fd: number): void {
    if (this.#watched.has(fd)) this.#forget(fd);
    check("close", native.close(fd));
  }
  closeFrom(first: number, cloexec = false): void {
    check("close_range", native.closeFrom(first, cloexec));
  }
  closeRange(first: number, last: number): void {
    check("close_range", native.closeRange(first, last));
  }
  read(fd: number, length: number): Uint8Array {
    return value("read", native.read(fd, length));
  }
  write(fd: number, data: Uint8Array): number {
    return check("write", native.write(fd, data));
  }
  readFile(path: string): string {
    return value("open", native.readFile(path), path);
  }
  readFileBytes(path: string): Uint8Array {
    return value("open", native.readFileBytes(path), path);
  }
  writeFile(
    path: string,
    data: string | Uint8Array,
    options?: { readonly mode?: number; readonly atomic?: boolean },
  ): void {
    check("write", native.writeFile(path, data, options?.mode ?? 0o644, options?.atomic ?? false), path);
  }
  writeKernelFile(path: string, text: string): void {
    const result = native.writeKernelFile(path, text);
    // One that is not there could not even be opened.
    check(errnoName(-result) === "ENOENT" ? "open" : "write", result, path);
  }
  lseek(fd: number, offset: number, whence: number): number {
    return check("lseek", native.lseek(fd, offset, whence));
  }
  ftruncate(fd: number, length: number): void {
    check("ftruncate", native.ftruncate(fd, length));
  }
  fsync(fd: number): void {
    check("fsync", native.fsync(fd));
  }
  dup(fd: number): number {
    return check("dup", native.dup(fd));
  }
  dup2(from: number, to: number): void {
    check("dup2", native.dup2(from, to));
  }
  setCloexec(fd: number, on: boolean): void {
    check("fcntl", native.setCloexec(fd, on));
  }
  setNonblocking(fd: number, on: boolean): void {
    check("ioctl", native.setNonblocking(fd, on));
  }
  pipe(): readonly [number, number] {
    return value("pipe2", native.pipe());
  }
  stat(path: string): Stat {
    return toStat("stat", native.stat(path), path);
  }
  lstat(path: string): Stat {
    return toStat("lstat", native.lstat(path), path);
  }
  fstat(fd: number): Stat {
    return toStat("fstat", native.fstat(fd), String(fd));
  }
  statfs(path: string): StatFs {
    const [type, blockSize, total, free, available, inodes, freeInodes] = value("statfs", native.statfs(path), path);
    return { type, blockSize, total, free, available, inodes, freeInodes };
  }
  access(path: string, mode: number): boolean {
    return native.access(path, mode) === 0;
  }
  exists(path: string): boolean {
    const result = native.lstat(path);
    if (typeof result !== "number") return true;
    const code = errnoName(-result);
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    return fail("lstat", result, path);
  }
  readdir(path: string): readonly string[] {
    return value("getdents64", native.readdir(path), path);
  }
  mkdir(path: string, mode = 0o755): void {
    check("mkdir", native.mkdir(path, mode), path);
  }
  mkdirAll(path: string, mode = 0o755): void {
    check("mkdir", native.mkdirAll(path, mode), path);
  }
  rmdir(path: string): void {
    check("rmdir", native.rmdir(path), path);
  }
  unlink(path: string): void {
    check("unlink", native.unlink(path), path);
  }
  removeAll(path: string): void {
    check("unlink", native.removeAll(path), path);
  }
  rename(from: string, to: string): void {
    check("rename", native.rename(from, to), from);
  }
  link(from: string, to: string): void {
    check("link", native.link(from, to), to);
  }
  symlink(target: string, path: string): void {
    check("symlink", native.symlink(target, path), path);
  }
  readlink(path: string): string {
    return value("readlink", native.readlink(path), path);
  }
  realpath(path: string): string {
    return value("realpath", native.realpath(path), path);
  }
  mknod(path: string, mode: number, major: number, minor: number): void {
    check("mknod", native.mknod(path, mode, major, minor), path);
  }
  chmod(path: string, mode: number): void {
    check("chmod", native.chmod(path, mode), path);
  }
  chown(path: string, uid: number, gid: number): void {
    check("chown", native.chown(path, uid, gid), path);
  }
  lchown(path: string, uid: number, gid: number): void {
    check("lchown", native.lchown(path, uid, gid), path);
  }
  utimens(path: string, atime: bigint, mtime: bigint): void {
    check("utimensat", native.utimens(path, atime, mtime), path);
  }
  getxattr(path: string, name: string): Uint8Array {
    return value("getxattr", native.getxattr(path, name), path);
  }
  setxattr(path: string, name: string, data: Uint8Array): void {
    check("setxattr", native.setxattr(path, name, data), path);
  }
  listxattr(path: string): readonly string[] {
    return value("listxattr", native.listxattr(path), path);
  }
  removexattr(path: string, name: string): void {
    check("removexattr", native.removexattr(path, name), path);
  }
  chdir(path: string): void {
    check("chdir", native.chdir(path), path);
  }
  fchdir(fd: number): void {
    check("fchdir", native.fchdir(fd));
  }
  getcwd(): string {
    return value("getcwd", native.getcwd());
  }
  flock(fd: number, operation: number): void {
    check("flock", native.flock(fd, operation));
  }
  inotifyInit(): number {
    return check("inotify_init1", native.inotifyInit());
  }
  inotifyAddWatch(fd: number, path: string, mask: number): number {
    return check("inotify_add_watch", native.inotifyAddWatch(fd, path, mask), path);
  }

  sendfile(out: number, input: number, length?: number): number {
    return check("sendfile", native.sendfile(out, input, length ?? -1));
  }
  splice(input: number, out: number, length: number, flags: number): number {
    return check("splice", native.splice(input, out, length, flags));
  }
  sha256(fd: number): string {
    return value("read", native.sha256(fd));
  }
  sha256Bytes(data: Uint8Array): string {
    return native.sha256Bytes(data);
  }
  inflate(input: number, out: number): { readonly input: number; readonly output: number; readonly sha256: string } {
    const [consumed, produced, sha256] = value("inflate", native.inflate(input, out));
    return { input: consumed, output: produced, sha256 };
  }
  copyTree(from: string, to: string): void {
    check("copy", native.copyTree(from, to), from);
  }
  sendChunks(out: number, input: number): number {
    return check("write", native.sendChunks(out, input));
  }
  copyBody(out: number, input: number, body: BodyInput): number {
    const { rest, framing } = nativeBodyInput(body);
    return check("read", native.copyBody(out, input, rest, framing));
  }
  untar(input: number, root: string, options: UntarOptions): Unpacked {
    const { rest, framing, directory, from, to, flags, uid, gid } = nativeUntarOptions(options);
    const answer = native.untar(input, rest, framing, root, directory, from, to, flags, uid, gid);
    const [result, content, length, step, subject] = answer;
    // What was refused in words has no step.
    if (result < 0) fail(step || "untar", result, subject || root);
    return { content, length };
  }
  tar(root: string, out: number, { overlay, entry, chunked }: TarOptions): number {
    const { name = null, as = null } = entry ?? {};
    return check("tar", native.tar(root, out, overlay ?? false, name, as, chunked ?? false), root);
  }
  diskUsage(path: string): { readonly bytes: number; readonly inodes: number } {
    const [bytes, inodes] = value("stat", native.diskUsage(path), path);
    return { bytes, inodes };
  }

  socket(domain: number, type: number, protocol: number): number {
    return check("socket", native.socket(domain, type, protocol));
  }
  socketpair(domain: number, type: number, protocol: number): readonly [number, number] {
    return value("socketpair", native.socketpair(domain, type, protocol));
  }
  bind(fd: number, address: SocketAddress): void {
    check("bind", native.bind(fd, ...addressOf(address)), describeAddress(address));
  }
  listen(fd: number, backlog: number): void {
    check("listen", native.listen(fd, backlog));
  }
  accept(fd: number, flags = 0): number {
    return check("accept4", native.accept(fd, flags));
  }
  connect(fd: number, address: SocketAddress): void {
    check("connect", native.connect(fd, ...addressOf(address)), describeAddress(address));
  }
  shutdown(fd: number, how: number): void {
    check("shutdown", native.shutdown(fd, how));
  }
  setsockopt(fd: number, level: number, option: number, setting: number): void {
    check("setsockopt", native.setsockopt(fd, level, option, setting));
  }
  getsockopt(fd: number, level: number, option: number): number {
    return value("getsockopt", native.getsockopt(fd, level, option))[0];
  }
  peerCredentials(fd: number): { readonly pid: number; readonly uid: number; readonly gid: number } {
    const [pid, uid, gid] = value("getsockopt", native.peerCredentials(fd));
    return { pid, uid, gid };
  }
  sendmsg(fd: number, data: Uint8Array, fds: readonly number[] = []): number {
    return check("sendmsg", native.sendmsg(fd, data, fds));
  }
  recvmsg(fd: number, length: number): { readonly data: Uint8Array; readonly fds: readonly number[] } {
    const [data, fds] = value("recvmsg", native.recvmsg(fd, length));
    return { data, fds };
  }
  interfaceIndex(name: string): number {
    return check("if_nametoindex", native.interfaceIndex(name), name);
  }

  openPty(devpts: string): { readonly master: number; readonly slave: string } {
    const [master, number] = value("open", native.openPty(devpts), `${devpts}/ptmx`);
    return { master, slave: `${devpts}/${number}` };
  }
  isatty(fd: number): boolean {
    return native.isatty(fd) === 1;
  }
  setControllingTerminal(fd: number): void {
    check("ioctl", native.setControllingTerminal(fd), "TIOCSCTTY");
  }
  getWindowSize(fd: number): WindowSize {
    const [rows, columns] = value("ioctl", native.getWindowSize(fd), "TIOCGWINSZ");
    return { rows, columns };
  }
  setWindowSize(fd: number, { rows, columns }: WindowSize): void {
    check("ioctl", native.setWindowSize(fd, rows, columns), "TIOCSWINSZ");
  }
  makeRaw(fd: number): Uint8Array {
    return value("ioctl", native.makeRaw(fd), "TCSETS");
  }
  restoreTerminal(fd: number, saved: Uint8Array): void {
    check("ioctl", native.restoreTerminal(fd, saved), "TCSETS");
  }
  stream({ socket, input, output, error, raw, signals, detachKeys, received }: StreamRequest): StreamEvent {
    const result = native.stream(
      socket,
      input ?? -1,
      output ?? -1,
      error ?? -1,
      raw,
      signals ?? -1,
      detachKeys ?? null,
      received ?? null,
    );
    const { kind, message = "" } = value("poll", result);
    return kind === "error" ? { kind, message } : { kind };
  }

  sethostname(name: string): void {
    check("sethostname", native.sethostname(name), name);
  }
  setdomainname(name: string): void {
    check("setdomainname", native.setdomainname(name), name);
  }
  uname(): Uname {
    const [sysname, nodename, release, version, machine] = value("uname", native.uname());
    return { sysname, nodename, release, version, machine };
  }
  now(): bigint {
    return native.now();
  }
  monotonic(): bigint {
    return native.monotonic();
  }
  setClock(nanoseconds: bigint): void {
    check("clock_settime", native.setClock(nanoseconds));
  }
  sysinfo(): { readonly uptime: number; readonly totalMemory: number; readonly freeMemory: number } {
    const [uptime, totalMemory, freeMemory] = value("sysinfo", native.sysinfo());
    return { uptime, totalMemory, freeMemory };
  }
  getrandom(length: number): Uint8Array {
    return value("getrandom", native.getrandom(length));
  }
  reboot(command: number): void {
    check("reboot", native.reboot(command));
  }
  sharedMemory(size: number): ArrayBuffer {
    return value("mmap", native.sharedMemory(size));
  }

  utf8Encode(text: string): Uint8Array {
    return native.utf8Encode(text);
  }
  utf8Decode(data: Uint8Array, start = 0, end = -1): string {
    return native.utf8Decode(data, start, end);
  }
  jsonRows(body: Uint8Array, members: readonly string[]): readonly object[] | null {
    const rows = native.jsonRows(body, members);
    return typeof rows === "number" ? null : rows;
  }
  alignColumns(text: string, minimum: number): string {
    return value("malloc", native.alignColumns(text, minimum));
  }

  onReadable(fd: number, callback: (() => void) | null): void {
    if (callback !== null) this.#watched.add(fd);
    loop.setReadHandler(fd, callback === null ? null : guard(callback));
  }
  onWritable(fd: number, callback: (() => void) | null): void {
    if (callback !== null) this.#watched.add(fd);
    loop.setWriteHandler(fd, callback === null ? null : guard(callback));
  }
  setTimer(delay: number, callback: () => void): Timer {
    const timer: Timer = {
      timer: loop.setTimeout(
        guard(() => this.#run(timer, callback)),
        delay,
      ),
    };
    this.#timers.add(timer);
    return timer;
  }
  clearTimer(timer: Timer): void {
    this.#drop(timer);
  }
  forgetCallbacks(): void {
    // Between two commands: usually there is one descriptor and no timer.
    if (this.#watched.size > 0) for (const fd of this.#watched) this.#forget(fd);
    if (this.#timers.size > 0) for (const timer of this.#timers) this.#drop(timer);
  }

  #drop(timer: Timer): void {
    this.#timers.delete(timer);
    loop.clearTimeout(timer.timer as loop.TimerHandle);
  }

  #run(timer: Timer, callback: () => void): void {
    this.#timers.delete(timer);
    callback();
  }

  #forget(fd: number): void {
    this.#watched.delete(fd);
    loop.setReadHandler(fd, null);
    loop.setWriteHandler(fd, null);
  }
}
