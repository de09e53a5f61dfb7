import { EngineError } from "../../api/contract/errors.ts";
import { SIGKILL, SIGNALS, SIGRTMAX, SIGRTMIN } from "../../sys/constants.ts";
import type { Container } from "./container.ts";

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

/** A container's own stop signal, and without one any signal at all, is sent to be heard: Docker thaws it then. */
export function isMeantToEnd({ config }: Container, signal: number): boolean {
  return signal === SIGKILL || !config.StopSignal || parseSignal(config.StopSignal) === signal;
}
