/** FakeSys's table of descriptors: what each leads to, what reading and writing through it does. */
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_TRUNC,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "./constants.ts";
import { type FakeFiles, type FakeNode, fakeError, isDirectory, isFile } from "./fake-files.ts";
import { FakeChannel, type FakeMessage, type FakeOpen, type FakeTarget, receive } from "./fake-streams.ts";

export type FakeSocketTarget = FakeTarget & { readonly kind: "socket" };

export class FakeDescriptors {
  readonly #open = new Map<number, FakeOpen>();
  readonly #files: FakeFiles;
  readonly #now: () => bigint;

  constructor(files: FakeFiles, now: () => bigint) {
    this.#files = files;
    this.#now = now;
    for (const fd of [0, 1, 2]) this.#open.set(fd, description({ kind: "other", what: "standard" }));
  }

  list(): readonly number[] {
    return [...this.#open.keys()].sort((a, b) => a - b);
  }

  has(fd: number): boolean {
    return this.#open.has(fd);
  }

  get(syscall: string, fd: number): FakeOpen {
    const open = this.#open.get(fd);
    if (open === undefined) throw fakeError(syscall, "EBADF");
    return open;
  }

  getSocket(syscall: string, fd: number): FakeSocketTarget {
    const { target } = this.get(syscall, fd);
    if (target.kind !== "socket") throw fakeError(syscall, "ENOTSOCK");
    return target;
  }

  /** One of those that are only a name is open there. */
  isNamed(fd: number, what: string): boolean {
    const target = this.#open.get(fd)?.target;
    return target?.kind === "other" && target.what === what;
  }

  add(target: FakeTarget): number {
    return this.adopt(description(target));
  }

  /** For a description that is counted already: it came by SCM_RIGHTS. */
  adopt(open: FakeOpen, fd = this.#lowestFree()): number {
    this.#open.set(fd, open);
    return fd;
  }

  /** Another descriptor of the same description. */
  share(open: FakeOpen, fd?: number): number {
    open.refs++;
    return this.adopt(open, fd);
  }

  close(fd: number): void {
    const open = this.get("close", fd);
    this.#open.delete(fd);
    open.refs--;
    if (open.refs === 0) release(open.target);
  }

  /** A child's copy of the table; the function closes what the child left open, and gives the parent's back. */
  fork(): () => void {
    const parents = new Map(this.#open);
    for (const open of parents.values()) open.refs++;
    return () => {
      for (const fd of this.list()) this.close(fd);
      for (const [fd, open] of parents) this.#open.set(fd, open);
    };
  }

  pipe(): readonly [number, number] {
    const channel = new FakeChannel();
    channel.readers = 1;
    channel.writers = 1;
    return [this.add({ kind: "reader", channel }), this.add({ kind: "writer", channel })];
  }

  /** Path of what stands at `path` as seen from a directory's descriptor. */
  pathAt(directory: number, path: string): string {
    if (path.startsWith("/") || directory < 0) return path;
    const { target } = this.get("openat", directory);
    if (target.kind !== "file") throw fakeError("openat", "ENOTDIR", path);
    return `${target.path}/${path}`;
  }

  openFile(syscall: string, path: string, flags: number, mode: number): number {
    const exclusive = (flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL);
    const found = this.#files.find(syscall, path, (flags & O_NOFOLLOW) === 0 && !exclusive);
    if (found.node !== undefined && exclusive) throw fakeError(syscall, "EEXIST", path);
    if (found.node === undefined && (flags & O_CREAT) === 0) throw fakeError(syscall, "ENOENT", path);
    const node = found.node ?? this.#files.create(S_IFREG | (mode & ~this.#files.umask));
    if (found.node === undefined) this.#files.put(found.parent, found.name, node);
    if ((node.mode & S_IFMT) === S_IFLNK && (flags & O_PATH) === 0) throw fakeError(syscall, "ELOOP", path);
    if ((flags & O_DIRECTORY) !== 0 && !isDirectory(node)) throw fakeError(syscall, "ENOTDIR", path);
    if (isDirectory(node) && (flags & 3) !== 0) throw fakeError(syscall, "EISDIR", path);
    if ((flags & O_TRUNC) !== 0 && isFile(node)) node.data = new Uint8Array();
    return this.add({ kind: "file", node, path: found.path, flags, offset: 0 });
  }

  read(fd: number, length: number): Uint8Array {
    const open = this.get("read", fd);
    const { target } = open;
    switch (target.kind) {
      case "file": {
        if (isDirectory(target.node)) throw fakeError("read", "EISDIR");
        const data = target.node.data.slice(target.offset, target.offset + length);
        target.offset += data.length;
        return data;
      }
      case "reader":
        awaitData(open, target.channel);
        return target.channel.pull(length).data;
      case "socket":
        return this.receive("read", fd, length).data;
      default:
        throw fakeError("read", "EBADF");
    }
  }

  write(fd: number, data: Uint8Array): number {
    const { target } = this.get("write", fd);
    switch (target.kind) {
      case "file":
        writeAt(target.node, (target.flags & O_APPEND) !== 0 ? target.node.data.length : target.offset, data);
        target.offset += data.length;
        target.node.mtime = this.#now();
        return data.length;
      case "writer":
        return send("write", target.channel, data, []);
      case "socket":
        return send("write", target.socket.output, data, []);
      case "other":
        return data.length;
      default:
        throw fakeError("write", "EBADF");
    }
  }

  sendWith(fd: number, data: Uint8Array, fds: readonly number[]): number {
    const { socket } = this.getSocket("sendmsg", fd);
    const passed = fds.map((each) => this.get("sendmsg", each));
    for (const open of passed) open.refs++;
    return send("sendmsg", socket.output, data, passed);
  }

  receive(syscall: string, fd: number, length: number): FakeMessage {
    const { socket } = this.getSocket(syscall, fd);
    if (socket.input === null) throw fakeError(syscall, "ENOTCONN");
    awaitData(this.get(syscall, fd), socket.input);
    return receive(socket, length);
  }

  /** As select(2) says: a read would not wait. */
  isReadable(fd: number): boolean {
    const target = this.#open.get(fd)?.target;
    switch (target?.kind) {
      case "file":
        return true;
      case "reader":
        return target.channel.messages.length > 0 || target.channel.writers === 0;
      case "socket": {
        const { input, pending } = target.socket;
        return pending.length > 0 || (input !== null && (input.messages.length > 0 || input.writers === 0));
      }
      default:
        return false;
    }
  }

  #lowestFree(): number {
    let fd = 0;
    while (this.#open.has(fd)) fd++;
    return fd;
  }
}

function description(target: FakeTarget): FakeOpen {
  return { refs: 1, nonblocking: false, target };
}

function release(target: FakeTarget): void {
  if (target.kind === "reader") target.channel.readers--;
  if (target.kind === "writer") target.channel.writers--;
  if (target.kind !== "socket") return;
  if (target.socket.input !== null) target.socket.input.readers = 0;
  if (target.socket.output !== null) target.socket.output.writers = 0;
}

function awaitData(open: FakeOpen, channel: FakeChannel): void {
  if (channel.messages.length > 0 || channel.writers === 0) return;
  if (open.nonblocking) throw fakeError("read", "EAGAIN");
  throw new Error("this read would wait for ever: nothing has been written");
}

function send(syscall: string, channel: FakeChannel | null, data: Uint8Array, fds: readonly FakeOpen[]): number {
  if (channel === null) throw fakeError(syscall, "ENOTCONN");
  if (channel.readers === 0 || channel.writers === 0) throw fakeError(syscall, "EPIPE");
  channel.push(data, fds);
  return data.length;
}

function writeAt(node: FakeNode, offset: number, data: Uint8Array): void {
  const whole = new Uint8Array(Math.max(node.data.length, offset + data.length));
  whole.set(node.data);
  whole.set(data, offset);
  node.data = whole;
}
