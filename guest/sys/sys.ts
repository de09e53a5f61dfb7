/**
 * The door to the kernel: one method per system call, named and ordered as in its man page (section 2 unless said).
 * Every method throws {@link SysError} when the kernel says no. Descriptors, pids and ids are numbers; addresses of
 * memory never appear. Two implementations: `linux.ts` (real, traced) and `fake.ts` (records, for unit tests); one
 * contract suite runs on both. Opening anything sets O_CLOEXEC unless a method says otherwise.
 */
export interface Sys {
  // --- processes: fork(2), clone3(2), execve(2), wait4(2), pidfd_open(2) ---------------------------------------
  getpid(): number;
  getppid(): number;
  /** 0 in the child. */
  fork(): number;
  /**
   * vfork(2) by clone3: `child` runs in a new process and in this one's memory, while this one stands still until the
   * child has become its program or has ended. Nothing is copied but the descriptors, the working directory and what else
   * belongs to a process. The child starts with all signals blocked and ends by returning: null is exit code 0. Gives its
   * pid. What `child` throws, and an execve that fails, is thrown here; then the child is gone and waited for.
   */
  vfork(child: () => Program | null, options?: VforkOptions): number;
  /** What a child of vfork returns: execve(2) as the last thing it does. `path` is used as it is, PATH is not searched. */
  program(path: string, argv: readonly string[], envp: readonly string[], failed?: Program["failed"]): Program;
  unshare(flags: number): void;
  setns(fd: number, nstype: number): void;
  /** Does not return. `path` is used as it is, PATH is not searched. */
  execve(path: string, argv: readonly string[], envp: readonly string[]): never;
  /** vfork + exec of a helper: none of this process's memory is copied. Gives the child's pid. */
  spawn(request: SpawnRequest): number;
  /** _exit(2): no handlers, no flush. */
  exit(code: number): never;
  /** null when WNOHANG was given and nothing has ended. `pid` -1 is any child. */
  waitpid(pid: number, options: number): WaitResult | null;
  kill(pid: number, signal: number): void;
  pidfdOpen(pid: number): number;
  pidfdSendSignal(pidfd: number, signal: number): void;
  setsid(): number;
  setpgid(pid: number, pgid: number): void;
  /** PR_* of prctl(2); a string argument is allowed for PR_SET_NAME. */
  prctl(option: number, arg2?: number | string, arg3?: number, arg4?: number, arg5?: number): number;
  /** Rewrites what ps shows as this process's command line. */
  setProcessTitle(title: string): void;
  /** Blocks `signals` and gives a non-blocking descriptor that becomes readable when one arrives: signalfd(2). */
  signalfd(signals: readonly number[]): number;
  /** The signals that have arrived on a signalfd, oldest first. */
  readSignals(fd: number): readonly SignalInfo[];
  /** sigprocmask(2) SIG_SETMASK: exactly these are blocked from now on. */
  setSignalMask(signals: readonly number[]): void;
  /** Every handled or ignored signal back to SIG_DFL, as a fresh program expects it. */
  resetSignals(): void;

  // --- identity and limits: capset(2), setgroups(2), setrlimit(2), seccomp(2) -----------------------------------
  getuid(): number;
  geteuid(): number;
  setresuid(ruid: number, euid: number, suid: number): void;
  setresgid(rgid: number, egid: number, sgid: number): void;
  setgroups(gids: readonly number[]): void;
  umask(mask: number): number;
  /** Capability sets as bit masks, one bigint each. */
  capset(sets: CapabilitySets): void;
  capget(): CapabilitySets;
  /** prctl(2) PR_CAPBSET_DROP, once for each capability's number. */
  capbsetDrop(capabilities: readonly number[]): void;
  /** null stands for RLIM_INFINITY. */
  setrlimit(resource: number, soft: number | null, hard: number | null): void;
  getrlimit(resource: number): { readonly soft: number | null; readonly hard: number | null };
  setpriority(which: number, who: number, priority: number): void;
  /** SECCOMP_SET_MODE_FILTER with a classic BPF program: 8 bytes an instruction, struct sock_filter. */
  seccomp(flags: number, program: Uint8Array): void;
  /** bpf(2) BPF_PROG_LOAD of type BPF_PROG_TYPE_CGROUP_DEVICE: 8 bytes an instruction. Gives a program descriptor. */
  bpfLoadDeviceProgram(program: Uint8Array): number;
  /** bpf(2) BPF_PROG_ATTACH of a device program to a cgroup directory. */
  bpfAttachDevice(cgroup: number, program: number, flags: number): void;
  /** keyctl(2) KEYCTL_JOIN_SESSION_KEYRING. */
  joinSessionKeyring(name: string): number;

