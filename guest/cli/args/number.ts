/** Numbers on a command line, with the complaints of Go's strconv. */

const INT_LIMIT = 2n ** 63n;

/** `strconv.ParseInt(text, 0, 64)`: decimal, 0x, 0o, 0b, leading 0 as octal, underscores only after a base prefix. */
export function checkInt(text: string): string | null {
  return checkInteger("strconv.ParseInt", text, (value) => value >= -INT_LIMIT && value < INT_LIMIT);
}

export function checkUint(bits: number): (text: string) => string | null {
  const limit = 2n ** BigInt(bits);
  return (text) => checkInteger("strconv.ParseUint", text, (value) => value >= 0n && value < limit, false);
}

function checkInteger(name: string, text: string, fits: (value: bigint) => boolean, signed = true): string | null {
  const value = parseInteger(text, signed);
  if (value === null) return `${name}: parsing "${text}": invalid syntax`;
  return fits(value) ? null : `${name}: parsing "${text}": value out of range`;
}

function parseInteger(text: string, signed: boolean): bigint | null {
  const sign = text.charAt(0);
  const hasSign = signed && (sign === "-" || sign === "+");
  let digits = hasSign ? text.slice(1) : text;
  if (digits.length > 1 && digits.charAt(0) === "0" && isDigit(digits.charCodeAt(1))) digits = `0o${digits.slice(1)}`;
  if (!isDigit(digits.charCodeAt(0))) return null;
  try {
    const value = BigInt(digits);
    return hasSign && sign === "-" ? -value : value;
  } catch {
    return null;
  }
}

/** The value of a text that {@link checkInt} accepts. */
export function readInt(text: string): number {
  return Number(parseInteger(text, true) ?? 0n);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

const TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE = new Set(["0", "f", "F", "false", "FALSE", "False"]);

export function checkBool(text: string): string | null {
  return TRUE.has(text) || FALSE.has(text) ? null : `strconv.ParseBool: parsing "${text}": invalid syntax`;
}

export function readBool(text: string): boolean {
  return TRUE.has(text);
}
