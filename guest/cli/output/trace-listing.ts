/**
 * The trace of a command for people: a heading for each request to the engine, below it the calls in the order in which
 * they began. What a child does is indented below the call that made it.
 */
import type { TraceCall, TraceLine, TraceRequest } from "../../api/contract/drydock.ts";

export interface Traced {
  readonly lines: readonly TraceLine[];
  /** Calls that are missing. */
  readonly lost: number;
}

interface Section {
  readonly title: string;
  readonly at: number;
  readonly calls: TraceCall[];
}

const RED = "\u001b[31m";
const BOLD = "\u001b[1m";
const DIM = "\u001b[2m";
const PLAIN = "\u001b[0m";
/** Every file of the trace is in there. */
const GUEST = "guest/";

const AT_WIDTH = 9;
const TOOK_WIDTH = 8;
const INDENT = "  ";
/** Ids, which are longer than anybody reads. */
const ID = /\b([0-9a-f]{12})[0-9a-f]{52}\b/g;

/** `colours`: the reader is a terminal. */
export function formatTrace(traced: Traced, colours: boolean): string {
  const paint = (code: string, text: string): string => (colours ? `${code}${text}${PLAIN}` : text);
  const sections = toSections(traced.lines);
  const begin = Math.min(...sections.map(({ at }) => at));
  const calls = sections.flatMap((section) => section.calls);
  const widths = {
    process: Math.max(7, ...calls.map((call) => describeProcess(call).length)),
    source: Math.max(6, ...calls.map((call) => describeSource(call).length)),
  };
  const row = (call: TraceCall): string => {
    const columns = [
      milliseconds(call.time - begin).padStart(AT_WIDTH),
      milliseconds(call.duration).padStart(TOOK_WIDTH),
      describeProcess(call).padEnd(widths.process),
      paint(DIM, describeSource(call).padEnd(widths.source)),
    ];
    const text = `${INDENT.repeat(call.process.depth)}${describeCall(call)}`;
    return `${columns.join("  ")}  ${call.error === null ? text : paint(RED, text)}\n`;
  };
  const head = [
    "AT (ms)".padStart(AT_WIDTH),
    "TOOK".padStart(TOOK_WIDTH),
    "PROCESS".padEnd(widths.process),
    "SOURCE".padEnd(widths.source),
    "CALL",
  ].join("  ");
  const body = sections.map((section) => {
    const rows = section.calls.length === 0 ? `${" ".repeat(AT_WIDTH)}  answered from memory\n` : "";
    return `${paint(BOLD, shorten(section.title))}\n${rows}${section.calls.map(row).join("")}`;
  });
  return `${calls.length === 0 ? "" : `${head}\n`}${body.join("")}${summarize(calls, traced.lost)}`;
}

/** A request and what was done for it; what the engine did by itself has a section of its own. */
function toSections(lines: readonly TraceLine[]): readonly Section[] {
  const sections: Section[] = [];
  for (const line of lines) {
    if (line.kind === "request") sections.push(openSection(line));
    else if (line.kind === "call") sectionOf(sections, line).calls.push(line);
  }
  for (const { calls } of sections) calls.sort((a, b) => a.time - b.time || a.process.depth - b.process.depth);
  return sections;
}

function openSection({ method, path, time }: TraceRequest): Section {
  return { title: `${method} ${path}`, at: time, calls: [] };
}

/** The newest of that name: requests of one command may wait at the same time. */
function sectionOf(sections: Section[], { occasion, time }: TraceCall): Section {
  const title = occasion ?? "engine";
  const found = sections.findLast((section) => section.title === title);
  if (found !== undefined) return found;
  const section = { title, at: time, calls: [] };
  sections.push(section);
  return section;
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

function summarize(calls: readonly TraceCall[], lost: number): string {
  const missing = lost === 0 ? "" : `, and ${lost} more that came too fast to be kept`;
  if (calls.length === 0) return `The engine asked the kernel for nothing${missing}.\n`;
  const processes = new Set(calls.map(({ process }) => `${process.role} ${process.pid}`)).size;
  const failed = calls.filter(({ error }) => error !== null).length;
  // A call that waits for a child is as long as the child's.
  const own = calls.filter(({ call }) => call !== "clone3").reduce((sum, { duration }) => sum + duration, 0);
  return (
    `${count(calls.length, "call")} in ${count(processes, "process", "processes")}, ${failed} failed, ` +
    `${milliseconds(own)} ms in the kernel${missing}\n`
  );
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
