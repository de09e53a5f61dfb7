/** FakeSys: processes, signals, who somebody is and what they may. What a process cannot come back from throws. */
import { WNOHANG } from "./constants.ts";
import { FakeFileCalls } from "./fake-file-calls.ts";
import { fakeError, isFile } from "./fake-files.ts";
import {
  type CapabilitySets,
  type Program,
  type SignalInfo,
  type SpawnRequest,
  SysError,
  type VforkOptions,
  type WaitResult,
} from "./sys.ts";

const ALL_CAPABILITIES = (1n << 41n) - 1n;

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

export abstract class FakeProcessCalls extends FakeFileCalls {
  /** What the next fork and vfork answer; 0 plays the child of fork. When empty: a new pid. */
  readonly forks: number[] = [];
  readonly spawned: SpawnRequest[] = [];
  readonly arrivedSignals: SignalInfo[] = [];
  readonly #children = new Set<number>();
  readonly #ended: WaitResult[] = [];
  readonly #limits = new Map<number, { readonly soft: number | null; readonly hard: number | null }>();
  #capabilities: CapabilitySets = { effective: ALL_CAPABILITIES, permitted: ALL_CAPABILITIES, inheritable: 0n };
  #nextPid = 101;

  /** A child ends, to be told by waitpid. */
  endChild(pid: number, code: number | null, signal: number | null = null): void {
    this.#children.delete(pid);
    this.#ended.push({ pid, code, signal });
  }

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
    const parent = { pid: this.pid, restore: this.descriptors.fork() };
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
    this.descriptors.get("setns", fd);
  }
  execve(path: string, argv: readonly string[], envp: readonly string[]): never {
    throw new FakeExec(path, argv, envp);
  }
  spawn(request: SpawnRequest): number {
    const node = this.files.get("spawn", request.path);
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
    return this.descriptors.add({ kind: "other", what: `pidfd ${pid}` });
  }
  pidfdSendSignal(pidfd: number, _signal: number): void {
    this.descriptors.get("pidfd_send_signal", pidfd);
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
    return this.descriptors.add({ kind: "other", what: "signalfd" });
  }
  readSignals(_fd: number): readonly SignalInfo[] {
    return this.arrivedSignals.splice(0);
  }
  setSignalMask(_signals: readonly number[]): void {}
  resetSignals(): void {}

  // --- identity and limits -------------------------------------------------------------------------------------------

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
    const old = this.files.umask;
    this.files.umask = mask & 0o777;
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
    return this.descriptors.add({ kind: "other", what: "bpf" });
  }
  bpfAttachDevice(_cgroup: number, program: number, _flags: number): void {
    this.descriptors.get("bpf", program);
  }
  joinSessionKeyring(_name: string): number {
    return 1;
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
}
