import { EngineError } from "../../api/contract/errors.ts";

export interface AttachQuery {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly stream: boolean;
  readonly logs: boolean;
  /** "" is the engine's own. */
  readonly detachKeys: string;
}

/** The client's socket, now the engine's, and the bytes of it that were already read. */
export interface TakenStream {
  readonly fd: number;
  readonly rest: Uint8Array;
}

export type TakeStream = (multiplexed: boolean) => TakenStream;

/** A client that attached to a container which does not run yet. */
export interface PendingAttach {
  readonly stream: TakenStream;
  /** First words of the message to the shim. */
  readonly words: string;
}

/** What of it is connected, as the shim is told. */
export interface AttachStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly multiplexed: boolean;
  /** Bytes that detach; empty: none do. */
  readonly keys: readonly number[];
}

const DEFAULT_KEYS: readonly number[] = [16, 17];

/** `attach STDIN STDOUT STDERR MUX KEYSHEX`; the length of what was typed ahead and the bytes follow. */
export function attachWords({ stdin, stdout, stderr, multiplexed, keys }: AttachStreams): string {
  const bit = (on: boolean): string => (on ? "1" : "0");
  const hex = keys.length === 0 ? "-" : keys.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `attach ${bit(stdin)} ${bit(stdout)} ${bit(stderr)} ${bit(multiplexed)} ${hex}`;
}

/** "ctrl-p,ctrl-q" → 16, 17; "" is that. Throws Docker's refusal, in which an exec calls them otherwise. */
export function parseDetachKeys(text: string, what: "detach" | "escape" = "detach"): readonly number[] {
  if (text === "") return DEFAULT_KEYS;
  return text.split(",").map((key) => {
    const code = keyCode(key);
    if (code !== null) return code;
    throw new EngineError("invalid", `Invalid ${what} keys (${text}) provided`);
  });
}

function keyCode(key: string): number | null {
  if (key.length === 1) return key.charCodeAt(0) < 128 ? key.charCodeAt(0) : null;
  const control = /^ctrl-([a-z@[\\\]^_])$/.exec(key)?.[1];
  if (control === undefined) return key === "DEL" ? 127 : null;
  return control.charCodeAt(0) & 31;
}
