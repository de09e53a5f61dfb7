/** What every command is given: the engine, the standard descriptors, the environment of whoever typed it. */
import { EngineClient } from "../api/client.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import type { ConfigFile } from "./config-file.ts";
import { type Endpoint, SocketConnection, SocketTransport, writeAll } from "./connection.ts";
import type { Keeper } from "./kept-connection.ts";
import { isFatalSignal, type SignalSource } from "./signals.ts";

export type Environment = Readonly<Record<string, string>>;

/** Where a command runs: in its launcher's place (warm) or in its own process. */
export interface Surroundings {
  readonly environ: Environment;
  readonly signals: SignalSource;
  /** Ends the process at once. */
  readonly exit: (code: number) => never;
  /** Where there is a next command. */
  readonly keeper?: Keeper;
}

/** The exit code of a program that SIGPIPE ended, as it ends any that prints to a reader who went away. */
export const BROKEN_PIPE = 141;

export function printTo(sys: Sys, fd: number, text: string, exit: Surroundings["exit"]): void {
  if (text === "") return;
  try {
    writeAll(sys, fd, sys.utf8Encode(text));
  } catch (error) {
    if (error instanceof SysError && error.code === "EPIPE") exit(BROKEN_PIPE);
    throw error;
  }
}

/** Somebody who says something about the command beside it: `docker trace`. */
export interface Narrator {
  /** Says what there is to say by now, and no more until {@link resume}: the terminal is the container's. */
  pause(): Promise<void>;
  resume(): void;
}

export class Cli {
  readonly sys: Sys;
  readonly environ: Environment;
  readonly client: EngineClient;
  readonly endpoint: Endpoint;
  readonly config: ConfigFile;
  readonly signals: SignalSource;
  readonly exit: (code: number) => never;
  narrator: Narrator | null = null;
  readonly #keeper: Keeper | null;

  constructor(sys: Sys, surroundings: Surroundings, endpoint: Endpoint, config: ConfigFile) {
    this.sys = sys;
    this.environ = surroundings.environ;
    this.signals = surroundings.signals;
    this.exit = surroundings.exit;
    this.endpoint = endpoint;
    this.config = config;
    this.#keeper = surroundings.keeper ?? null;
    const kept = this.#keeper?.take(endpoint.name) ?? null;
    const idle = kept === null ? null : new SocketConnection(sys, kept);
    this.client = new EngineClient(new SocketTransport(sys, endpoint), idle);
  }

  /** The command is over: its connection to the engine may serve the next one. */
  over(): void {
    const idle = this.client.takeIdle();
    if (idle instanceof SocketConnection) this.#keeper?.keep(this.endpoint.name, idle.fd);
  }

  print(text: string): void {
    printTo(this.sys, 1, text, this.exit);
  }

  printError(text: string): void {
    printTo(this.sys, 2, text, this.exit);
  }

  /** While we wait for the engine, the signals that end programs end this one. */
  watchSignals(): void {
    this.sys.onReadable(this.signals.fd, () => {
      for (const signal of this.signals.read()) if (isFatalSignal(signal)) this.exit(128 + signal);
    });
  }

  /** Someone else reads the signals from now on: the native stream(). */
  unwatchSignals(): void {
    this.sys.onReadable(this.signals.fd, null);
  }

  /** Seconds since the epoch, with their fraction. */
  now(): number {
    return Number(this.sys.now() / 1_000_000n) / 1000;
  }

  /** The width help is wrapped to: the terminal's, or 80 columns. */
  width(): number {
    if (!this.sys.isatty(0)) return 80;
    return this.sys.getWindowSize(0).columns || 80;
  }
}
