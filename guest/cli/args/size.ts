/** Byte counts as `docker run --memory 64m` takes them: binary units whatever the spelling (k, KB, KiB are all 1024). */
import { isDigit } from "./number.ts";

const UNITS = "kmgtp";

/** Bytes, or null when the text is not a size. */
export function parseSize(text: string): number | null {
  let end = text.length;
  while (end > 0 && !isDigit(text.charCodeAt(end - 1)) && text.charAt(end - 1) !== ".") end--;
  const number = text.slice(0, end).trim();
  const factor = unitFactor(text.slice(end).trim().toLowerCase());
  const value = parseDecimal(number);
  return factor === null || value === null ? null : Math.trunc(value * factor);
}

function unitFactor(suffix: string): number | null {
  if (suffix === "" || suffix === "b") return 1;
  const power = UNITS.indexOf(suffix.charAt(0));
  if (power < 0) return null;
  const rest = suffix.slice(1);
  return rest === "" || rest === "b" || rest === "ib" ? 1024 ** (power + 1) : null;
}

/** Digits with at most one point, and nothing else: not what `Number` would let through. */
function parseDecimal(text: string): number | null {
  let points = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    if (text.charAt(index) === ".") points++;
    else if (isDigit(text.charCodeAt(index))) digits++;
    else return null;
  }
  return digits === 0 || points > 1 ? null : Number(text);
}

export function checkSize(text: string): string | null {
  if (parseSize(text) !== null) return null;
  return `invalid size: '${text}'`;
}

/** `--memory-swap` and its like: -1 is "no limit". */
export function checkSwapSize(text: string): string | null {
  return text === "-1" ? null : checkSize(text);
}

export function readSize(text: string): number {
  return text === "-1" ? -1 : (parseSize(text) ?? 0);
}

/** `--cpus 1.5` in billionths of a processor. */
export function parseCpus(text: string): number | null {
  const value = parseDecimal(text);
  if (value === null) return null;
  return Math.round(value * 1e9);
}

export function checkCpus(text: string): string | null {
  const nano = parseDecimal(text);
  if (nano === null) return `failed to parse ${text} as a rational number`;
  return Number.isInteger(Number((nano * 1e9).toFixed(3))) ? null : "value is too precise";
}
