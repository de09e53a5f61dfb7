import type { HostConfig } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { Seccomp } from "../../runtime/spec.ts";

/** One --security-opt: "seccomp=unconfined", "no-new-privileges". A colon is the old way to write "=". */
interface SecurityOption {
  readonly key: string;
  readonly value: string;
}

/** Throws Docker's refusals. Labels and AppArmor profiles need kernel parts that this machine does not have. */
export function validateSecurity(host: HostConfig): void {
  for (const text of host.SecurityOpt ?? []) {
    const { key, value } = splitOption(text);
    if (key === "no-new-privileges") readBoolean(text, value);
    else if (key === "seccomp") seccompProfile(host);
    else if (key === "apparmor" && value !== "unconfined") {
      throw invalid(`AppArmor is not supported on this host, but the profile '${value}' is specified`);
    } else if (key === "label" && value !== "disable") {
      throw invalid(`SELinux is not supported on this host, but the label '${value}' is specified`);
    } else if (key !== "apparmor" && key !== "label" && key !== "systempaths") {
      throw invalid(`invalid --security-opt 2: ${JSON.stringify(text)}`);
    }
  }
}

export function noNewPrivileges(host: HostConfig): boolean {
  return (host.SecurityOpt ?? []).some((text) => {
    const { key, value } = splitOption(text);
    return key === "no-new-privileges" && readBoolean(text, value);
  });
}

export function isUnconfined(host: HostConfig): boolean {
  return (host.SecurityOpt ?? []).some((text) => /^seccomp[=:]unconfined$/.test(text));
}

/** The caller's own profile (the client sends the file's text); null: the engine's. */
export function seccompProfile(host: HostConfig): Seccomp | null {
  for (const text of host.SecurityOpt ?? []) {
    const { key, value } = splitOption(text);
    if (key !== "seccomp" || value === "unconfined" || value === "builtin") continue;
    return parseProfile(value);
  }
  return null;
}

function parseProfile(text: string): Seccomp {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`Decoding seccomp profile failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value === "object" && value !== null && "defaultAction" in value) return value as Seccomp;
  throw invalid("Decoding seccomp profile failed: it has no defaultAction");
}

function splitOption(text: string): SecurityOption {
  const at = text.search(/[=:]/);
  return at < 0 ? { key: text, value: "" } : { key: text.slice(0, at), value: text.slice(at + 1) };
}

/** Go's strconv.ParseBool; the bare word means true. */
function readBoolean(text: string, value: string): boolean {
  if (value === "") return true;
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false;
  throw invalid(`invalid --security-opt 2: ${JSON.stringify(text)}`);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
