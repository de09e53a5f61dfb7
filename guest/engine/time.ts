import { EngineError } from "../api/contract/errors.ts";

const SECOND = 1_000_000_000n;

/** The times of one run are mostly of the same second. */
let last = { second: 0, text: "1970-01-01T00:00:00" };

/** Go's RFC 3339 with nanoseconds, UTC, zeros at the end of the fraction left out. */
export function formatTime(nanoseconds: bigint): string {
  const second = Number(nanoseconds / SECOND);
  if (second !== last.second) last = { second, text: new Date(second * 1000).toISOString().slice(0, 19) };
  let fraction = Number(nanoseconds % SECOND);
  if (fraction === 0) return `${last.text}Z`;
  let digits = 9;
  for (; fraction % 10 === 0; fraction /= 10) digits -= 1;
  return `${last.text}.${String(fraction).padStart(digits, "0")}Z`;
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:?\d\d)?$/;

/** Nanoseconds since the epoch; null when it is no date. A date without a zone is UTC. */
export function parseDate(text: string): bigint | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [, day = "", time = "00:00:00", fraction = "", zone = "Z"] = match;
  const seconds = time.length === 5 ? `${time}:00` : time;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const milliseconds = Date.parse(`${day}T${seconds}${offset}`);
  if (Number.isNaN(milliseconds)) return null;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

const UNIX = /^(-?\d{1,12})(?:\.(\d{1,9}))?$/;

/** A `since` or `until` of the API: seconds since the epoch with a fraction, or RFC 3339; null when it is absent. */
export function parseTimestamp(text: string): bigint | null {
  if (text === "" || text === "0") return null;
  const unix = UNIX.exec(text);
  if (unix !== null) {
    const [, seconds = "0", fraction = ""] = unix;
    return BigInt(seconds) * SECOND + BigInt(fraction.padEnd(9, "0"));
  }
  const date = parseDate(text);
  if (date === null) {
    throw new EngineError("invalid", `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return date;
}

/** Go's Duration.String: "1m30s", "500ms". */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${(nanoseconds - minutes * 60e9) / 1e9}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

const MINUTE = 60;
const HOUR = 3600;

/** "3 minutes": units.HumanDuration of docker/go-units, for `docker ps`. */
export function humanDuration(seconds: number): string {
  if (seconds < 1) return "Less than a second";
  if (seconds < 2) return "1 second";
  if (seconds < MINUTE) return `${Math.floor(seconds)} seconds`;
  const minutes = Math.floor(seconds / MINUTE);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.round(seconds / HOUR);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(hours / 24 / 365)} years`;
}

/** Up to which age, in seconds, {@link humanDuration} says the same as of this one; it may say so for longer. */
export function durationHolds(seconds: number): number {
  const step = seconds < MINUTE ? 1 : seconds < HOUR ? MINUTE : HOUR / 2;
  return (Math.floor(seconds / step) + 1) * step;
}
