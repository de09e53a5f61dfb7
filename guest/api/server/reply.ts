import { EngineError, type ErrorKind, STATUS_OF_KIND } from "../contract/errors.ts";
import { API_VERSION, SERVER_NAME } from "../contract/versions.ts";
import { CHUNK_END, chunkHead, LAST_CHUNK } from "../wire/chunked.ts";
import { responseLine } from "../wire/format.ts";
import { joinBytes, type TextCodec } from "../wire/text.ts";

/** The client's descriptor, given away, and what it had sent that was read already. */
export interface ClientStream {
  readonly fd: number;
  readonly rest: Uint8Array;
}

/** What its request says about a reply. */
export interface ReplyTerms {
  /** HEAD: the body is counted, not sent. */
  readonly headOnly: boolean;
  readonly keepAlive: boolean;
  /** The client asked for `Upgrade`. */
  readonly upgrade: boolean;
}

/** What a reply needs of its connection; one for all that are sent on it. */
export interface ReplyPort {
  readonly text: TextCodec;
  write(bytes: Uint8Array): void;
  /** Bytes that were written and that the client has not taken. */
  unsent(): number;
  /** The answer is complete. */
  finish(): void;
  /** Sends `head` at once and gives the descriptor away. */
  release(head: Uint8Array): ClientStream;
  onClosed(listener: () => void): void;
}

/** A body that comes piece by piece. */
export interface BodyStream {
  write(text: string): void;
  /** Bytes that wait for a client which does not read. */
  unsent(): number;
  /** After `last`, which goes with the end in one write. */
  end(last?: string): void;
  /** The client has gone; nothing that is written later is sent. */
  onClosed(listener: () => void): void;
}

/** What every answer says. Text, because a head is put together for each. */
const COMMON = `Api-Version: ${API_VERSION}\r\nDocker-Experimental: false\r\nOstype: linux\r\nServer: ${SERVER_NAME}\r\n`;
const CLOSE = "Connection: close\r\n";
const UPGRADED = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const JSON_TYPE = "application/json";

/** The one answer to a request. Exactly one of its methods is called, once. */
export class Reply {
  readonly #port: ReplyPort;
  readonly #terms: ReplyTerms;
  #begun = false;

  constructor(port: ReplyPort, terms: ReplyTerms) {
    this.#port = port;
    this.#terms = terms;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Docker ends a JSON body with a line break. */
  json(status: number, value: unknown): void {
    this.body(status, JSON_TYPE, `${JSON.stringify(value)}\n`);
  }

  /** JSON that is kept in pieces, as UTF-8. */
  jsonPieces(status: number, pieces: readonly Uint8Array[]): void {
    this.#pieces(status, JSON_TYPE, pieces, "");
  }

  body(status: number, type: string, text: string, extra = ""): void {
    this.#pieces(status, type, [this.#port.text.encode(text)], extra);
  }

  #pieces(status: number, type: string, pieces: readonly Uint8Array[], extra: string): void {
    const body = joinBytes(pieces);
    const head = this.#head(status, `${extra}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n`);
    this.#port.write(this.#terms.headOnly ? head : joinBytes([head, body]));
    this.#port.finish();
  }

  /** A status and nothing more: 204, 304, or the answer to a HEAD, with `extra` header lines. */
  empty(status: number, extra = ""): void {
    this.#port.write(this.#head(status, extra));
    this.#port.finish();
  }

  error(error: unknown): void {
    const { kind, message } = describe(error);
    if (kind === "notModified") this.empty(304);
    else this.json(STATUS_OF_KIND[kind], { message });
  }

  /** 200 now, the body as it comes. */
  stream(type: string = JSON_TYPE): BodyStream {
    const port = this.#port;
    const { headOnly } = this.#terms;
    const chunk = (text: string, after: string): Uint8Array => {
      const data = port.text.encode(text);
      return joinBytes([port.text.encode(chunkHead(data.length)), data, port.text.encode(CHUNK_END + after)]);
    };
    port.write(this.#head(200, `Content-Type: ${type}\r\n${CHUNKED}`));
    return {
      write(text) {
        if (text !== "" && !headOnly) port.write(chunk(text, ""));
      },
      unsent: () => port.unsent(),
      end(last = "") {
        if (!headOnly) port.write(last === "" ? port.text.encode(LAST_CHUNK) : chunk(last, LAST_CHUNK));
        port.finish();
      },
      onClosed: (listener) => port.onClosed(listener),
    };
  }

  /** The descriptor itself, HTTP being over: 101 when the client asked to upgrade, else 200 and a raw stream. */
  hijack(multiplexed: boolean): ClientStream {
    const type = streamType(multiplexed);
    return this.#terms.upgrade ? this.#release(101, type, UPGRADED) : this.#release(200, type, "");
  }

  /** A 200 whose body is whatever is written to the descriptor until it is closed. */
  handOver(multiplexed: boolean): ClientStream {
    return this.#release(200, streamType(multiplexed), CLOSE);
  }

  /** The same for a file's bytes, with `extra` header lines. */
  handOverFile(type = "application/octet-stream", extra = ""): ClientStream {
    return this.#release(200, type, CLOSE + extra);
  }

  #release(status: number, type: string, more: string): ClientStream {
    this.#begun = true;
    const head = `${responseLine(status)}Content-Type: ${type}\r\n${more}${COMMON}\r\n`;
    return this.#port.release(this.#port.text.encode(head));
  }

  /** `headers` are lines, each with its end. */
  #head(status: number, headers: string): Uint8Array {
    this.#begun = true;
    const closing = this.#terms.keepAlive ? "" : CLOSE;
    return this.#port.text.encode(`${responseLine(status)}${headers}${closing}${COMMON}\r\n`);
  }
}

function streamType(multiplexed: boolean): string {
  return multiplexed ? "application/vnd.docker.multiplexed-stream" : "application/vnd.docker.raw-stream";
}

/** What is not an EngineError is our own fault: 500 with what it says. */
function describe(error: unknown): { readonly kind: ErrorKind; readonly message: string } {
  if (error instanceof EngineError) return error;
  return { kind: "system", message: error instanceof Error ? error.message : String(error) };
}
