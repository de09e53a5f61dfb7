/** `npm run -s vm -- …`: the machine on a command line. `--help` says how. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { ChannelTarget, Machine } from "../web/machine/machine.ts";
import { forwardPort } from "./headless/forward-port.ts";
import { putIntoGuest } from "./headless/put.ts";
import { startHeadless } from "./headless/start.ts";
import { runOnStdio, runOnTerminal } from "./headless/stdio.ts";
import { parseVmArguments, UsageError, VM_USAGE, type VmArguments, type VmCommand } from "./vm-arguments.ts";

const MISUSED = 2;
const FAILED = 1;
const INTERRUPTED = 130;
const TERMINATED = 143;
const SCRIPT_MODE = 0o755;
const ENGINE_SOCKET = "/run/docker.sock";

async function main(argv: readonly string[]): Promise<number> {
  const options = parseVmArguments(argv);
  if (options === null) {
    process.stdout.write(VM_USAGE);
    return 0;
  }
  checkFiles(options);
  const machine = await startHeadless({
    cold: options.cold,
    ...(options.memoryMegabytes === undefined ? {} : { memoryMegabytes: options.memoryMegabytes }),
  });
  await openPorts(machine, options);
  for (const { host, guest } of options.add) await putIntoGuest(machine, host, guest);
  return run(machine, options);
}

/** Before the machine is started: a slip of the fingers should not cost a second. */
function checkFiles({ add, command }: VmArguments): void {
  const files = add.map(({ host }) => host);
  if (command.kind === "script") files.push(command.file);
  for (const file of files) if (!existsSync(file)) throw new UsageError(`there is no file "${file}"`);
  if (command.kind === "script" && statSync(command.file).isDirectory()) {
    throw new UsageError(`"${command.file}" is a folder, not a script`);
  }
}

async function openPorts(machine: Machine, { enginePort, publish }: VmArguments): Promise<void> {
  for (const { host, guest } of publish) {
    await forwardPort(machine, host, { kind: "tcp", host: "127.0.0.1", port: guest });
  }
  if (enginePort === undefined) return;
  await forwardPort(machine, enginePort, { kind: "unix", path: ENGINE_SOCKET });
  process.stderr.write(`drydock: the engine answers at tcp://127.0.0.1:${enginePort}; Ctrl-C ends it\n`);
}

async function run(machine: Machine, { command, enginePort }: VmArguments): Promise<number> {
  const serving = enginePort !== undefined;
  if (command.kind === "terminal") {
    if (serving) return interrupted();
    return process.stdin.isTTY ? runOnTerminal(machine) : runOnStdio(machine, shell(["-s"]));
  }
  const status = await runOnStdio(machine, await prepareCommand(machine, command));
  return serving && status === 0 ? interrupted() : status;
}

async function prepareCommand(
  machine: Machine,
  command: Exclude<VmCommand, { kind: "terminal" }>,
): Promise<ChannelTarget> {
  if (command.kind === "text") return shell(["-c", command.text, "sh", ...command.args]);
  const content = await readFile(command.file);
  const path = `/tmp/${basename(command.file)}`;
  await putIntoGuest(machine, content, path, { mode: SCRIPT_MODE });
  const interpreted = content.subarray(0, 2).toString() === "#!";
  return interpreted ? { kind: "command", argv: [path, ...command.args] } : shell([path, ...command.args]);
}

function shell(args: readonly string[]): ChannelTarget {
  return { kind: "command", argv: ["/bin/sh", ...args] };
}

/** Resolves when somebody asks this process to end. */
function interrupted(): Promise<number> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve(INTERRUPTED));
    process.once("SIGTERM", () => resolve(TERMINATED));
  });
}

function explain(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`drydock: ${message}\n`);
  if (!(error instanceof UsageError)) return FAILED;
  process.stderr.write("Try npm run -s vm -- --help\n");
  return MISUSED;
}

const status = await main(process.argv.slice(2)).catch(explain);
// What was written has to leave before the process does.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write("", resolve))),
);
process.exit(status);
