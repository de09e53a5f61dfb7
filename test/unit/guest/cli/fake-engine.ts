/** A kernel with one thing in it: sockets to an engine that answers a scenario. Everything happens in this process. */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { latin1 } from "../../../../guest/api/wire/text.ts";
import type { Surroundings } from "../../../../guest/cli/cli.ts";
import { runDocker } from "../../../../guest/cli/run-docker.ts";
import { layOutColumns, pickRows } from "../../../../guest/sys/fake-text.ts";
import { type StreamEvent, type StreamRequest, type Sys, SysError } from "../../../../guest/sys/sys.ts";
import {
  Answers,
  dropEmpty,
  type RecordedRequest,
  readTarget,
  routeBytes,
  type Scenario,
  type Transcript,
} from "./scenario.ts";

const FIRST_SOCKET = 10;
const SIGNALS = 9;

interface FakeSocket {
  received: Buffer;
  readonly answer: Buffer[];
  ended: boolean;
  listener: (() => void) | null;
}

export interface Terminal {
  readonly rows: number;
  readonly columns: number;
}

export interface Play {
  /** Standard input and output are a terminal of this size. */
  readonly terminal?: Terminal;
  /** What stream() reports before it ends. */
  readonly events?: readonly StreamEvent[];
  readonly signals?: number[];
  /** The engine's socket is not there. */
  readonly unreachable?: boolean;
  /** Whoever read standard output has gone. */
  readonly noReader?: boolean;
}

export interface Played extends Transcript {
  /** Calls that change the terminal or ask for it, in order. */
  readonly terminalCalls: readonly string[];
}

export async function play(scenario: Scenario, options: Play = {}): Promise<Played> {
  const machine = new FakeMachine(scenario, options);
  const code = await machine.run();
  return {
    code,
    stdout: machine.output(1),
    stderr: machine.output(2),
    requests: machine.requests,
    terminalCalls: machine.terminalCalls,
  };
}

class FakeMachine {
  readonly requests: RecordedRequest[] = [];
  readonly terminalCalls: string[] = [];
  readonly #scenario: Scenario;
  readonly #options: Play;
  readonly #answers: Answers;
  readonly #sockets = new Map<number, FakeSocket>();
  readonly #events: StreamEvent[];
  readonly #pieces: { fd: number; bytes: Uint8Array }[] = [];
  readonly #typed: Uint8Array[];
  #next = FIRST_SOCKET;
  /** What the program ended itself with; what it does afterwards has not happened. */
  #exited: number | null = null;

  constructor(scenario: Scenario, options: Play) {
    this.#scenario = scenario;
    this.#options = options;
    this.#answers = new Answers(scenario);
    this.#typed = [Buffer.from(scenario.stdin ?? "")];
    this.#events = [...(options.events ?? [])];
  }

  async run(): Promise<number> {
    const surroundings: Surroundings = {
      environ: this.#scenario.environ ?? { HOME: "/root" },
      signals: { fd: SIGNALS, read: () => this.#options.signals?.splice(0) ?? [] },
      exit: (code) => {
        this.#exited ??= code;
        throw new Error(`exit ${code}`);
      },
    };
    const code = await runDocker(this.#sys(), this.#scenario.argv, surroundings);
    return this.#exited ?? code;
  }

  output(fd: number): string {
    return Buffer.concat(this.#pieces.filter((piece) => piece.fd === fd).map((piece) => piece.bytes)).toString();
  }

  #sys(): Sys {
    const terminal = this.#options.terminal;
    const calls = {
      environ: {},
      utf8Encode: (text: string) => new TextEncoder().encode(text),
      utf8Decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
      jsonRows: (bytes: Uint8Array, members: readonly string[]) => pickRows(new TextDecoder().decode(bytes), members),
      alignColumns: layOutColumns,
      setTimer: (delay: number, callback: () => void) => setTimeout(callback, delay),
      clearTimer: (timer: NodeJS.Timeout) => clearTimeout(timer),
      now: () => BigInt(Date.now()) * 1_000_000n,
      isatty: () => terminal !== undefined,
      getWindowSize: () => terminal ?? { rows: 0, columns: 0 },
      getcwd: () => "/work",
      uname: () => ({ machine: "i686" }),
      exists: existsSync,
      stat: (path: string) => ({ mode: statSync(path).mode }),
      lstat: (path: string) => ({ mode: this.#look(path).mode }),
      realpath: (path: string) => this.#look(path) && path,
      readFile: (path: string) => this.#readFile(path),
      sha256Bytes: (data: Uint8Array) => createHash("sha256").update(data).digest("hex"),
      socket: () => this.#open(),
      connect: () => this.#connect(),
      shutdown: () => {},
      close: (fd: number) => void this.#sockets.delete(fd),
      read: (fd: number) => this.#read(fd),
      write: (fd: number, bytes: Uint8Array) => this.#write(fd, bytes),
      onReadable: (fd: number, listener: (() => void) | null) => this.#listen(fd, listener),
      makeRaw: (fd: number) => {
        this.terminalCalls.push(`raw ${fd}`);
        return new Uint8Array([fd]);
      },
      restoreTerminal: (fd: number) => void this.terminalCalls.push(`restore ${fd}`),
      stream: (request: StreamRequest) => this.#stream(request),
    };
    return calls as unknown as Sys;
  }

  #look(path: string): { readonly mode: number } {
    if (!existsSync(path)) throw new SysError({ syscall: "lstat", code: "ENOENT", errno: 2, path });
    return { mode: lstatSync(path).mode };
  }

  #readFile(path: string): string {
    if (!existsSync(path)) throw new SysError({ syscall: "open", code: "ENOENT", errno: 2, path });
    return readFileSync(path, "utf8");
  }

  #open(): number {
    const fd = this.#next++;
    this.#sockets.set(fd, { received: Buffer.alloc(0), answer: [], ended: false, listener: null });
    return fd;
  }

  #connect(): void {
    if (this.#options.unreachable) throw new SysError({ syscall: "connect", code: "ENOENT", errno: 2 });
  }

  #write(fd: number, bytes: Uint8Array): number {
    if (this.#exited !== null) return bytes.length;
    if (fd === 1 && this.#options.noReader) throw new SysError({ syscall: "write", code: "EPIPE", errno: 32 });
    const socket = this.#sockets.get(fd);
    if (socket === undefined) this.#pieces.push({ fd, bytes: bytes.slice() });
    else {
      socket.received = Buffer.concat([socket.received, bytes]);
      this.#serve(socket);
    }
    return bytes.length;
  }

  #listen(fd: number, listener: (() => void) | null): void {
    if (fd === 0 && listener !== null) setImmediate(listener);
    const socket = this.#sockets.get(fd);
    if (socket === undefined) return;
    socket.listener = listener;
    this.#wake(socket);
  }

  #wake(socket: FakeSocket): void {
    if (socket.listener === null || (socket.answer.length === 0 && !socket.ended)) return;
    setImmediate(() => {
      if (socket.answer.length === 0 && !socket.ended) return;
      socket.listener?.();
      this.#wake(socket);
    });
  }

