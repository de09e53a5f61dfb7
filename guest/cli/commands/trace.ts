import type { TraceLine } from "../../api/contract/drydock.ts";
import type { Cli } from "../cli.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { formatTrace } from "../output/trace-listing.ts";

export const trace: Command = {
  kind: "command",
  name: "trace",
  summary: "Run a docker command and show what the engine did for it, call by call",
  usage: "[OPTIONS] COMMAND [ARG...]",
  flags: [
    {
      name: "format",
      kind: "string",
      usage: 'Format of the trace on standard error: "table", or "json" (an object a line)',
      check: (value) => (["table", "json", ""].includes(value) ? null : 'must be "table" or "json"'),
    },
  ],
  arity: { kind: "atLeast", count: 1 },
  aliases: [],
  interspersed: false,
  run,
};

/** More than any command makes; of a terminal that was open all day the oldest are left out. */
const KEPT = 10_000;

/** The exit code is the command's own, and so is standard output. */
async function run({ cli, options, args, dispatch }: Invocation): Promise<number> {
  if (args[0] === "trace") throw new ExitError(1, "docker trace: the command to trace cannot be trace itself");
  const recording = new Recording(`${cli.sys.getpid()}-${cli.sys.monotonic()}`);
  const subscription = await cli.client.trace({ client: recording.word }, (line) => recording.add(line));
  cli.client.traceWord = recording.word;
  try {
    return await dispatch(args);
  } finally {
    await finish(cli, recording, subscription.closed);
    subscription.close();
    cli.printError(options.text("format") === "json" ? formatJson(recording) : formatTrace(recording, isTerminal(cli)));
  }
}

/** What was done for the command comes before what is done for a further request. An engine that has gone says no more. */
async function finish(cli: Cli, recording: Recording, closed: Promise<void>): Promise<void> {
  const over = recording.waitForPing();
  try {
    await cli.client.ping();
    await Promise.race([over, closed]);
  } catch {
    // The command has said already that the engine is not there.
  }
  cli.client.traceWord = null;
}

function isTerminal(cli: Cli): boolean {
  return cli.sys.isatty(2);
}

function formatJson({ lines }: Recording): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** The lines of a command's trace, as they come. */
export class Recording {
  readonly word: string;
  readonly lines: TraceLine[] = [];
  /** Calls that are missing. */
  lost = 0;
  #ping: (() => void) | null = null;

  constructor(word: string) {
    this.word = word;
  }

  add(line: TraceLine): void {
    if (line.kind === "lost") this.lost += line.count;
    else if (line.kind === "request" && line.path === "/_ping") this.#ping?.();
    else this.#keep(line);
  }

  /** Settles when our own ping is seen. */
  waitForPing(): Promise<void> {
    return new Promise((resolve) => {
      this.#ping = resolve;
    });
  }

  #keep(line: TraceLine): void {
    this.lines.push(line);
    if (this.lines.length <= KEPT) return;
    this.lines.shift();
    this.lost += 1;
  }
}
