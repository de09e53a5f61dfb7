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

/** `--cpus 1.5` in billionths of a processor: what checkCpus() lets through. */
export function parseCpus(text: string): number | null {
  const ratio = parseRatio(text);
  if (ratio === null) return null;
  const nano = (ratio.numerator * NANO) / ratio.denominator;
  // More than JSON's numbers hold exactly is out of the engine's range in any case, and must not become nothing.
  return Number(nano > LARGEST ? LARGEST : nano < -LARGEST ? -LARGEST : nano);
}

export function checkCpus(text: string): string | null {
  const ratio = parseRatio(text);
  if (ratio === null) return `failed to parse ${text} as a rational number`;
  return (ratio.numerator * NANO) % ratio.denominator === 0n ? null : "value is too precise";
}

const NANO = 1_000_000_000n;
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);
const FRACTION = /^([+-]?)(\d+)\/(\d+)$/;
const SCIENTIFIC = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,3}))?$/;

/** Go's big.Rat takes `1/2` and `5e-1` for `0.5`. */
function parseRatio(text: string): { readonly numerator: bigint; readonly denominator: bigint } | null {
  const [, minus, over = "", under = ""] = FRACTION.exec(text) ?? [];
  const sign = minus === "-" ? -1n : 1n;
  if (under !== "") return BigInt(under) === 0n ? null : { numerator: sign * BigInt(over), denominator: BigInt(under) };
  return parseScientific(text);
}

function parseScientific(text: string): { readonly numerator: bigint; readonly denominator: bigint } | null {
  const found = SCIENTIFIC.exec(text);
  const [, minus, whole = "", part = "", power = "0"] = found ?? [];
  if (found === null || whole + part === "") return null;
  const shift = Number(power) - part.length;
  const digits = BigInt(whole + part) * (minus === "-" ? -1n : 1n);
  const scale = 10n ** BigInt(Math.abs(shift));
  return shift < 0 ? { numerator: digits, denominator: scale } : { numerator: digits * scale, denominator: 1n };
}
