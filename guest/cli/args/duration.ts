/** Go's time.ParseDuration: `1h15m30.918s`. */
import { isDigit } from "./number.ts";

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Nanoseconds, or null when the text is not a duration. */
export function parseDuration(text: string): number | null {
  const negative = text.charAt(0) === "-";
  let rest = negative || text.charAt(0) === "+" ? text.slice(1) : text;
  if (rest === "0") return 0;
  if (rest === "") return null;
  let total = 0;
  while (rest !== "") {
    const step = readStep(rest);
    if (step === null) return null;
    total += step.nanoseconds;
    rest = rest.slice(step.length);
  }
  return negative ? -total : total;
}

function readStep(text: string): { readonly nanoseconds: number; readonly length: number } | null {
  const numberEnd = skipWhile(text, 0, (code) => isDigit(code) || code === 46);
  const unitEnd = skipWhile(text, numberEnd, (code) => !isDigit(code) && code !== 46);
  const factor = UNITS[text.slice(numberEnd, unitEnd)];
  const [whole = "", fraction = "", ...more] = text.slice(0, numberEnd).split(".");
  if (factor === undefined || whole + fraction === "" || more.length > 0) return null;
  // Apart from each other: 308.333419729 times a billion is not what it looks like.
  const part = Math.trunc(Number(fraction) * (factor / 10 ** fraction.length));
  return { nanoseconds: Number(whole) * factor + part, length: unitEnd };
}

function skipWhile(text: string, from: number, accepts: (code: number) => boolean): number {
  let end = from;
  while (end < text.length && accepts(text.charCodeAt(end))) end++;
  return end;
}

export function checkDuration(text: string): string | null {
  if (parseDuration(text) !== null) return null;
  return `time: ${durationComplaint(text)} "${text}"`;
}

/** Go tells three mistakes apart. */
function durationComplaint(text: string): string {
  const start = text.charAt(0) === "-" || text.charAt(0) === "+" ? 1 : 0;
  const numberEnd = skipWhile(text, start, (code) => isDigit(code) || code === 46);
  if (numberEnd === start || text.slice(start, numberEnd) === ".") return "invalid duration";
  const unitEnd = skipWhile(text, numberEnd, (code) => !isDigit(code) && code !== 46);
  if (unitEnd === numberEnd) return "missing unit in duration";
  const unit = text.slice(numberEnd, unitEnd);
  return UNITS[unit] === undefined ? `unknown unit "${unit}" in duration` : "invalid duration";
}
