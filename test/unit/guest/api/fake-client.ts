import type { Connection, Transport } from "../../../../guest/api/client.ts";
import { AF_UNIX, SHUT_WR, SOCK_STREAM } from "../../../../guest/sys/constants.ts";
import type { FakeSys } from "../../../../guest/sys/fake.ts";
import { SysError } from "../../../../guest/sys/sys.ts";

/** A client of a server that runs on the same FakeSys: a raw socket, pumped by hand. */
export class FakeClient {
  readonly fd: number;
  readonly #sys: FakeSys;
  #received = "";
  #ended = false;

  constructor(sys: FakeSys, path: string) {
    this.#sys = sys;
    this.fd = sys.socket(AF_UNIX, SOCK_STREAM, 0);
    sys.connect(this.fd, { kind: "unix", path });
    sys.setNonblocking(this.fd, true);
  }

  /** Sends, lets the server run, and gives everything that came back so far. */
  send(text: string | Uint8Array): string {
    this.#sys.write(this.fd, typeof text === "string" ? this.#sys.utf8Encode(text) : text);
    return this.receive();
  }

  receive(): string {
    for (let turn = 0; turn < 50 && this.#sys.poll(); turn++) this.#drain();
    this.#drain();
    return this.#received;
  }

  /** The server has closed its end. */
  get ended(): boolean {
    this.receive();
    return this.#ended;
  }

  finish(): void {
    this.#sys.shutdown(this.fd, SHUT_WR);
    this.receive();
  }

  #drain(): void {
    for (;;) {
      const bytes = this.#read();
      if (bytes === null) return;
      if (bytes.length === 0) {
        this.#ended = true;
        return;
      }
      this.#received += this.#sys.utf8Decode(bytes);
    }
  }

  #read(): Uint8Array | null {
    try {
      return this.#sys.read(this.fd, 65536);
    } catch (error) {
      if (error instanceof SysError) return null;
      throw error;
    }
  }
}

/** For an EngineClient in the same process: each write lets the server run. */
export function fakeTransport(sys: FakeSys, path: string): Transport {
  return {
    text: { encode: (text) => sys.utf8Encode(text), decode: (bytes) => sys.utf8Decode(bytes) },
    open: () => Promise.resolve(openConnection(sys, path)),
  };
}

function openConnection(sys: FakeSys, path: string): Connection {
  const fd = sys.socket(AF_UNIX, SOCK_STREAM, 0);
  sys.connect(fd, { kind: "unix", path });
  let onData = (_bytes: Uint8Array): void => {};
  let onEnd = (_error: Error | null): void => {};
  let open = true;
  const receive = (): void => {
    const bytes = sys.read(fd, 65536);
    if (bytes.length > 0) {
      onData(bytes);
      return;
    }
    sys.onReadable(fd, null);
    onEnd(null);
  };
  sys.onReadable(fd, receive);
  // The server may answer some promises later: a few more turns.
  const run = async (): Promise<void> => {
    for (let turn = 0; turn < 30 && open; turn++) {
      sys.poll();
      await Promise.resolve();
    }
  };
  return {
    write(bytes) {
      sys.write(fd, bytes);
      queueMicrotask(() => void run());
    },
    end() {
      sys.shutdown(fd, SHUT_WR);
      queueMicrotask(() => void run());
    },
    onData(listener) {
      onData = listener;
    },
    onEnd(listener) {
      onEnd = listener;
    },
    close() {
      if (!open) return;
      open = false;
      sys.onReadable(fd, null);
      sys.close(fd);
    },
  };
}
