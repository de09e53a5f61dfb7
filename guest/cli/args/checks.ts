/** What a single value must look like; the complaint, or null. Docker's opts package is the model. */
import { isDigit } from "./number.ts";

export function checkEnvironment(value: string): string | null {
  return value === "" || value.charAt(0) === "=" ? `invalid environment variable: ${value}` : null;
}

export function checkLabel(value: string): string | null {
  return value === "" || value.charAt(0) === "=" ? `invalid label '${value}': empty name` : null;
}

export function checkAttach(value: string): string | null {
  const stream = value.toLowerCase();
  if (stream === "stdin" || stream === "stdout" || stream === "stderr") return null;
  return "valid streams are STDIN, STDOUT and STDERR";
}

/** `name:address`, also with `=`; the address may be host-gateway. */
export function checkExtraHost(value: string): string | null {
  const separator = value.indexOf("=") >= 0 ? "=" : ":";
  const at = value.indexOf(separator);
  if (at <= 0) return `bad format for add-host: ${JSON.stringify(value)}`;
  const address = withoutBrackets(value.slice(at + 1));
  if (address === "host-gateway" || isAddress(address)) return null;
  return `invalid IP address in add-host: ${JSON.stringify(address)}`;
}

/** `[::1]` is ::1. */
export function withoutBrackets(address: string): string {
  return address.length > 2 && address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
}

export function checkAddress(value: string): string | null {
  return isAddress(value.trim()) ? null : `IP address is not correctly formatted: ${value}`;
}

export function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => isDecimal(part) && part.length <= 3 && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  const groups = text.split(":");
  if (groups.length < 3 || groups.length > 8 || text.indexOf(":::") >= 0) return false;
  const gaps = text.split("::").length - 1;
  if (gaps > 1 || (gaps === 0 && groups.length !== 8)) return false;
  return groups.every((group) => group.length <= 4 && [...group].every(isHexDigit));
}

function isHexDigit(letter: string): boolean {
  return "0123456789abcdefABCDEF".includes(letter);
}

export function isDecimal(text: string): boolean {
  if (text === "") return false;
  for (let at = 0; at < text.length; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

const DOMAIN =
  /^(:?(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))(:?\.(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])))*)\.?$/;

export function checkDomain(value: string): string | null {
  const domain = value.trim();
  if (domain === ".") return null;
  return domain.length < 255 && DOMAIN.test(domain) ? null : `${value} is not a valid domain`;
}

const SYSCTLS = ["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax"];
const MORE_SYSCTLS = ["kernel.shmmni", "kernel.shm_rmid_forced"];

/** Only what belongs to a namespace of the container's own. */
export function checkSysctl(value: string): string | null {
  const equals = value.indexOf("=");
  const name = equals < 0 ? "" : value.slice(0, equals);
  const allowed =
    SYSCTLS.includes(name) || MORE_SYSCTLS.includes(name) || name.startsWith("net.") || name.startsWith("fs.mqueue.");
  return allowed ? null : `sysctl '${value}' is not allowed`;
}

const MAC = /^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/;

export function isMacAddress(text: string): boolean {
  return MAC.test(text);
}
