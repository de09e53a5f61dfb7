/**
 * The trace of a command for people, printed while it comes: a heading for each request to the engine, below it the calls in
 * the order in which they began. What a child does is indented below the call that made it.
 */
import type { TraceCall, TraceLine } from "../../api/contract/drydock.ts";

const RED = "\u001b[31m";
const BOLD = "\u001b[1m";
const DIM = "\u001b[2m";
const PLAIN = "\u001b[0m";
/** Every file of the trace is in there. */
const GUEST = "guest/";

/** Nobody knows what will come: what is wider than its column pushes the rest of its line aside. */
const WIDTHS = { at: 9, took: 8, process: 11, source: 34 } as const;
const GAP = "  ";
const INDENT = "  ";
/** Ids, which are longer than anybody reads. */
const ID = /\b([0-9a-f]{12})[0-9a-f]{52}\b/g;

const HEAD = [
  "AT (ms)".padStart(WIDTHS.at),
  "TOOK".padStart(WIDTHS.took),
  "PROCESS".padEnd(WIDTHS.process),
  "SOURCE".padEnd(WIDTHS.source),
  "CALL",
].join(GAP);

/** Each method gives the text to print. */
export class TraceListing {
  readonly #colours: boolean;
  /** Milliseconds since the epoch; null before the first line. */
  #begin: number | null = null;
  /** Of the section that stands last. */
  #title = "";
  #calls = 0;
  #failed = 0;
  /** Milliseconds. */
  #inKernel = 0;
  /** Calls that are missing. */
  #lost = 0;
  readonly #processes = new Set<string>();

  /** `colours`: the reader is a terminal. */
  constructor(colours: boolean) {
    this.#colours = colours;
  }

  add(line: TraceLine): string {
    if (line.kind === "lost") {
      this.#lost += line.count;
      return "";
    }
    const head = this.#begin === null ? `${HEAD}\n` : "";
    this.#begin ??= line.time;
    return head + (line.kind === "request" ? this.#open(`${line.method} ${line.path}`) : this.#addCall(line));
  }

  summary(): string {
    const missing = this.#lost === 0 ? "" : `, and ${this.#lost} more that came too fast to be kept`;
    if (this.#calls === 0) return `The engine asked the kernel for nothing${missing || ": it answered from memory"}.\n`;
    return (
      `${count(this.#calls, "call")} in ${count(this.#processes.size, "process", "processes")}, ${this.#failed} failed, ` +
      `${milliseconds(this.#inKernel)} ms in the kernel${missing}\n`
    );
  }

  #open(title: string): string {
    this.#title = title;
    return `${this.#paint(BOLD, shorten(title))}\n`;
  }

  /** Requests of one command may wait at the same time: what is not for the last one has its heading again. */
  #addCall(call: TraceCall): string {
    this.#count(call);
    const title = call.occasion ?? "engine";
    return (title === this.#title ? "" : this.#open(title)) + this.#row(call);
  }

  #count(call: TraceCall): void {
    this.#calls += 1;
    if (call.error !== null) this.#failed += 1;
    // A call that waits for a child is as long as the child's.
    if (call.call !== "clone3") this.#inKernel += call.duration;
    this.#processes.add(describeProcess(call));
  }

  #row(call: TraceCall): string {
    const columns = [
      milliseconds(call.time - (this.#begin ?? call.time)).padStart(WIDTHS.at),
      milliseconds(call.duration).padStart(WIDTHS.took),
      describeProcess(call).padEnd(WIDTHS.process),
      this.#paint(DIM, describeSource(call).padEnd(WIDTHS.source)),
    ];
    const text = `${INDENT.repeat(call.process.depth)}${describeCall(call)}`;
    return `${columns.join(GAP)}${GAP}${call.error === null ? text : this.#paint(RED, text)}\n`;
  }

  #paint(code: string, text: string): string {
    return this.#colours ? `${code}${text}${PLAIN}` : text;
  }
}

function describeProcess({ process }: TraceCall): string {
  return `${process.role} ${process.pid}`;
}

function describeSource({ source }: TraceCall): string {
  if (source === null) return "";
  return `${source.file.startsWith(GUEST) ? source.file.slice(GUEST.length) : source.file}:${source.line}`;
}

function describeCall({ call, args, result, error }: TraceCall): string {
  const text = shorten(`${call}(${Object.values(args).join(", ")})`);
  if (error !== null) return `${text} = ${error}`;
  return result === null ? text : `${text} = ${result}`;
}

function shorten(text: string): string {
  return text.replace(ID, "$1…");
}

function milliseconds(value: number): string {
  return value.toFixed(3);
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
