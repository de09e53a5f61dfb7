/** `-v`: `/host:/inside[:options]` and `name:/inside` are binds; a path alone is an anonymous volume. */
import type { Sys } from "../../sys/sys.ts";
import { ExitError } from "../command.ts";

export interface Volumes {
  readonly binds: readonly string[];
  readonly anonymous: Readonly<Record<string, Readonly<Record<string, never>>>>;
}

export function readVolumes(sys: Sys, specs: readonly string[]): Volumes {
  const binds: string[] = [];
  const anonymous: Record<string, Readonly<Record<string, never>>> = {};
  for (const spec of specs) {
    if (spec === "") throw new ExitError(125, "invalid empty volume spec");
    const parts = spec.split(":");
    if (parts.length === 1) anonymous[spec] = {};
    else if (parts.includes("")) throw new ExitError(125, `invalid spec: ${spec}: empty section between colons`);
    else binds.push(absoluteBind(sys, spec, parts[0] ?? ""));
  }
  return { binds, anonymous };
}

/** Only `.` and `./…` are relative paths; anything else without a slash in front is a volume's name. */
function absoluteBind(sys: Sys, spec: string, host: string): string {
  if (host !== "." && !host.startsWith("./") && host !== ".." && !host.startsWith("../")) return spec;
  return normalize(`${sys.getcwd()}/${host}`) + spec.slice(host.length);
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

export function readTmpfs(specs: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const spec of specs) {
    const colon = spec.indexOf(":");
    if (colon < 0) map[spec] = "";
    else map[spec.slice(0, colon)] = spec.slice(colon + 1);
  }
  return map;
}
