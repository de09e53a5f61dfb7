import { EngineError } from "../../api/contract/errors.ts";
import { SIGNALS, SIGRTMAX, SIGRTMIN } from "../../sys/constants.ts";

const HIGHEST = 64;

/** "TERM", "SIGTERM", "15", "RTMIN+3". Throws Docker's `invalid signal: X`. */
export function parseSignal(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : signalByName(text.toUpperCase().replace(/^SIG/, ""));
  if (number !== null && number > 0 && number <= HIGHEST) return number;
  throw new EngineError("invalid", `invalid signal: ${text}`);
}

function signalByName(name: string): number | null {
  const known = SIGNALS[name];
  if (known !== undefined) return known;
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (realTime === null) return null;
  const base = realTime[1] === "MIN" ? SIGRTMIN : SIGRTMAX;
  const offset = Number(realTime[3] ?? 0) * (realTime[2] === "-" ? -1 : 1);
  const number = base + offset;
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : null;
}
