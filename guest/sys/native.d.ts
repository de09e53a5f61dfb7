/**
 * The native module, function by function in the order of the tables in sys-*.c. It knows no exceptions: what the kernel refuses
 * comes back as a negative errno, and `linux.ts`, the only importer, turns it into a SysError. (A TypeError means that an
 * argument was not what its type says, or a text with a NUL in it.) Where an answer is more than a number, a tuple
 * or array comes back in place of the number. `null` for a text or bytes is the null pointer, -1 for a descriptor is none.
 */
declare module "drydock:sys" {
  /** A negative errno. */
  type Failure = number;
  /** 0, or a negative errno. */
  type Done = number;
  type Pair = readonly [number, number];
  type Triple = readonly [number, number, number];
  /** dev, ino, mode, nlink, uid, gid, rdev, size; then seconds and nanoseconds of atime, mtime and ctime. */
  type StatTuple = readonly number[] & { readonly length: 14 };

  export function getpid(): number;
  export function getppid(): number;
  /** fork(2). */
  export function fork(): number;
  /**
   * clone3(2) with CLONE_VM and CLONE_VFORK besides `flags`; `cgroup` -1 for the parent's. `child` runs in the new process
   * and gives path, argv and envp of the program that this becomes; null: it ends with 0. `refused` is told there what
   * execve answered, a negative errno, and gives the exit code. Signals stay blocked in the child.
   */
  export function vfork(
    flags: number,
    cgroup: number,
    child: () => readonly [string, readonly string[], readonly string[]] | null,
    refused: (result: Failure) => number,
  ): number;
  export function unshare(flags: number): Done;
  export function setns(fd: number, nstype: number): Done;
  /** Comes back only with an error. */
  export function execve(path: string, argv: readonly string[], envp: readonly string[]): Failure;
  /** vfork(2) and execve(2); a failed step of the child is the answer's errno. */
  export function spawn(
    path: string,
    argv: readonly string[],
    envp: readonly string[],
    fds: readonly number[],
    cwd: string | null,
    newSession: boolean,
  ): number;
  export function exit(code: number): never;
  /** pid, exit code or -1, signal or 0. The number 0: nothing has ended (WNOHANG). */
  export function waitpid(pid: number, options: number): Triple | Failure;
  export function kill(pid: number, signal: number): Done;
  export function pidfdOpen(pid: number): number;
  export function pidfdSendSignal(pidfd: number, signal: number): Done;
  export function setsid(): number;
  export function setpgid(pid: number, pgid: number): Done;
  /** `text` stands in for `arg2` when it is not null. */
  export function prctl(
    option: number,
    text: string | null,
    arg2: number,
    arg3: number,
    arg4: number,
    arg5: number,
  ): number;
  /** Cut to the room that argv and the environment had at the start. */
  export function setProcessTitle(title: string): Done;
  /** argv; with --script from the file's name on. */
  export function programArguments(): string[];
  /** NAME=value, as at the start. */
  export function environment(): string[];
  /** Blocks the signals; the descriptor does not block. */
  export function signalfd(signals: readonly number[]): number;
  /** signal, pid, status each; at most 16. */
  export function readSignals(fd: number): Triple[] | Failure;
  export function setSignalMask(signals: readonly number[]): Done;
  export function resetSignals(): Done;

  export function getuid(): number;
  export function geteuid(): number;
  export function setresuid(ruid: number, euid: number, suid: number): Done;
  export function setresgid(rgid: number, egid: number, sgid: number): Done;
  export function setgroups(gids: readonly number[]): Done;
  export function umask(mask: number): number;
  export function capset(effective: bigint, permitted: bigint, inheritable: bigint): Done;
  /** effective, permitted, inheritable. */
  export function capget(): readonly [bigint, bigint, bigint] | Failure;
  export function capbsetDrop(capabilities: readonly number[]): Done;
  /** -1 stands for RLIM_INFINITY, here and in getrlimit. */
  export function setrlimit(resource: number, soft: number, hard: number): Done;
  export function getrlimit(resource: number): Pair | Failure;
  export function setpriority(which: number, who: number, priority: number): Done;
  export function seccomp(flags: number, program: Uint8Array): Done;
  export function bpfLoadDeviceProgram(program: Uint8Array): number;
  export function bpfAttachDevice(cgroup: number, program: number, flags: number): Done;
  export function joinSessionKeyring(name: string): number;

