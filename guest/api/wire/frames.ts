/** The multiplexed stream of attach and logs: [stream,0,0,0,length as 32-bit big endian] before each piece. */
export type StreamName = "stdin" | "stdout" | "stderr" | "system";

const NAMES: readonly StreamName[] = ["stdin", "stdout", "stderr", "system"];
export const FRAME_HEAD = 8;

export function frameHead(stream: number, length: number): Uint8Array {
  return new Uint8Array([stream, 0, 0, 0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]);
}

export type FrameSink = (stream: StreamName, data: Uint8Array) => void;

/** Takes the frames apart, however they were cut. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #head = new Uint8Array(FRAME_HEAD);
  #have = 0;
  #left = 0;
  #stream: StreamName = "stdout";

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** False: these are not frames (an unknown stream number); nothing more can be told from this connection. */
  push(piece: Uint8Array): boolean {
    let at = 0;
    while (at < piece.length) {
      if (this.#left > 0) {
        const end = Math.min(piece.length, at + this.#left);
        this.#sink(this.#stream, piece.subarray(at, end));
        this.#left -= end - at;
        at = end;
        continue;
      }
      this.#head[this.#have++] = piece[at++] ?? 0;
      if (this.#have === FRAME_HEAD && !this.#open()) return false;
    }
    return true;
  }

  /** In the middle of a frame: an end here is a cut connection. */
  get partial(): boolean {
    return this.#have > 0 || this.#left > 0;
  }

  #open(): boolean {
    const [stream = 255, , , , a = 0, b = 0, c = 0, d = 0] = this.#head;
    const name = NAMES[stream];
    if (name === undefined) return false;
    this.#stream = name;
    this.#left = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    this.#have = 0;
    return true;
  }
}
