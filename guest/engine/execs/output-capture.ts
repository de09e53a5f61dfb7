import { AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { TakenStream } from "../containers/attach.ts";

/** As much as Docker keeps of a probe's output. */
const MAX_BYTES = 4096;
const CUT = "...";

/** The beginning of what a program prints, kept by the engine. For the rest the shim has no reader, and drops it. */
export class OutputCapture {
  /** To be given to the program's shim. */
  readonly stream: TakenStream;
  readonly #sys: Sys;
  readonly #bytes = new Uint8Array(MAX_BYTES);
  #length = 0;
  #cut = false;
  #fd: number;

  constructor(sys: Sys) {
    this.#sys = sys;
    // A socket, as every client of a shim has one.
    const [ours, theirs] = sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    this.#fd = ours;
    this.stream = { fd: theirs, rest: new Uint8Array(0) };
    sys.setNonblocking(ours, true);
    sys.onReadable(ours, () => this.#receive());
  }

  /** Everything that has come until now; the connection is closed. */
  finish(): string {
    while (this.#receive());
    this.#close();
    const text = this.#sys.utf8Decode(this.#bytes.subarray(0, this.#length));
    return this.#cut ? text + CUT : text;
  }

  /** False when there is nothing more, for now or for ever. */
  #receive(): boolean {
    if (this.#fd < 0) return false;
    const piece = this.#read();
    if (piece === null) return false;
    if (piece.length === 0) {
      this.#close();
      return false;
    }
    const kept = piece.subarray(0, MAX_BYTES - this.#length);
    this.#bytes.set(kept, this.#length);
    this.#length += kept.length;
    if (kept.length === piece.length) return true;
    this.#cut = true;
    this.#close();
    return false;
  }

  #read(): Uint8Array | null {
    try {
      return this.#sys.read(this.#fd, MAX_BYTES);
    } catch (error) {
      if (error instanceof SysError && (error.code === "EAGAIN" || error.code === "EINTR")) return null;
      throw error;
    }
  }

  #close(): void {
    if (this.#fd < 0) return;
    this.#sys.onReadable(this.#fd, null);
    this.#sys.close(this.#fd);
    this.#fd = -1;
  }
}
