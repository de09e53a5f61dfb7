/** How Docker writes sizes and ages (docker/go-units). */

const DECIMAL = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/** `4.26MB`: powers of 1000, three significant digits. */
export function formatSize(bytes: number): string {
  return scale(bytes, 1000, DECIMAL, 3);
}

/** `4.262MB`: four significant digits, where there is room. */
export function formatSizeLong(bytes: number): string {
  return scale(bytes, 1000, DECIMAL, 4);
}

/** `480.4MiB`: powers of 1024, four significant digits. */
export function formatBinarySize(bytes: number): string {
  return scale(bytes, 1024, BINARY, 4);
}

function scale(bytes: number, base: number, units: readonly string[], digits: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return formatSignificant(value, digits) + (units[unit] ?? "");
}

/** printf's %.Ng: no trailing zeros, an exponent of two digits from 10^N up. */
function formatSignificant(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  const exponent = text.indexOf("e");
  if (exponent >= 0) return `${trimZeros(text.slice(0, exponent))}e+${text.slice(exponent + 2).padStart(2, "0")}`;
  return trimZeros(text);
}

function trimZeros(text: string): string {
  if (text.indexOf(".") < 0) return text;
  let end = text.length;
  while (text.charAt(end - 1) === "0") end--;
  if (text.charAt(end - 1) === ".") end--;
  return text.slice(0, end);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** `About a minute`, `3 hours`: an age of so many seconds in words. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return "Less than a second";
  const whole = Math.trunc(seconds);
  if (whole === 1) return "1 second";
  if (whole < MINUTE) return `${whole} seconds`;
  if (whole < 2 * MINUTE) return "About a minute";
  if (whole < HOUR) return `${(whole - (whole % MINUTE)) / MINUTE} minutes`;
  const hours = Math.trunc(seconds / HOUR + 0.5);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(Math.trunc(seconds / HOUR) / 24 / 365)} years`;
}
