import { parseArgs } from "node:util";

export const VM_USAGE = `The machine without a page, for tests, authors and scripts.

Usage: npm run -s vm -- [options]                          an interactive terminal (Ctrl-] leaves)
       npm run -s vm -- [options] -c 'shell text' [args]   runs the text
       npm run -s vm -- [options] script-file [args]       runs the file

Standard input, output and error and the exit status are those of what runs in the guest.

Options:
  -c TEXT               shell text to run in the guest
  --add HOST:GUEST      put a file or folder into the guest first (can be repeated)
  --memory MB           memory of the machine; another size than the saved one's boots
  --cold                boot instead of restoring the saved machine
  --engine-port N       serve the guest's Engine API on 127.0.0.1:N until Ctrl-C (DOCKER_HOST=tcp://127.0.0.1:N)
  --publish HOST:GUEST  forward 127.0.0.1:HOST to port GUEST of the guest (can be repeated)
  --help                this text
`;

export interface PortForward {
  readonly host: number;
  readonly guest: number;
}

export type VmCommand =
  | { readonly kind: "terminal" }
  | { readonly kind: "text"; readonly text: string; readonly args: readonly string[] }
  | { readonly kind: "script"; readonly file: string; readonly args: readonly string[] };

export interface VmArguments {
  readonly command: VmCommand;
  readonly add: readonly { readonly host: string; readonly guest: string }[];
  readonly memoryMegabytes: number | undefined;
  readonly cold: boolean;
  readonly enginePort: number | undefined;
  readonly publish: readonly PortForward[];
}

/** The command line was not understood: exit status 2. */
export class UsageError extends Error {}

const LEAST_MEMORY = 64;
const MOST_MEMORY = 2048;

const OPTIONS = {
  add: { type: "string", multiple: true, default: [] as string[] },
  memory: { type: "string" },
  cold: { type: "boolean", default: false },
  "engine-port": { type: "string" },
  publish: { type: "string", multiple: true, default: [] as string[] },
  help: { type: "boolean", short: "h", default: false },
  c: { type: "string", short: "c" },
} as const;

/** null: help was asked for. */
export function parseVmArguments(argv: readonly string[]): VmArguments | null {
  const { own, rest } = splitAtCommand(argv);
  const values = parseOptions(own);
  if (values.help) return null;
  return {
    command: readCommand(values.c, rest),
    add: values.add.map(readAdd),
    memoryMegabytes: values.memory === undefined ? undefined : readMemory(values.memory),
    cold: values.cold,
    enginePort: values["engine-port"] === undefined ? undefined : readPort(values["engine-port"], "--engine-port"),
    publish: values.publish.map(readForward),
  };
}

/** Our options end at the script's name, or behind the text of -c: what follows belongs to that. */
function splitAtCommand(argv: readonly string[]): {
  readonly own: readonly string[];
  readonly rest: readonly string[];
} {
  const takesValue = new Set(["--add", "--memory", "--engine-port", "--publish"]);
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--") return { own: argv.slice(0, at), rest: argv.slice(at + 1) };
    if (word === "-c" && at + 1 === argv.length) throw new UsageError("-c wants shell text");
    if (word === "-c") return { own: argv.slice(0, at + 2), rest: argv.slice(at + 2) };
    if (takesValue.has(word)) at++;
    else if (!word.startsWith("-")) return { own: argv.slice(0, at), rest: argv.slice(at) };
  }
  return { own: argv, rest: [] };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // The first sentence says what is wrong, the others how getopt could be worked around.
    const [sentence = "the command line was not understood"] = String((error as Error).message).split(". ");
    throw new UsageError(sentence);
  }
}

function readCommand(text: string | undefined, rest: readonly string[]): VmCommand {
  if (text !== undefined) return { kind: "text", text, args: rest };
  const [file, ...args] = rest;
  return file === undefined ? { kind: "terminal" } : { kind: "script", file, args };
}

/** The colon before the guest's slash: a Windows path has another one. */
function readAdd(text: string): { readonly host: string; readonly guest: string } {
  const colon = text.lastIndexOf(":/");
  if (colon < 1) throw new UsageError(`--add wants HOST:GUEST with an absolute path in the guest, not "${text}"`);
  return { host: text.slice(0, colon), guest: text.slice(colon + 1) };
}

function readMemory(text: string): number {
  const megabytes = readNumber(text);
  if (megabytes !== null && megabytes >= LEAST_MEMORY && megabytes <= MOST_MEMORY) return megabytes;
  throw new UsageError(`--memory wants ${LEAST_MEMORY} to ${MOST_MEMORY} (MB), not "${text}"`);
}

function readForward(text: string): PortForward {
  const parts = text.split(":");
  const [host, guest] = parts;
  if (parts.length !== 2 || host === undefined || guest === undefined) {
    throw new UsageError(`--publish wants HOST:GUEST ports, not "${text}"`);
  }
  return { host: readPort(host, "--publish"), guest: readPort(guest, "--publish") };
}

function readPort(text: string, option: string): number {
  const port = readNumber(text);
  if (port !== null && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`${option} wants a port from 1 to 65535, not "${text}"`);
}

function readNumber(text: string): number | null {
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}