  export function mount(
    source: string | null,
    target: string,
    type: string | null,
    flags: number,
    data: string | null,
  ): Done;
  export function umount(target: string, flags: number): Done;
  export function pivotRoot(newRoot: string, putOld: string): Done;
  export function chroot(path: string): Done;
  export function fsopen(type: string): number;
  /** FSCONFIG_SET_STRING, or FSCONFIG_SET_FLAG without a value. */
  export function fsconfigSet(fs: number, key: string, value: string | null): Done;
  export function fsconfigCreate(fs: number): Done;
  export function fsmount(fs: number, attributes: number): number;
  export function moveMount(mount: number, directory: number, target: string): Done;
  export function openTree(directory: number, path: string, flags: number): number;
  export function mountSetattr(
    directory: number,
    path: string,
    flags: number,
    set: number,
    clear: number,
    propagation: number,
  ): Done;

  /** O_CLOEXEC is added, also in openat2. */
  export function openat(directory: number, path: string, flags: number, mode: number): number;
  export function openat2(directory: number, path: string, flags: number, mode: number, resolve: number): number;
  export function close(fd: number): Done;
  export function closeFrom(first: number, cloexec: boolean): Done;
  export function closeRange(first: number, last: number): Done;
  export function read(fd: number, length: number): Uint8Array | Failure;
  export function write(fd: number, data: Uint8Array): number;
  export function readFile(path: string): string | Failure;
  export function readFileBytes(path: string): Uint8Array | Failure;
  /** `atomic`: temporary sibling (PATH.tmp, or PATH.PID.tmp if there is one already), fsync, rename. */
  export function writeFile(path: string, data: string | Uint8Array, mode: number, atomic: boolean): Done;
  /** One write, never creates. */
  export function writeKernelFile(path: string, text: string): Done;
  export function lseek(fd: number, offset: number, whence: number): number;
  export function ftruncate(fd: number, length: number): Done;
  export function fsync(fd: number): Done;
  /** Close-on-exec. */
  export function dup(fd: number): number;
  /** Not close-on-exec, also when both are the same. */
  export function dup2(from: number, to: number): number;
  export function setCloexec(fd: number, on: boolean): Done;
  export function setNonblocking(fd: number, on: boolean): Done;
  /** Close-on-exec. */
  export function pipe(): Pair | Failure;
  export function stat(path: string): StatTuple | Failure;
  export function lstat(path: string): StatTuple | Failure;
  export function fstat(fd: number): StatTuple | Failure;
  /** type, block size, then in bytes: total, free, available; then inodes, free inodes. */
  export function statfs(path: string): readonly [number, number, number, number, number, number, number] | Failure;
  /** With the effective ids. */
  export function access(path: string, mode: number): Done;
  /** Sorted, without . and .. */
  export function readdir(path: string): string[] | Failure;
  export function mkdir(path: string, mode: number): Done;
  export function mkdirAll(path: string, mode: number): Done;
  export function rmdir(path: string): Done;
  export function unlink(path: string): Done;
  /** Goes on after an error and answers with the first one. EBUSY: something is mounted in the tree. */
  export function removeAll(path: string): Done;
  export function rename(from: string, to: string): Done;
  export function link(from: string, to: string): Done;
  export function symlink(target: string, path: string): Done;
  export function readlink(path: string): string | Failure;
  export function realpath(path: string): string | Failure;
  export function mknod(path: string, mode: number, major: number, minor: number): Done;
  export function chmod(path: string, mode: number): Done;
  export function chown(path: string, uid: number, gid: number): Done;
  export function lchown(path: string, uid: number, gid: number): Done;
  export function utimens(path: string, atime: bigint, mtime: bigint): Done;
  export function getxattr(path: string, name: string): Uint8Array | Failure;
  export function setxattr(path: string, name: string, value: Uint8Array): Done;
  export function listxattr(path: string): string[] | Failure;
  export function removexattr(path: string, name: string): Done;
  export function chdir(path: string): Done;
  export function fchdir(fd: number): Done;
  export function getcwd(): string | Failure;
  export function flock(fd: number, operation: number): Done;
  /** Does not block. */
  export function inotifyInit(): number;
  export function inotifyAddWatch(fd: number, path: string, mask: number): number;

