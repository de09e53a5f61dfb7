/** What the launcher (sys/launch.c) says about the command that somebody has typed. */
import { joinBytes } from "../api/wire/text.ts";
import type { Sys } from "../sys/sys.ts";

/** More than most command lines and their environment take; the rest is read as it comes. */
const PIECE = 8192;

export interface LaunchRequest {
  readonly argv: readonly string[];
  readonly environ: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Standard input, output and error. */
  readonly fds: readonly number[];
}

/**
 * u32le length, then `argc NUL argv… envc NUL env… cwd NUL`; the descriptors come with the first byte. null: the launcher
 * went away in the middle of it.
 */
export function readLaunchRequest(sys: Sys, connection: number): LaunchRequest | null {
  const first = sys.recvmsg(connection, PIECE);
  let bytes = first.data;
  while (bytes.length < 4 || bytes.length < 4 + readLength(bytes)) {
    const more = bytes.length === 0 ? bytes : sys.read(connection, PIECE);
    if (more.length === 0) return null;
    bytes = joinBytes([bytes, more]);
  }
  return parseRequest(sys.utf8Decode(bytes, 4, 4 + readLength(bytes)), first.fds);
}

function readLength(bytes: Uint8Array): number {
  return (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 24);
}

function parseRequest(text: string, fds: readonly number[]): LaunchRequest {
  const words = text.split("\0");
  const argc = Number(words[0]);
  const start = 2 + argc;
  const end = start + Number(words[1 + argc]);
  const environ: Record<string, string> = {};
  for (let at = start; at < end; at++) {
    const pair = words[at] ?? "";
    const equals = pair.indexOf("=");
    if (equals > 0) environ[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return { argv: words.slice(1, 1 + argc), environ, cwd: words[end] ?? "/", fds };
}