  // --- mounts: mount(2), umount2(2), pivot_root(2), fsopen(2), move_mount(2), open_tree(2), mount_setattr(2) --------
  mount(source: string | null, target: string, type: string | null, flags: number, data?: string | null): void;
  umount(target: string, flags: number): void;
  pivotRoot(newRoot: string, putOld: string): void;
  chroot(path: string): void;
  fsopen(type: string): number;
  fsconfigSet(fs: number, key: string, value: string | null): void;
  /** FSCONFIG_CMD_CREATE. */
  fsconfigCreate(fs: number): void;
  /** Gives a descriptor of the detached mount; `attributes` are MOUNT_ATTR_*. */
  fsmount(fs: number, attributes: number): number;
  /** Attaches the detached mount `mount` on `target` (relative to `directory`). */
  moveMount(mount: number, directory: number, target: string): void;
  openTree(directory: number, path: string, flags: number): number;
  mountSetattr(directory: number, path: string, flags: number, set: number, clear: number, propagation: number): void;

  // --- files ----------------------------------------------------------------------------------------------------
  open(path: string, flags: number, mode?: number): number;
  openat(directory: number, path: string, flags: number, mode?: number): number;
  /** openat2(2); `resolve` are RESOLVE_*. */
  openat2(
    directory: number,
    path: string,
    how: { readonly flags: number; readonly mode?: number; readonly resolve: number },
  ): number;
  close(fd: number): void;
  /** close_range(2): from `first` up. `cloexec` marks instead of closing. */
  closeFrom(first: number, cloexec?: boolean): void;
  /** close_range(2): `last` too. What is not open does not matter. */
  closeRange(first: number, last: number): void;
  /** At most `length` bytes; an empty array is end of file. Throws EAGAIN on a non-blocking descriptor. */
  read(fd: number, length: number): Uint8Array;
  /** How many bytes the kernel took. */
  write(fd: number, data: Uint8Array): number;
  /** Whole file as UTF-8 text (small files: proc, cgroup, JSON). */
  readFile(path: string): string;
  readFileBytes(path: string): Uint8Array;
  /** open(O_WRONLY|O_CREAT|O_TRUNC), write all, close. With `atomic` a temporary sibling, fsync, then rename. */
  writeFile(
    path: string,
    data: string | Uint8Array,
    options?: { readonly mode?: number; readonly atomic?: boolean },
  ): void;
  /** open(O_WRONLY), one write, close: how /proc and cgroup files are written (never creates). */
  writeKernelFile(path: string, text: string): void;
  lseek(fd: number, offset: number, whence: number): number;
  ftruncate(fd: number, length: number): void;
  fsync(fd: number): void;
  dup(fd: number): number;
  /** dup3 without O_CLOEXEC: for standard descriptors of a child. */
  dup2(from: number, to: number): void;
  setCloexec(fd: number, on: boolean): void;
  setNonblocking(fd: number, on: boolean): void;
  /** [read end, write end]. */
  pipe(): readonly [number, number];
  stat(path: string): Stat;
  lstat(path: string): Stat;
  fstat(fd: number): Stat;
  statfs(path: string): StatFs;
  access(path: string, mode: number): boolean;
  /** False for ENOENT and ENOTDIR; anything else throws. */
  exists(path: string): boolean;
  /** Names without . and .., sorted. */
  readdir(path: string): readonly string[];
  mkdir(path: string, mode?: number): void;
  /** mkdir -p. */
  mkdirAll(path: string, mode?: number): void;
  rmdir(path: string): void;
  unlink(path: string): void;
  /** rm -rf in native code, never following a symlink, never leaving the filesystem it starts on. No error when absent. */
  removeAll(path: string): void;
  rename(from: string, to: string): void;
  link(from: string, to: string): void;
  symlink(target: string, path: string): void;
  readlink(path: string): string;
  /** realpath(3). */
  realpath(path: string): string;
  mknod(path: string, mode: number, major: number, minor: number): void;
  chmod(path: string, mode: number): void;
  chown(path: string, uid: number, gid: number): void;
  lchown(path: string, uid: number, gid: number): void;
  /** Nanoseconds since the epoch. */
  utimens(path: string, atime: bigint, mtime: bigint): void;
  getxattr(path: string, name: string): Uint8Array;
  setxattr(path: string, name: string, value: Uint8Array): void;
  listxattr(path: string): readonly string[];
  removexattr(path: string, name: string): void;
  chdir(path: string): void;
  fchdir(fd: number): void;
  getcwd(): string;
  flock(fd: number, operation: number): void;
  inotifyInit(): number;
  inotifyAddWatch(fd: number, path: string, mask: number): number;