  #read(fd: number): Uint8Array {
    if (fd === 0) return this.#typed.splice(0)[0] ?? new Uint8Array(0);
    return this.#sockets.get(fd)?.answer.shift() ?? new Uint8Array(0);
  }

  /** One whole request has arrived: it is noted and answered. */
  #serve(socket: FakeSocket): void {
    const text = latin1(socket.received);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return;
    const [, method = "", target = ""] = /^(\S+) (\S+) /.exec(text) ?? [];
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (socket.received.length < end + 4 + length) return;
    const body = socket.received.subarray(end + 4, end + 4 + length).toString();
    socket.received = socket.received.subarray(end + 4 + length);
    const hijack = /\r\nupgrade: tcp/i.test(text.slice(0, end + 2));
    this.#note(method, target, hijack ? "" : body);
    this.#answer(socket, { method, path: readTarget(target).path, hijack });
  }

  #note(method: string, target: string, body: string): void {
    const content = body === "" ? undefined : dropEmpty(JSON.parse(body));
    this.requests.push({ method, ...readTarget(target), ...(content === undefined ? {} : { body: content }) });
  }

  #answer(socket: FakeSocket, { method, path, hijack }: { method: string; path: string; hijack: boolean }): void {
    const route = this.#answers.take(method, path);
    const status = route.status ?? 200;
    const bytes = Buffer.from(routeBytes(route));
    const raw = status === 101 || (hijack && status < 400) || path.endsWith("/logs") || path.endsWith("/export");
    const framing = raw || status === 204 || status === 304 ? "" : `Content-Length: ${bytes.length}\r\n`;
    const head = `HTTP/1.1 ${status} X\r\nContent-Type: ${route.type ?? "application/json"}\r\n${framing}\r\n`;
    socket.answer.push(Buffer.from(head));
    if (status !== 204 && status !== 304 && method !== "HEAD") socket.answer.push(bytes);
    socket.ended = raw;
    this.#wake(socket);
  }

  /** Takes frames apart as the native one does. */
  #stream({ socket: fd, raw, output, error, received }: StreamRequest): StreamEvent {
    const event = this.#events.shift();
    if (event !== undefined) return event;
    const socket = this.#sockets.get(fd);
    let bytes = Buffer.concat([received ?? new Uint8Array(0), ...(socket?.answer.splice(0) ?? [])]);
    if (raw) this.#pieces.push({ fd: output ?? -1, bytes });
    for (; !raw && bytes.length >= 8; bytes = bytes.subarray(8 + bytes.readUInt32BE(4))) {
      const target = bytes[0] === 1 ? output : error;
      if (target !== null) this.#pieces.push({ fd: target, bytes: bytes.subarray(8, 8 + bytes.readUInt32BE(4)) });
    }
    return { kind: "end" };
  }
}
