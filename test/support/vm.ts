/**
 * The real machine for a test: restored from the snapshot (which the run has built), headless, gone at the end.
 *
 *     const vm = await bootVm();
 *     expect((await vm.run("docker ps -q")).stdout).toBe("");
 *     await vm.stop();
 */
import { EngineClient } from "../../guest/api/client.ts";
import { type PutOptions, putIntoGuest } from "../../kernel-image/headless/put.ts";
import { runInGuest } from "../../kernel-image/headless/run.ts";
import { type HeadlessOptions, startHeadless } from "../../kernel-image/headless/start.ts";
import { MACHINE_FOLDER } from "../../kernel-image/paths.ts";
import type { Channel, ChannelHandlers, ChannelTarget, Machine } from "../../web/machine/machine.ts";
import { createPipeTransport } from "../../web/state/pipe-transport.ts";
import { TestTerminal } from "./test-terminal.ts";

export interface RunOptions {
  /** What the command reads; without it, end of file at once. */
  readonly stdin?: string | Uint8Array;
  /** Milliseconds; 100,000 unless told. The command is hung up and the promise rejects with what was printed so far. */
  readonly timeout?: number;
  readonly env?: readonly string[];
  readonly cwd?: string;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; 128+n when signal n ended it. */
  readonly status: number;
}

export interface Vm {
  readonly machine: Machine;
  /** The Engine API of this machine; every request is a channel of its own to /run/docker.sock. */
  readonly engine: EngineClient;
  /** A string is shell text (`sh -c`), an array is an argv. Does not throw for a status other than 0. */
  run(command: string | readonly string[], options?: RunOptions): Promise<RunResult>;
  /** As {@link run}, but a status other than 0 throws with what was printed. Gives standard output. */
  sh(command: string, options?: RunOptions): Promise<string>;
  /** Asks, ten times a second, until the shell says yes; throws with the containers there are when `seconds` (10) are over. */
  until(condition: string, seconds?: number): Promise<void>;
  /** A host file or folder (a path), or bytes, to `guestPath`; missing parents are made. */
  put(source: string | Uint8Array, guestPath: string, options?: PutOptions): Promise<void>;
  /** A raw channel. */
  open(target: ChannelTarget, handlers: ChannelHandlers): Promise<Channel>;
  /** A login shell on a pty with its screen output collected, to type into and wait for text. */
  terminal(size?: { readonly rows: number; readonly columns: number }): Promise<TestTerminal>;
  stop(): Promise<void>;
}

export type BootVmOptions = HeadlessOptions;

/** Below what a test may take: the message of a command that hangs says what it has printed. */
const RUN_TIMEOUT = 100_000;

export async function bootVm(options: BootVmOptions = {}): Promise<Vm> {
  const machine = await startHeadless({ folder: MACHINE_FOLDER, ...options });
  return {
    machine,
    engine: new EngineClient(createPipeTransport(machine)),
    run: (command, runOptions) => run(machine, command, runOptions),
    sh: (command, runOptions) => runOrThrow(machine, command, runOptions),
    until: (condition, seconds) => until(machine, condition, seconds),
    put: (source, guestPath, putOptions) => putIntoGuest(machine, source, guestPath, putOptions),
    open: (target, handlers) => machine.open(target, handlers),
    terminal: (size = { rows: 24, columns: 80 }) => TestTerminal.open(machine, size),
    stop: () => machine.stop(),
  };
}

async function run(
  machine: Machine,
  command: string | readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const argv = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
  const result = await runInGuest(machine, argv, { timeout: RUN_TIMEOUT, ...options });
  const text = new TextDecoder();
  return { stdout: text.decode(result.stdout), stderr: text.decode(result.stderr), status: result.status };
}

async function runOrThrow(machine: Machine, command: string, options?: RunOptions): Promise<string> {
  const { stdout, stderr, status } = await run(machine, command, options);
  if (status !== 0) throw new Error(`"${command}" ended with status ${status}\n${stdout}${stderr}`);
  return stdout;
}

async function until(machine: Machine, condition: string, seconds = 10): Promise<void> {
  const tries = seconds * 10;
  await runOrThrow(
    machine,
    `for i in $(seq ${tries}); do ${condition} && exit 0; sleep 0.1; done; docker ps -a; exit 1`,
  );
}