  // --- bulk: bytes that JavaScript must not touch --------------------------------------------------------------------
  /** sendfile(2), or a copy where it cannot; until end of file or `length`. Gives the bytes copied. */
  sendfile(out: number, input: number, length?: number): number;
  splice(input: number, out: number, length: number, flags: number): number;
  /** Hex digest of everything from the descriptor's offset to its end. */
  sha256(fd: number): string;
  sha256Bytes(data: Uint8Array): string;
  /** gzip, zlib or raw deflate from one descriptor to another; gives compressed and plain sizes and the plain sha256. */
  inflate(input: number, out: number): { readonly input: number; readonly output: number; readonly sha256: string };
  /** Copies a tree with owners, modes, times, xattrs, hard links, devices. */
  copyTree(from: string, to: string): void;
  /** Everything from `input` to its end as the chunks of an HTTP body (RFC 9112, 7.1), the last one too. Gives the bytes. */
  sendChunks(out: number, input: number): number;
  /** The body of an HTTP message. Gives the bytes. Throws ENODATA when it was cut short. */
  copyBody(out: number, input: number, body: BodyInput): number;
  /** Unpacks a tar (ustar, PAX, GNU long names; gzip is taken off) below `root`. Refuses names and links that lead out: the
   *  error's syscall is "untar" then and its path is the refusal in Docker's words. Otherwise they are the call that failed
   *  and what it was about, as the root knows it. A file is there as a whole or not at all. */
  untar(input: number, root: string, options: UntarOptions): Unpacked;
  /** Packs a tree into a deterministic PAX tar: names sorted. Gives its length. */
  tar(root: string, out: number, options: TarOptions): number;
  /** Bytes of the files below a directory, each inode once and the directories themselves none, and the number of inodes. */
  diskUsage(path: string): { readonly bytes: number; readonly inodes: number };