  /** -1: to the end of the file. */
  export function sendfile(out: number, input: number, length: number): number;
  export function splice(input: number, out: number, length: number, flags: number): number;
  export function sha256(fd: number): string | Failure;
  export function sha256Bytes(data: Uint8Array): string;
  /** Compressed size, plain size, sha256 of the plain bytes. EBADMSG: damaged or cut short. */
  export function inflate(input: number, out: number): readonly [number, number, string] | Failure;
  export function copyTree(from: string, to: string): Done;
  /** Bytes of content. EXDEV: leads out of the root; EBADMSG: damaged; EOPNOTSUPP: sparse files and unknown types. */
  export function sendChunks(out: number, input: number): number;
  /** `framing` as in untar. */
  export function copyBody(out: number, input: number, rest: Uint8Array, framing: number): number;
  /** `framing`: the body's length, -1 until the end, -2 chunks. `flags`: 1 overlay, 2 whole, 4 keepKinds, 8 the caller's.
   *  Gives errno or 0, bytes of files, bytes of the archive, and of a failure its step ("": in words) and its subject. */
  export function untar(
    input: number,
    rest: Uint8Array,
    framing: number,
    root: string,
    directory: string | null,
    from: string | null,
    to: string | null,
    flags: number,
    uid: number,
    gid: number,
  ): readonly [number, number, number, string, string];
  export function tar(
    root: string,
    out: number,
    overlay: boolean,
    entry: string | null,
    as: string | null,
    chunked: boolean,
  ): Done;
  /** Bytes, inodes. */
  export function diskUsage(path: string): Pair | Failure;

  /** Close-on-exec. */
  export function socket(domain: number, type: number, protocol: number): number;
  export function socketpair(domain: number, type: number, protocol: number): Pair | Failure;
  /** AF_UNIX: path, 0; AF_INET and AF_INET6: numeric address, port; AF_NETLINK: "", groups. */
  export function bind(fd: number, family: number, address: string, number: number): Done;
  export function listen(fd: number, backlog: number): Done;
  /** SOCK_CLOEXEC is added. */
  export function accept(fd: number, flags: number): number;
  export function connect(fd: number, family: number, address: string, number: number): Done;
  export function shutdown(fd: number, how: number): Done;
  export function setsockopt(fd: number, level: number, option: number, value: number): Done;
  export function getsockopt(fd: number, level: number, option: number): readonly [number] | Failure;
  /** pid, uid, gid. */
  export function peerCredentials(fd: number): Triple | Failure;
  /** At most 32 descriptors. */
  export function sendmsg(fd: number, data: Uint8Array, fds: readonly number[]): number;
  export function recvmsg(fd: number, length: number): readonly [Uint8Array, readonly number[]] | Failure;
  export function interfaceIndex(name: string): number;

  /** Master descriptor and number of the slave. */
  export function openPty(devpts: string): Pair | Failure;
  export function isatty(fd: number): 0 | 1;
  export function setControllingTerminal(fd: number): Done;
  /** rows, columns. */
  export function getWindowSize(fd: number): Pair | Failure;
  export function setWindowSize(fd: number, rows: number, columns: number): Done;
  /** The struct termios as it was. */
  export function makeRaw(fd: number): Uint8Array | Failure;
  export function restoreTerminal(fd: number, saved: Uint8Array): Done;
  /** `received`: what has been read of the socket already, at most 32 KiB; looked at in the first call only. */
  export function stream(
    socket: number,
    input: number,
    output: number,
    error: number,
    raw: boolean,
    signals: number,
    detachKeys: Uint8Array | null,
    received: Uint8Array | null,
  ): { readonly kind: "end" | "signal" | "detached" | "error"; readonly message?: string } | Failure;

  export function sethostname(name: string): Done;
  export function setdomainname(name: string): Done;
  /** sysname, nodename, release, version, machine. */
  export function uname(): readonly [string, string, string, string, string] | Failure;
  export function now(): bigint;
  export function monotonic(): bigint;
  export function setClock(nanoseconds: bigint): Done;
  /** Seconds since boot; bytes of memory, free bytes. */
  export function sysinfo(): Triple | Failure;
  /** At most 4096 bytes. */
  export function getrandom(length: number): Uint8Array | Failure;
  /** sync(2) first. */
  export function reboot(command: number): Done;

  export function utf8Encode(text: string): Uint8Array;
  /** `end` -1: to the end. */
  export function utf8Decode(data: Uint8Array, start: number, end: number): string;
  /** EBADMSG: not an array of objects. */
  export function jsonRows(body: Uint8Array, members: readonly string[]): readonly object[] | Failure;
  export function alignColumns(text: string, minimum: number): string | Failure;
  /** Memory shared with the processes that are forked from now on. */
  export function sharedMemory(size: number): ArrayBuffer | Failure;
}

/** The event loop: quickjs-libc's module "os", as far as it is used. */
declare module "drydock:loop" {
  type TimerHandle = { readonly timerHandle: unique symbol };
  export function setReadHandler(fd: number, handler: (() => void) | null): void;
  export function setWriteHandler(fd: number, handler: (() => void) | null): void;
  export function setTimeout(callback: () => void, delay: number): TimerHandle;
  export function clearTimeout(timer: TimerHandle): void;
}
