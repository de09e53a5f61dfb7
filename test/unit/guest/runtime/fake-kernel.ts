/**
 * FakeSys with the three habits of the real kernel that the runtime lives by: /proc/self/fd/N names an open descriptor, a
 * new cgroup directory is full of files, and a network namespace has its sysctls.
 */
import { RESOLVE_NO_SYMLINKS, S_IFDIR, S_IFMT } from "../../../../guest/sys/constants.ts";
import { FakeSys } from "../../../../guest/sys/fake.ts";
import { SysError } from "../../../../guest/sys/sys.ts";

const CGROUP_FILES = {
  "cgroup.procs": "",
  "cgroup.kill": "",
  "cgroup.freeze": "0\n",
  "cgroup.events": "populated 0\nfrozen 0\n",
  "cgroup.subtree_control": "",
  "cgroup.controllers": "cpuset cpu io memory pids\n",
  "cpu.max": "max 100000\n",
  "cpu.weight": "100\n",
  "cpuset.cpus": "",
  "cpuset.mems": "",
  "io.max": "",
  "io.bfq.weight": "default 100\n",
  "memory.max": "max\n",
  "memory.low": "0\n",
  "memory.swap.max": "max\n",
  "pids.max": "max\n",
};

export class FakeKernel extends FakeSys {
  /** What the next fork does besides giving a pid: plays the child's part from outside. */
  onFork: ((sys: FakeKernel) => void) | null = null;
  /** [reading end, writing end], the oldest first. */
  readonly pipes: (readonly [number, number])[] = [];

  constructor() {
    super();
    this.mkdirAll("/proc/self/fd");
    this.mkdirAll("/sys/fs");
    this.mkdir("/sys/fs/cgroup");
    this.mkdirAll("/proc/sys/net/ipv4");
    this.symlink("/usr/bin/drydock", "/proc/self/exe");
    for (const file of [
      "self/oom_score_adj",
      "sys/net/ipv4/ip_unprivileged_port_start",
      "sys/net/ipv4/ping_group_range",
    ]) {
      this.writeFile(`/proc/${file}`, "");
    }
    this.calls.length = 0;
  }

  /** A process that /proc tells of. */
  addProcess(pid: number, startTime: string, state = "S"): void {
    this.mkdirAll(`/proc/${pid}`);
    const fields = [state, ...Array.from({ length: 18 }, () => "0"), startTime, "0"];
    this.writeFile(`/proc/${pid}/stat`, `${pid} (a (strange) name) ${fields.join(" ")}\n`);
  }

  override fork(): number {
    const pid = super.fork();
    this.onFork?.(this);
    return pid;
  }

  override pipe(): readonly [number, number] {
    const ends = super.pipe();
    this.pipes.push(ends);
    return ends;
  }

  override open(path: string, flags: number, mode?: number): number {
    return this.#name(super.open(path, flags, mode), path);
  }

  override openat(directory: number, path: string, flags: number, mode?: number): number {
    return this.#name(super.openat(directory, path, flags, mode), `/proc/self/fd/${directory}/${path}`);
  }

  override access(path: string, mode: number): boolean {
    return super.exists(path) && super.access(path, mode);
  }

  override dup(fd: number): number {
    return this.#name(super.dup(fd), `/proc/self/fd/${fd}`);
  }

  override openat2(
    directory: number,
    path: string,
    how: { readonly flags: number; readonly mode?: number; readonly resolve: number },
  ): number {
    const full = `/proc/self/fd/${directory}/${path}`;
    if ((how.resolve & RESOLVE_NO_SYMLINKS) !== 0 && this.exists(full) && this.#hasLink(directory, path)) {
      throw new SysError({ syscall: "openat2", code: "ELOOP", errno: 40, path });
    }
    return this.#name(super.openat2(directory, path, how), full);
  }

  override mkdir(path: string, mode?: number): void {
    super.mkdir(path, mode);
    if (!path.startsWith("/sys/fs/cgroup")) return;
    for (const [name, text] of Object.entries(CGROUP_FILES)) super.writeFile(`${path}/${name}`, text);
  }

  override mkdirAll(path: string, mode?: number): void {
    if (path.startsWith("/sys/fs/cgroup/") && !super.exists(path)) this.mkdir(path, mode);
    else super.mkdirAll(path, mode);
  }

  override rmdir(path: string): void {
    if (!path.startsWith("/sys/fs/cgroup/") || !super.exists(path)) {
      super.rmdir(path);
      return;
    }
    if (this.#isBusy(path)) throw new SysError({ syscall: "rmdir", code: "EBUSY", errno: 16, path });
    super.removeAll(path);
  }

  /** A cgroup with processes or children; its own files do not count. */
  #isBusy(cgroup: string): boolean {
    const events = `${cgroup}/cgroup.events`;
    if (super.exists(events) && super.readFile(events).includes("populated 1")) return true;
    return super.readdir(cgroup).some((name) => (super.stat(`${cgroup}/${name}`).mode & S_IFMT) === S_IFDIR);
  }

  #hasLink(directory: number, path: string): boolean {
    if (path === ".") return false;
    return (
      super.realpath(`/proc/self/fd/${directory}/${path}`) !== `${super.realpath(`/proc/self/fd/${directory}`)}/${path}`
    );
  }

  #name(fd: number, path: string): number {
    const link = `/proc/self/fd/${fd}`;
    if (!super.exists(path)) return fd;
    const target = super.realpath(path);
    if (super.exists(link)) super.unlink(link);
    super.symlink(target, link);
    return fd;
  }
}
