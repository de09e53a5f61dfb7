import type { TraceLine } from "../../api/contract/drydock.ts";
import type { Cli, Narrator } from "../cli.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { TraceListing } from "../output/trace-listing.ts";

export const trace: Command = {
  kind: "command",
  name: "trace",
  summary: "Run a docker command and show what the engine does for it, call by call",
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
  wraps: true,
  run,
};

/** The exit code is the command's own, and so is standard output. */
async function run({ cli, options, args, dispatch }: Invocation): Promise<number> {
  if (args[0] === "trace") throw new ExitError(1, "docker trace: the command to trace cannot be trace itself");
  const word = `${cli.sys.getpid()}-${cli.sys.monotonic()}`;
  const listing = options.text("format") === "json" ? JSON_LISTING : new TraceListing(cli.sys.isatty(2));
  const narration = new TraceNarration(cli, listing);
  const subscription = await cli.client.trace({ client: word }, (line) => narration.add(line));
  narration.follow(subscription.closed);
  cli.client.traceWord = word;
  cli.narrator = narration;
  try {
    return await dispatch(args);
  } finally {
    // What was done for the command comes before what is done for a further request.
    await narration.catchUp();
    cli.narrator = null;
    cli.client.traceWord = null;
    subscription.close();
    cli.printError(listing.summary());
  }
}

interface Listing {
  /** Both give the text to print. */
  add(line: TraceLine): string;
  summary(): string;
}

const JSON_LISTING: Listing = {
  add: (line) => `${JSON.stringify(line)}\n`,
  summary: () => "",
};

/** Prints the lines of a command's trace as they come. */
export class TraceNarration implements Narrator {
  readonly #cli: Pick<Cli, "client" | "printError">;
  readonly #listing: Listing;
  /** What has come while the container had the terminal; null while it has not. */
  #held: TraceLine[] | null = null;
  #pinged: (() => void) | null = null;
  #closed: Promise<void> = Promise.resolve();

  constructor(cli: Pick<Cli, "client" | "printError">, listing: Listing) {
    this.#cli = cli;
    this.#listing = listing;
  }

  /** `closed` settles when no more can come. */
  follow(closed: Promise<void>): void {
    this.#closed = closed;
  }

  add(line: TraceLine): void {
    if (line.kind === "request" && line.path === "/_ping") this.#pinged?.();
    else if (this.#held !== null) this.#held.push(line);
    else this.#cli.printError(this.#listing.add(line));
  }

  async pause(): Promise<void> {
    await this.catchUp();
    this.#held = [];
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const line of held) this.add(line);
  }

  /** Until what was done for earlier requests has been printed. An engine that has gone says no more. */
  async catchUp(): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#pinged = resolve;
    });
    try {
      await this.#cli.client.ping();
      await Promise.race([seen, this.#closed]);
    } catch {
      // The command says, or has said already, that the engine is not there.
    }
  }
}