  // --- sockets ------------------------------------------------------------------------------------------------------
  /** AF_*, SOCK_*, protocol. Blocking; use setNonblocking. */
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number): readonly [number, number];
  bind(fd: number, address: SocketAddress): void;
  listen(fd: number, backlog: number): void;
  /** SOCK_NONBLOCK or nothing. */
  accept(fd: number, flags?: number): number;
  connect(fd: number, address: SocketAddress): void;
  shutdown(fd: number, how: number): void;
  setsockopt(fd: number, level: number, option: number, value: number): void;
  getsockopt(fd: number, level: number, option: number): number;
  /** SO_PEERCRED. */
  peerCredentials(fd: number): { readonly pid: number; readonly uid: number; readonly gid: number };
  /** One datagram with descriptors (SCM_RIGHTS). */
  sendmsg(fd: number, data: Uint8Array, fds?: readonly number[]): number;
  /** Received descriptors are close-on-exec. Empty data means the peer closed. */
  recvmsg(fd: number, length: number): { readonly data: Uint8Array; readonly fds: readonly number[] };
  /** Index of an interface in this network namespace: if_nametoindex(3). */
  interfaceIndex(name: string): number;

  // --- terminals ----------------------------------------------------------------------------------------------------
  /** Opens a pty through the devpts mounted at `devpts` (usually /dev/pts), unlocked; `slave` is its path there. */
  openPty(devpts: string): { readonly master: number; readonly slave: string };
  isatty(fd: number): boolean;
  /** TIOCSCTTY. */
  setControllingTerminal(fd: number): void;
  getWindowSize(fd: number): WindowSize;
  setWindowSize(fd: number, size: WindowSize): void;
  /** cfmakeraw(3); gives what to pass to restoreTerminal. */
  makeRaw(fd: number): Uint8Array;
  restoreTerminal(fd: number, saved: Uint8Array): void;
  /** The client's side of attach and exec, in native code: copies `input` to `socket` and demultiplexes (or, with `raw`,
   *  passes) `socket` to `output` and `error`, until something needs a decision. Input's end shuts down the socket's
   *  sending side. Can be called again to go on. `detachKeys` are the bytes that end it. */
  stream(request: StreamRequest): StreamEvent;

  // --- the machine ----------------------------------------------------------------------------------------------------
  sethostname(name: string): void;
  setdomainname(name: string): void;
  uname(): Uname;
  /** Nanoseconds since the epoch: clock_gettime(2) CLOCK_REALTIME. */
  now(): bigint;
  /** Nanoseconds since boot: CLOCK_MONOTONIC. */
  monotonic(): bigint;
  setClock(nanoseconds: bigint): void;
  sysinfo(): { readonly uptime: number; readonly totalMemory: number; readonly freeMemory: number };
  getrandom(length: number): Uint8Array;
  reboot(command: number): void;
  /** mmap(2) MAP_SHARED | MAP_ANONYMOUS: zeroes that this process and all it forks from now on see alike. */
  sharedMemory(size: number): ArrayBuffer;

  // --- text -----------------------------------------------------------------------------------------------------------
  utf8Encode(text: string): Uint8Array;
  /** Invalid sequences become U+FFFD. */
  utf8Decode(data: Uint8Array, start?: number, end?: number): string;
  /** The objects of a JSON array, each with no more than these members (32 at most); null: it is not one. */
  jsonRows(body: Uint8Array, members: readonly string[]): readonly object[] | null;
  /**
   * Lines of cells, each with a tab behind it but the last of a line, as columns: as wide as their widest cell and three
   * blanks, `minimum` at least (text/tabwriter of Go).
   */
  alignColumns(text: string, minimum: number): string;

  // --- the event loop (quickjs-libc's): one callback a descriptor and direction ----------------------------------------
  /** null removes it. Always remove before close. */
  onReadable(fd: number, callback: (() => void) | null): void;
  onWritable(fd: number, callback: (() => void) | null): void;
  /** Milliseconds. */
  setTimer(delay: number, callback: () => void): Timer;
  clearTimer(timer: Timer): void;
  /** Every callback and every timer: for a process that goes on to something else. */
  forgetCallbacks(): void;

  /** Environment of this process. */
  readonly environ: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

export interface BodyInput {
  /** What of the input was read already. */
  readonly rest?: Uint8Array;
  /** The input is the body of an HTTP message: its length, or chunks. Absent: it goes on until the end of the file. */
  readonly framing?: number | "chunked";
}

export interface UntarOptions extends BodyInput {
  /** A layer: whiteouts are turned into overlay's. */
  readonly overlay?: boolean;
  /** Unpacks into this directory of the root, "" is the root itself, which keeps its owner and mode. No slash at its ends. */
  readonly directory?: string;
  /** Names that begin with `from` begin with `to` instead. */
  readonly rename?: { readonly from: string; readonly to: string };
  /** There is nothing above the root: ".." stays there, as in a process's own root, instead of being refused. */
  readonly whole?: boolean;
  /** A directory may not replace a file, nor a file a directory. */
  readonly keepKinds?: boolean;
  /** Whose everything becomes; "caller": whoever unpacks. Absent: as the archive says. */
  readonly owner?: { readonly uid: number; readonly gid: number } | "caller";
}

