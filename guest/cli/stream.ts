/**
 * The user's end of a running command. Bytes go between the descriptors and the engine in native code; we are called
 * when a signal has come, and have the terminal in order again whatever happens.
 */
import type { RawStream } from "../api/client.ts";
import { BROKEN_PIPE, type Cli } from "./cli.ts";
import { ExitError } from "./command.ts";
import { SocketConnection } from "./connection.ts";
import { isFatalSignal } from "./signals.ts";

export interface StreamOptions {
  /** Standard input goes to the container. */
  readonly input: boolean;
  /** False: the container's output is not shown (`-a stderr` and the like). */
  readonly output?: boolean;
  /** Where the output goes; standard output unless told. */
  readonly to?: number;
  readonly error?: boolean;
  /** A terminal at the other end too: ours is made raw. */
  readonly tty: boolean;
  /** Signals are the container's, SIGPIPE too: we live to tell that our reader went away. */
  readonly proxy?: boolean;
  /** The keys that leave the container running; null when there is no way out. */
  readonly detachKeys: Uint8Array | null;
  /** "default": the signal does to us what it does to any program. */
  readonly onSignal: (signal: number) => "handled" | "default" | Promise<"handled">;
}

/** The connection off the event loop, in the turn in which it was given: what comes from now on waits for runStream. */
export interface HeldStream {
  readonly connection: SocketConnection;
  readonly rest: Uint8Array;
  readonly multiplexed: boolean;
}

export function holdStream({ connection, rest, multiplexed }: RawStream): HeldStream {
  if (!(connection instanceof SocketConnection)) throw new TypeError("the engine's stream is not a socket of ours");
  connection.release();
  return { connection, rest, multiplexed };
}

export async function runStream(cli: Cli, stream: HeldStream, options: StreamOptions): Promise<"end" | "detached"> {
  const { connection } = stream;
  if (cli.narrator !== null) await cli.narrator.pause();
  const saved = options.tty && options.input && cli.sys.isatty(0) ? cli.sys.makeRaw(0) : null;
  cli.unwatchSignals();
  try {
    return await pump(cli, stream, options, saved);
  } finally {
    if (saved !== null) cli.sys.restoreTerminal(0, saved);
    connection.close();
    cli.watchSignals();
    cli.narrator?.resume();
  }
}

async function pump(
  cli: Cli,
  { connection, rest, multiplexed }: HeldStream,
  options: StreamOptions,
  saved: Uint8Array | null,
): Promise<"end" | "detached"> {
  for (;;) {
    const event = cli.sys.stream({
      socket: connection.fd,
      input: options.input ? 0 : null,
      output: options.output === false ? null : (options.to ?? 1),
      error: options.error === false ? null : 2,
      raw: !multiplexed,
      signals: cli.signals.fd,
      ...(options.detachKeys === null ? {} : { detachKeys: options.detachKeys }),
      ...(rest.length === 0 ? {} : { received: rest }),
    });
    switch (event.kind) {
      case "end":
      case "detached":
        return event.kind;
      case "error":
        throw streamError(event.message, options.proxy === true);
      case "signal":
        for (const signal of cli.signals.read()) {
          const handling = await options.onSignal(signal);
          if (handling === "default" && isFatalSignal(signal)) {
            if (saved !== null) cli.sys.restoreTerminal(0, saved);
            cli.exit(128 + signal);
          }
        }
    }
  }
}

function streamError(message: string, proxy: boolean): ExitError {
  if (message !== "write: Broken pipe") return new ExitError(1, message);
  return proxy ? new ExitError(1, "write /dev/stdout: broken pipe") : new ExitError(BROKEN_PIPE, "");
}
