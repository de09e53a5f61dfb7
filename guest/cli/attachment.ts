/** What run, start, attach and exec share when they show a container's streams: signals, terminal size, detach keys. */

import { SIGHUP, SIGINT, SIGNALS, SIGQUIT, SIGTERM, SIGWINCH } from "../sys/constants.ts";
import type { WindowSize } from "../sys/sys.ts";
import type { Cli } from "./cli.ts";
import { ExitError } from "./command.ts";

/** ctrl-p, ctrl-q. */
const DEFAULT_DETACH_KEYS: Uint8Array = new Uint8Array([16, 17]);
const CONTROL_MASK = 0x1f;
/** What attach and exec say after the detach keys; run and start say nothing. */
export const ESCAPED = "read escape sequence";

/** `ctrl-p,ctrl-q` as the bytes that a terminal sends. What are no keys is for the engine to refuse. */
export function parseDetachKeys(text: string): Uint8Array {
  const keys = text === "" ? [null] : text.split(",").map(parseKey);
  return keys.includes(null) ? DEFAULT_DETACH_KEYS : new Uint8Array(keys as readonly number[]);
}

function parseKey(key: string): number | null {
  if (key.length === 1) return key.charCodeAt(0);
  const letter = key.toLowerCase().startsWith("ctrl-") ? key.slice(5).toLowerCase() : "";
  if (letter.length === 1 && (letter === "@" || (letter >= "a" && letter <= "z") || "[\\]^_".includes(letter))) {
    return letter.toUpperCase().charCodeAt(0) & CONTROL_MASK;
  }
  return null;
}

/** A terminal was asked for, and our input is to be it. */
export function checkTerminal(cli: Cli, { tty, input }: { readonly tty: boolean; readonly input: boolean }): void {
  if (tty && input && !cli.sys.isatty(0)) throw new ExitError(1, "the input device is not a TTY");
}

/** The size of the terminal we print to; null when it is none. */
export function terminalSize(cli: Cli): WindowSize | null {
  if (!cli.sys.isatty(1)) return null;
  const size = cli.sys.getWindowSize(1);
  return size.rows === 0 && size.columns === 0 ? null : size;
}

/** As the API wants it: [rows, columns]. */
export function consoleSize(cli: Cli): { readonly ConsoleSize?: readonly number[] } {
  const size = terminalSize(cli);
  return size === null ? {} : { ConsoleSize: [size.rows, size.columns] };
}

export interface SignalTargets {
  readonly tty: boolean;
  /** `--sig-proxy`: signals are for the container. */
  readonly proxy: boolean;
  readonly resize: (size: WindowSize) => Promise<void>;
  readonly kill: (signal: string) => Promise<void>;
}

/** With a terminal the keys travel as bytes and only its size is a signal; without one signals go to the container. */
export function signalHandler(cli: Cli, targets: SignalTargets): (signal: number) => "default" | Promise<"handled"> {
  return (signal) => {
    if (targets.tty && signal === SIGWINCH) return handled(resizeTo(cli, targets));
    if (targets.tty || !targets.proxy) return "default";
    return handled(targets.kill(signalName(signal)));
  };
}

/** The container may be gone by the time the signal gets there; its end is told by other means. */
async function handled(action: Promise<void>): Promise<"handled"> {
  await action.catch(() => {});
  return "handled";
}

export async function resizeTo(cli: Cli, { resize }: Pick<SignalTargets, "resize">): Promise<void> {
  const size = terminalSize(cli);
  if (size !== null) await resize(size);
}

const COMMON_NAMES: Readonly<Record<number, string>> = {
  [SIGHUP]: "HUP",
  [SIGINT]: "INT",
  [SIGQUIT]: "QUIT",
  [SIGTERM]: "TERM",
};

function signalName(signal: number): string {
  const name = COMMON_NAMES[signal] ?? Object.keys(SIGNALS).find((each) => SIGNALS[each] === signal);
  return name ?? String(signal);
}