/** Bytes of files, and of the archive as it came. */
export interface Unpacked {
  readonly content: number;
  readonly length: number;
}

export interface TarOptions {
  /** A layer: overlay's whiteouts are turned into .wh. */
  readonly overlay?: boolean;
  /** Only this of the root, and the name it gets; "." is the root itself. */
  readonly entry?: { readonly name: string; readonly as: string };
  /** As the body of an HTTP message, in chunks. */
  readonly chunked?: boolean;
}

export type Timer = { readonly timer: unknown };

export interface VforkOptions {
  /** CLONE_* besides CLONE_VM and CLONE_VFORK; SIGCHLD is the exit signal. */
  readonly flags?: number;
  /** A directory descriptor for CLONE_INTO_CGROUP (the flag is added here). */
  readonly cgroup?: number;
  /** What the trace calls the child. */
  readonly role?: string;
}

export interface Program {
  readonly path: string;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** Runs in the child when execve says no, and gives its exit code. Without it the error is thrown where vfork was called. */
  readonly failed?: ((error: SysError) => number) | undefined;
}

export interface SpawnRequest {
  readonly path: string;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** fds[i] becomes descriptor i of the child; everything else is closed. */
  readonly fds: readonly number[];
  readonly cwd?: string;
  /** setsid(2) in the child. */
  readonly newSession?: boolean;
}

/** `code` for a normal exit, `signal` otherwise. */
export interface WaitResult {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: number | null;
}

export interface SignalInfo {
  readonly signal: number;
  readonly pid: number;
  readonly status: number;
}

export interface CapabilitySets {
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
}

/** stat(2). Times are nanoseconds since the epoch. */
export interface Stat {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/** statfs(2). Sizes in bytes. */
export interface StatFs {
  readonly type: number;
  readonly blockSize: number;
  readonly total: number;
  readonly free: number;
  readonly available: number;
  readonly inodes: number;
  readonly freeInodes: number;
}

export type SocketAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "inet"; readonly address: string; readonly port: number }
  | { readonly kind: "netlink"; readonly groups: number };

export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

export interface Uname {
  readonly sysname: string;
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
}

export interface StreamRequest {
  readonly socket: number;
  /** null: nothing is read from the user. */
  readonly input: number | null;
  readonly output: number | null;
  readonly error: number | null;
  /** True with a TTY: the socket carries plain bytes. */
  readonly raw: boolean;
  /** A signalfd: when it becomes readable, stream returns {kind: "signal"}. */
  readonly signals: number | null;
  readonly detachKeys?: Uint8Array;
  /** What of the socket has been read already, behind the answer's headers; at most STREAM_RECEIVED_MAX bytes. Used by the
   *  first call. */
  readonly received?: Uint8Array;
}

/** The queue of stream.c. */
export const STREAM_RECEIVED_MAX = 32_768;

export type StreamEvent =
  | { readonly kind: "end" }
  | { readonly kind: "signal" }
  | { readonly kind: "detached" }
  | { readonly kind: "error"; readonly message: string };

/**
 * What the kernel answered: the call, the errno by name (ENOENT), and what it was about. An answer more than a defect: a
 * container's start meets a dozen of them. So it is no child of Error's constructor, which walks the stack each time
 * (280,000 instructions in QuickJS, more than the mount it is about); it still counts as an Error for instanceof.
 */
export class SysError implements Error {
  readonly name = "SysError";
  readonly message: string;
  readonly syscall: string;
  readonly code: string;
  readonly errno: number;
  readonly path: string | undefined;
  constructor(failure: { syscall: string; code: string; errno: number; path?: string | undefined }) {
    this.message = `${failure.syscall}${failure.path === undefined ? "" : ` ${failure.path}`}: ${failure.code}`;
    this.syscall = failure.syscall;
    this.code = failure.code;
    this.errno = failure.errno;
    this.path = failure.path;
  }

  toString(): string {
    return `${this.name}: ${this.message}`;
  }
}
Object.setPrototypeOf(SysError.prototype, Error.prototype);
