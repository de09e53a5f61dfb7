/** Values of the resource flags: --ulimit, --device-read-bps and its kin, --gpus, --device. */
import type { DeviceMapping, ThrottleDevice, Ulimit, WeightDevice } from "../../api/contract/container.ts";
import { checkInt, readInt } from "./number.ts";
import { parseSize } from "./size.ts";

const ULIMITS = [
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];

export function checkUlimit(value: string): string | null {
  const [name = "", limits = ""] = splitOnce(value, "=");
  const parts = limits.split(":");
  if (value.indexOf("=") < 0) return `invalid ulimit argument: ${value}`;
  if (!ULIMITS.includes(name)) return `invalid ulimit type: ${name}`;
  if (parts.length > 2) return `too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``;
  for (const part of parts) {
    const complaint = checkInt(part);
    if (complaint !== null) return complaint;
  }
  const { Soft: soft, Hard: hard } = parseUlimit(value);
  if (hard === -1 || soft <= hard) return null;
  return `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`;
}

export function parseUlimit(value: string): Ulimit {
  const [name = "", limits = ""] = splitOnce(value, "=");
  const [soft = "", hard = soft] = limits.split(":");
  return { Name: name, Soft: readInt(soft), Hard: readInt(hard) };
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

export function checkRateBytes(value: string): string | null {
  return checkRate(value, parseSize, "must be a positive integer. Unit is optional and can be kb, mb, or gb");
}

export function checkRateCount(value: string): string | null {
  return checkRate(value, parseCount, "must be a positive integer");
}

function parseCount(text: string): number | null {
  return checkInt(text) === null && readInt(text) >= 0 ? readInt(text) : null;
}

function checkRate(value: string, parse: (text: string) => number | null, rule: string): string | null {
  const parts = value.split(":");
  const [path = "", rate = ""] = parts;
  if (parts.length !== 2) return `bad format: ${value}`;
  if (!path.startsWith("/dev/")) return `bad format for device path: ${value}`;
  const shape = rule.includes("Unit") ? "<device-path>:<number>[<unit>]" : "<device-path>:<number>";
  if (parse(rate) !== null) return null;
  return `invalid rate for device: ${value}. The correct format is ${shape}. Number ${rule}`;
}

export function parseRate(value: string): ThrottleDevice {
  const [path, rate] = splitOnce(value, ":");
  return { Path: path, Rate: parseSize(rate) ?? 0 };
}

export function parseCountRate(value: string): ThrottleDevice {
  const [path, rate] = splitOnce(value, ":");
  return { Path: path, Rate: readInt(rate) };
}

export function checkWeight(value: string): string | null {
  const parts = value.split(":");
  const [path = "", weight = ""] = parts;
  if (parts.length !== 2) return `bad format: ${value}`;
  if (!path.startsWith("/dev/")) return `bad format for device path: ${value}`;
  const number = parseCount(weight);
  if (number === 0 || (number !== null && number >= 10 && number <= 1000)) return null;
  return `invalid weight for device: ${value}`;
}

export function parseWeight(value: string): WeightDevice {
  const [path, weight] = splitOnce(value, ":");
  return { Path: path, Weight: readInt(weight) };
}

const DEVICE_RULE = /^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/;

export function checkDeviceRule(value: string): string | null {
  return DEVICE_RULE.test(value) ? null : `invalid device cgroup format '${value}'`;
}

/** `/dev/host[:/dev/inside][:rwm]`; the complaint, or null. */
export function checkDevice(value: string): string | null {
  const parts = value.split(":");
  const [host = "", second, mode] = parts;
  if (parts.length > 3 || host === "") return `bad format for path: ${value}`;
  if (mode !== undefined && !isDeviceMode(mode)) return `bad mode specified: ${mode}`;
  const inside = second === undefined || (mode === undefined && isDeviceMode(second)) ? host : second;
  return inside.startsWith("/") ? null : `${inside} is not an absolute path`;
}

/** Of a value that {@link checkDevice} has nothing against. */
export function parseDevice(value: string): DeviceMapping {
  const [host = "", second = "", mode] = value.split(":");
  const permissionsOnly = mode === undefined && isDeviceMode(second);
  return {
    PathOnHost: host,
    PathInContainer: permissionsOnly ? host : second || host,
    CgroupPermissions: permissionsOnly ? second : (mode ?? "rwm"),
  };
}

/** Each letter once. */
function isDeviceMode(text: string): boolean {
  return /^[rwm]+$/.test(text) && new Set(text).size === text.length;
}

export function checkGpus(value: string): string | null {
  if (value === "all" || value.includes("=")) return null;
  if (checkInt(value) === null) return null;
  return `count must be an integer: strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`;
}

/** Sent as it is meant; there is no GPU here, so the engine refuses it in Docker's words. */
export function parseGpus(value: string): { readonly Count: number; readonly Capabilities: readonly string[][] } {
  return { Count: value === "all" ? -1 : readInt(value), Capabilities: [["gpu"]] };
}
