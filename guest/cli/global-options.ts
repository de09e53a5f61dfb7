/** The options in front of the command: `docker -H unix:///run/docker.sock ps`. */
import { ENGINE_SOCKET } from "../api/contract/versions.ts";
import type { Sys } from "../sys/sys.ts";
import type { Flag } from "./args/flag.ts";
import { checkInt, readInt } from "./args/number.ts";
import type { Options } from "./args/parse.ts";
import type { Environment } from "./cli.ts";
import { ExitError } from "./command.ts";
import type { Endpoint } from "./connection.ts";

export const GLOBAL_FLAGS: readonly Flag[] = [
  {
    name: "config",
    kind: "string",
    usage: "Location of client config files",
    shown: '"/root/.docker"',
  },
  {
    name: "context",
    short: "c",
    kind: "string",
    usage:
      "Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context " +
      'set with "docker context use")',
  },
  { name: "debug", short: "D", kind: "bool", usage: "Enable debug mode" },
  { name: "host", short: "H", kind: "list", usage: "Daemon socket to connect to" },
  {
    name: "log-level",
    short: "l",
    kind: "string",
    usage: 'Set the logging level ("debug", "info", "warn", "error", "fatal")',
    shown: '"info"',
  },
  { name: "tls", kind: "bool", usage: "Use TLS; implied by --tlsverify" },
  {
    name: "tlscacert",
    kind: "string",
    usage: "Trust certs signed only by this CA",
    shown: '"/root/.docker/ca.pem"',
  },
  { name: "tlscert", kind: "string", usage: "Path to TLS certificate file", shown: '"/root/.docker/cert.pem"' },
  { name: "tlskey", kind: "string", usage: "Path to TLS key file", shown: '"/root/.docker/key.pem"' },
  { name: "tlsverify", kind: "bool", usage: "Use TLS and verify the remote" },
  { name: "version", short: "v", kind: "bool", usage: "Print version information and quit" },
];

const LOG_LEVELS = ["debug", "info", "warn", "error", "fatal"];
const DEFAULT_PORT = 2375;
/** What messages call our socket: the name that Docker's users know. */
const DEFAULT_HOST: Endpoint = {
  name: "unix:///var/run/docker.sock",
  address: { kind: "unix", path: ENGINE_SOCKET },
};

export function findEndpoint(sys: Sys, options: Options, environ: Environment): Endpoint {
  const level = options.text("log-level", "info");
  if (!LOG_LEVELS.includes(level)) throw new ExitError(1, `Unable to parse logging level: ${level}`);
  if (options.on("tls") || options.on("tlsverify")) {
    throw new ExitError(1, "Failed to initialize: TLS connections are not supported by this client");
  }
  const hosts = options.all("host");
  const context = options.text("context", environ["DOCKER_CONTEXT"] ?? "");
  if (hosts.length > 1) throw new ExitError(1, "Failed to initialize: specify only one -H");
  if (hosts.length === 1 && options.changed("context")) {
    throw new ExitError(1, "Failed to initialize: conflicting options: cannot specify both --host and --context");
  }
  const host = hosts[0] ?? environ["DOCKER_HOST"] ?? "";
  if (host === "" || (options.changed("context") && context === "default")) {
    if (context !== "" && context !== "default") refuseContext(sys, options, environ, context);
    return DEFAULT_HOST;
  }
  return parseHost(host);
}

function refuseContext(sys: Sys, options: Options, environ: Environment, context: string): never {
  const folder = options.text("config", environ["DOCKER_CONFIG"] ?? `${environ["HOME"] ?? ""}/.docker`);
  const digest = sys.sha256Bytes(sys.utf8Encode(context));
  throw new ExitError(
    1,
    `Failed to initialize: unable to resolve docker endpoint: context "${context}": context not found: ` +
      `open ${folder}/contexts/meta/${digest}/meta.json: no such file or directory`,
  );
}

function parseHost(host: string): Endpoint {
  const scheme = host.indexOf("://");
  const protocol = scheme < 0 ? "tcp" : host.slice(0, scheme);
  const rest = scheme < 0 ? host : host.slice(scheme + 3);
  if (protocol === "unix") return unixEndpoint(rest === "" ? "/var/run/docker.sock" : rest);
  if (protocol === "tcp") return tcpEndpoint(host, rest);
  throw new ExitError(1, `Failed to initialize: unable to parse docker host \`${host}\``);
}

function unixEndpoint(path: string): Endpoint {
  return { name: `unix://${path}`, address: { kind: "unix", path } };
}

function tcpEndpoint(host: string, rest: string): Endpoint {
  const colon = rest.lastIndexOf(":");
  const name = colon < 0 ? rest : rest.slice(0, colon);
  const port = colon < 0 ? String(DEFAULT_PORT) : rest.slice(colon + 1);
  if (checkInt(port) !== null) throw new ExitError(1, `Failed to initialize: Invalid bind address format: ${host}`);
  const address = name === "" || name === "localhost" ? "127.0.0.1" : name;
  return { name: `tcp://${address}:${port}`, address: { kind: "inet", address, port: readInt(port) } };
}
