/** FakeSys: sockets and terminals. */
import { AF_UNIX, SHUT_RD, SO_TYPE, SOCK_NONBLOCK, SOL_SOCKET } from "./constants.ts";
import type { FakeSocketTarget } from "./fake-descriptors.ts";
import { type FakeNode, fakeError } from "./fake-files.ts";
import { FakeProcessCalls } from "./fake-process-calls.ts";
import { createSocket, joinSockets } from "./fake-streams.ts";
import type { SocketAddress, StreamEvent, StreamRequest, WindowSize } from "./sys.ts";

export abstract class FakeConnectionCalls extends FakeProcessCalls {
  /** What `stream` answers, one after the other; then the end. */
  readonly streamEvents: StreamEvent[] = [];
  readonly #listeners = new Map<FakeNode, FakeSocketTarget>();
  readonly #windows = new Map<number, WindowSize>();
  #nextPty = 0;

  socket(domain: number, type: number, _protocol: number): number {
    return this.descriptors.add({ kind: "socket", socket: createSocket(domain, type) });
  }
  socketpair(domain: number, type: number, _protocol: number): readonly [number, number] {
    const one = createSocket(domain, type);
    const other = createSocket(domain, type);
    joinSockets(one, other);
    return [
      this.descriptors.add({ kind: "socket", socket: one }),
      this.descriptors.add({ kind: "socket", socket: other }),
    ];
  }
  bind(fd: number, address: SocketAddress): void {
    const target = this.descriptors.getSocket("bind", fd);
    if (address.kind !== "unix") return;
    if (this.files.find("bind", address.path, false).node !== undefined)
      throw fakeError("bind", "EADDRINUSE", address.path);
    const node = this.files.create(0o140755);
    this.files.add("bind", address.path, node);
    this.#listeners.set(node, target);
  }
  listen(fd: number, _backlog: number): void {
    this.descriptors.getSocket("listen", fd).socket.listening = true;
  }
  accept(fd: number, flags = 0): number {
    const socket = this.descriptors.getSocket("accept4", fd).socket.pending.shift();
    if (socket === undefined) throw fakeError("accept4", "EAGAIN");
    const accepted = this.descriptors.add({ kind: "socket", socket });
    this.descriptors.get("accept4", accepted).nonblocking = (flags & SOCK_NONBLOCK) !== 0;
    return accepted;
  }
  connect(fd: number, address: SocketAddress): void {
    const { socket } = this.descriptors.getSocket("connect", fd);
    if (address.kind !== "unix" || socket.domain !== AF_UNIX) return;
    const listener = this.#listeners.get(this.files.get("connect", address.path))?.socket;
    if (listener?.listening !== true) throw fakeError("connect", "ECONNREFUSED", address.path);
    const server = createSocket(socket.domain, socket.type);
    joinSockets(socket, server);
    listener.pending.push(server);
  }
  shutdown(fd: number, how: number): void {
    const { socket } = this.descriptors.getSocket("shutdown", fd);
    if (socket.output === null) throw fakeError("shutdown", "ENOTCONN");
    if (how !== SHUT_RD) socket.output.writers = 0;
  }
  setsockopt(fd: number, _level: number, _option: number, _value: number): void {
    this.descriptors.getSocket("setsockopt", fd);
  }
  getsockopt(fd: number, level: number, option: number): number {
    const { socket } = this.descriptors.getSocket("getsockopt", fd);
    return level === SOL_SOCKET && option === SO_TYPE ? socket.type : 0;
  }
  peerCredentials(fd: number): { readonly pid: number; readonly uid: number; readonly gid: number } {
    this.descriptors.getSocket("getsockopt", fd);
    return { pid: this.pid, uid: this.uid, gid: 0 };
  }
  sendmsg(fd: number, data: Uint8Array, fds: readonly number[] = []): number {
    return this.descriptors.sendWith(fd, data, fds);
  }
  recvmsg(fd: number, length: number): { readonly data: Uint8Array; readonly fds: readonly number[] } {
    const { data, fds } = this.descriptors.receive("recvmsg", fd, length);
    return { data, fds: fds.map((passed) => this.descriptors.adopt(passed)) };
  }
  interfaceIndex(name: string): number {
    if (name !== "lo") throw fakeError("if_nametoindex", "ENODEV", name);
    return 1;
  }

  // --- terminals -----------------------------------------------------------------------------------------------------

  openPty(devpts: string): { readonly master: number; readonly slave: string } {
    const master = this.descriptors.add({ kind: "other", what: "pty" });
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

  #getWindow(fd: number): WindowSize {
    const size = this.#windows.get(fd);
    if (size === undefined) throw fakeError("ioctl", "ENOTTY");
    return size;
  }
}
