import type { SocketAddress, Sys } from "../sys/sys.ts";
import { DAEMON_CONFIG } from "./layout.ts";

/** What the engine was told when it started: by `dockerd -H` or by /etc/docker/daemon.json. */
export interface DaemonConfig {
  /** Where it listens besides the socket that it has from PID 1. */
  readonly hosts: readonly ListenAddress[];
  /** What was asked for and is not done: `docker info` says so. */
  readonly warnings: readonly string[];
}

export type ListenAddress = Exclude<SocketAddress, { readonly kind: "netlink" }>;

const DEFAULT_PORT = 2375;
const LOOPBACK = "127.0.0.1";
const OWN_SOCKETS = ["/run/docker.sock", "/var/run/docker.sock"];

/** Throws what dockerd says before it gives up. What is known but not supported is no reason to. */
export function readDaemonConfig(sys: Sys, flags: readonly string[]): DaemonConfig {
  const file = readFile(sys);
  const { hosts: inFile = [], ...rest } = file;
  if (flags.length > 0 && file["hosts"] !== undefined) {
    throw new Error(
      `unable to configure the Docker daemon with file ${DAEMON_CONFIG}: the following directives are specified both as a ` +
        `flag and in the configuration file: hosts: (from flag: [${flags.join(" ")}], from file: ${JSON.stringify(inFile)})`,
    );
  }
  if (!Array.isArray(inFile)) throw new Error(`${DAEMON_CONFIG}: hosts is no list`);
  const ignored = Object.keys(rest).map(
    (name) => `WARNING: ${DAEMON_CONFIG}: ${name}: not supported by this engine yet, and ignored`,
  );
  const hosts = [...flags, ...inFile.map(String)].flatMap((host) => parseListenHost(host) ?? []);
  return { hosts, warnings: [...ignored, ...hosts.flatMap(insecure)] };
}

function readFile(sys: Sys): Record<string, unknown> {
  if (!sys.exists(DAEMON_CONFIG)) return {};
  const text = sys.readFile(DAEMON_CONFIG);
  try {
    const value: unknown = text.trim() === "" ? {} : JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`unable to configure the Docker daemon with file ${DAEMON_CONFIG}: ${why}`);
  }
  throw new Error(`unable to configure the Docker daemon with file ${DAEMON_CONFIG}: it is no JSON object`);
}

/** `tcp://[ADDRESS][:PORT]`, `unix://PATH`. null: the socket that there is already. */
export function parseListenHost(host: string): ListenAddress | null {
  const scheme = host.indexOf("://");
  const protocol = scheme < 0 ? "tcp" : host.slice(0, scheme);
  const rest = scheme < 0 ? host : host.slice(scheme + 3);
  if (protocol === "fd") return null;
  if (protocol === "unix") return rest === "" || OWN_SOCKETS.includes(rest) ? null : { kind: "unix", path: rest };
  const found = /^(localhost|[\d.]*)(?::(\d{1,5}))?\/?$/.exec(rest);
  const port = Number(found?.[2] ?? DEFAULT_PORT);
  if (protocol !== "tcp" || found === null || port > 0xffff) {
    throw new Error(`failed to load listeners: invalid bind address format: ${host}`);
  }
  const [, name = ""] = found;
  return { kind: "inet", address: name === "" || name === "localhost" ? LOOPBACK : name, port };
}

/** Docker's own words. */
function insecure(host: ListenAddress): readonly string[] {
  if (host.kind !== "inet") return [];
  return [
    `WARNING: API is accessible on http://${host.address}:${host.port} without encryption.\n` +
      "         Access to the remote API is equivalent to root access on the host. Refer\n" +
      "         to the 'Docker daemon attack surface' section in the documentation for\n" +
      "         more information: https://docs.docker.com/go/attack-surface/",
  ];
}

/** The values of `-H` and `--host` in dockerd's arguments. Throws for any other. */
export function readHostFlags(args: readonly string[]): readonly string[] {
  const hosts: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [, flag, joined] = /^(-H|--host)(?:=?(.+))?$/.exec(args[at] ?? "") ?? [];
    if (flag === undefined) throw new Error(`unknown flag: ${args[at]}\nSee 'dockerd --help'.`);
    hosts.push(joined ?? args[++at] ?? "");
  }
  return hosts;
}
