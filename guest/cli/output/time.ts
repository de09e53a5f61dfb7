/** Points in time: written as Go writes them, read as `--since` takes them. The machine's clock runs in UTC. */
import { isDecimal } from "../args/checks.ts";
import { parseDuration } from "../args/duration.ts";

const NANOSECONDS = 9;

/** `2026-11-21 03:17:54 +0000 UTC`. */
export function formatTimestamp(seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} +0000 UTC`;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** time.ANSIC, `Fri Jan  2 03:04:05 2026`; what is not a date stays as it is. */
export function formatAnsic(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const day = String(date.getUTCDate()).padStart(2);
  const clock = date.toISOString().slice(11, 19);
  return `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()}`;
}

/** What `--since` means as the API takes it, `SECONDS[.NANOSECONDS]`; null when it is neither a time nor a duration. */
export function parseSince(text: string, now: number): string | null {
  const duration = text === "0" ? null : parseDuration(text);
  if (duration !== null) return String(Math.floor(now - duration / 1e9));
  if (text.includes("-") && !text.startsWith("-")) return parseDate(text);
  const [seconds = "", fraction = ""] = text.split(".");
  return isDecimal(seconds) && (fraction === "" || isDecimal(fraction)) ? text : null;
}

/** `2026-01-02[T03[:04[:05[.678]]]][Z|+01:00]`. */
function parseDate(text: string): string | null {
  const [day = "", clock = "", ...extra] = text.split("T");
  if (extra.length > 0 || day.length !== 10) return null;
  const { time, zone } = splitZone(clock);
  const [hours = "00", minutes = "00", rest = "00"] = time === "" ? [] : time.split(":");
  const [seconds = "00", fraction = ""] = rest.split(".");
  const milliseconds = Date.parse(`${day}T${hours}:${minutes}:${seconds}${zone === "" ? "Z" : zone}`);
  if (Number.isNaN(milliseconds) || (fraction !== "" && !isDecimal(fraction))) return null;
  return `${milliseconds / 1000}.${fraction.padEnd(NANOSECONDS, "0").slice(0, NANOSECONDS)}`;
}

function splitZone(clock: string): { readonly time: string; readonly zone: string } {
  if (clock.endsWith("Z")) return { time: clock.slice(0, -1), zone: "Z" };
  const at = Math.max(clock.lastIndexOf("+"), clock.lastIndexOf("-"));
  return at < 0 ? { time: clock, zone: "" } : { time: clock.slice(0, at), zone: clock.slice(at) };
}
