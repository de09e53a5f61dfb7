/**
 * The kernel as unit tests see it: an in-memory model good enough for the contract suite, and a recorder. `fake.calls`
 * reads like strace: `mount("proc","/proc","proc",14,null)`. What a process cannot come back from throws: FakeExit for
 * exit, FakeExec for execve. Anything can be made to fail with `fake.fail("mount", "EPERM")`.
 */
import { FakeConnectionCalls } from "./fake-connection-calls.ts";
import { fakeError } from "./fake-files.ts";
import { START } from "./fake-ground.ts";
import { decodeUtf8, encodeUtf8, layOutColumns, pickRows } from "./fake-text.ts";
import type { Sys, Timer, Uname } from "./sys.ts";

export { FakeExec, FakeExit } from "./fake-process-calls.ts";

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
  "jsonRows",
  "alignColumns",
  "now",
  "monotonic",
  "onReadable",
  "onWritable",
]);
/** Methods of the fake that are not the kernel's. */
const CONTROLS: ReadonlySet<string> = new Set([
  "fail",
  "endChild",
  "advance",
  "poll",
  "openDescriptors",
  "pendingTimers",
]);

const MILLISECOND = 1_000_000n;

type Method = (...args: readonly unknown[]) => unknown;

export class FakeSys extends FakeConnectionCalls implements Sys {
  /** Everything asked so far, one call a line. */
  readonly calls: string[] = [];
  readonly mounts: FakeMount[] = [];
  readonly environ: Record<string, string> = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  argv: readonly string[] = ["fake"];
  hostname = "fake";
  readonly #failures = new Map<string, string[]>();

  constructor() {
    super();
    const methods = this as unknown as Record<string, Method>;
    for (const name of systemCalls()) {
      const method = methods[name];
      if (method !== undefined) methods[name] = (...args) => this.#call(name, args, method);
    }
  }

  // --- what a test says ----------------------------------------------------------------------------------------------

  /** The next call of `method` (or the next ones, called more than once) throws. */
  fail(method: keyof Sys, code: string): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), code]);
  }

  /** How many timers somebody has set. */
  pendingTimers(): number {
    return this.loop.pendingTimers;
  }
  /** Time passes; timers that are due run. */
  advance(milliseconds: number): void {
    this.clock += BigInt(milliseconds) * MILLISECOND;
    this.loop.runTimers(this.clock);
  }

  /** One turn of the event loop. False when nobody had anything to do. */
  poll(): boolean {
    return this.loop.poll(
      (fd) =>
        (this.arrivedSignals.length > 0 && this.descriptors.isNamed(fd, "signalfd")) || this.descriptors.isReadable(fd),
    );
  }

  /** Descriptors that are open besides 0, 1 and 2: for tests that look for leaks. */
  openDescriptors(): readonly number[] {
    return this.descriptors.list().filter((fd) => fd > 2);
  }

  // --- mounts: recorded, but they do not change what a path means ----------------------------------------------------

  mount(source: string | null, target: string, type: string | null, flags: number, data: string | null = null): void {
    this.files.get("mount", target);
    this.mounts.push({ source, target, type, flags, data });
  }
  umount(target: string, _flags: number): void {
    const index = this.mounts.findLastIndex((mount) => mount.target === target);
    if (index < 0) throw fakeError("umount2", "EINVAL", target);
    this.mounts.splice(index, 1);
  }
  pivotRoot(newRoot: string, putOld: string): void {
    this.files.directory("pivot_root", newRoot);
    this.mounts.push({ source: "/", target: putOld, type: null, flags: 0, data: null });
  }
  chroot(path: string): void {
    this.files.directory("chroot", path);
  }
  fsopen(type: string): number {
    return this.descriptors.add({ kind: "other", what: `fs ${type}` });
  }
  fsconfigSet(fs: number, _key: string, _value: string | null): void {
    this.descriptors.get("fsconfig", fs);
  }
  fsconfigCreate(fs: number): void {
    this.descriptors.get("fsconfig", fs);
  }
  fsmount(fs: number, _attributes: number): number {
    this.descriptors.get("fsmount", fs);
    return this.descriptors.add({ kind: "other", what: "mount" });
  }
  moveMount(mount: number, _directory: number, _target: string): void {
    this.descriptors.get("move_mount", mount);
  }
  openTree(_directory: number, _path: string, _flags: number): number {
    return this.descriptors.add({ kind: "other", what: "tree" });
  }
  mountSetattr(
    _directory: number,
    _path: string,
    _flags: number,
    _set: number,
    _clear: number,
    _propagation: number,
  ): void {}

  // --- the machine ---------------------------------------------------------------------------------------------------

  sethostname(name: string): void {
    this.hostname = name;
  }
  setdomainname(_name: string): void {}
  uname(): Uname {
    return { sysname: "Linux", nodename: this.hostname, release: "6.12.0", version: "#1", machine: "i686" };
  }
  now(): bigint {
    return this.clock;
  }
  monotonic(): bigint {
    return this.clock - START + 1_000_000_000n;
  }
  setClock(nanoseconds: bigint): void {
    this.clock = nanoseconds;
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
  jsonRows(body: Uint8Array, members: readonly string[]): readonly object[] | null {
    return pickRows(this.utf8Decode(body), members);
  }
  alignColumns(text: string, minimum: number): string {
    return layOutColumns(text, minimum);
  }

  // --- the event loop: poll() and advance() drive it -----------------------------------------------------------------

  onReadable(fd: number, callback: (() => void) | null): void {
    this.loop.onReadable(fd, callback);
  }
  onWritable(fd: number, callback: (() => void) | null): void {
    this.loop.onWritable(fd, callback);
  }
  setTimer(delay: number, callback: () => void): Timer {
    return this.loop.setTimer(this.clock, delay, callback);
  }
  clearTimer(timer: Timer): void {
    this.loop.clearTimer(timer);
  }
  forgetCallbacks(): void {
    this.loop.clear();
  }

  // --- inside --------------------------------------------------------------------------------------------------------

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
}

/** The methods of all floors. What a test adds in a class of its own is not the kernel's. */
function systemCalls(): readonly string[] {
  const names: string[] = [];
  for (let floor: object | null = FakeSys.prototype; floor !== Object.prototype; floor = Object.getPrototypeOf(floor)) {
    names.push(...Object.getOwnPropertyNames(floor));
  }
  return names.filter((name) => name !== "constructor" && !CONTROLS.has(name));
}

function describe(value: unknown): string {
  if (value instanceof Uint8Array)
    return value.length <= 64 ? JSON.stringify(decodeUtf8(value)) : `<${value.length} bytes>`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "function";
  if (value === undefined) return "undefined";
  return JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? `${field}n` : field));
}
