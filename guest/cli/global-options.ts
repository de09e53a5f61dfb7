/** The options in front of the command: `docker -H unix:///run/docker.sock ps`. */
import { ENGINE_SOCKET } from "../api/contract/versions.ts";
import type { Sys } from "../sys/sys.ts";
import type { Flag } from "./args/flag.ts";
import { checkInt, readInt } from "./args/number.ts";
import type { Options } from "./args/parse.ts";
import type { Environment } from "./cli.ts";
import { ExitError } from "./command.ts";
import type { ConfigFile } from "./config-file.ts";
import type { Endpoint } from "./connection.ts";
import { ContextStore, DEFAULT_CONTEXT } from "./contexts.ts";

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
  context: DEFAULT_CONTEXT,
};

/** What says which engine is meant. */
export interface EndpointSources {
  readonly sys: Sys;
  readonly options: Options;
  readonly environ: Environment;
  readonly config: ConfigFile;
}

/** `-c`, `-H`, DOCKER_HOST, DOCKER_CONTEXT, `docker context use`: the first that is there. Whether it exists is not asked. */
export function contextName({ options, environ, config }: EndpointSources): string {
  if (options.text("context") !== "") return options.text("context");
  if (options.all("host").length > 0 || environ["DOCKER_HOST"]) return DEFAULT_CONTEXT;
  return environ["DOCKER_CONTEXT"] || config.text("currentContext") || DEFAULT_CONTEXT;
}

/** Throws what Docker's client says before it does anything. */
export function checkGlobalOptions(options: Options): void {
  const level = options.text("log-level", "info");
  if (!LOG_LEVELS.includes(level)) throw new ExitError(1, `Unable to parse logging level: ${level}`);
  if (options.on("tls") || options.on("tlsverify")) {
    throw new ExitError(1, "Failed to initialize: TLS connections are not supported by this client");
  }
  const hosts = options.all("host");
  if (hosts.length > 0 && options.changed("context")) {
    throw new ExitError(1, "conflicting options: either specify --host or --context, not both");
  }
}

export function findEndpoint(sources: EndpointSources): Endpoint {
  const { sys, config } = sources;
  const name = contextName(sources);
  if (name === DEFAULT_CONTEXT) return defaultEndpoint(sources);
  try {
    const { Host } = new ContextStore(sys, config.directory).get(name).Endpoints.docker;
    return { ...parseHost(Host), context: name };
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    throw unresolved(error);
  }
}

function unresolved({ code, message }: ExitError): ExitError {
  return new ExitError(code, `Failed to initialize: unable to resolve docker endpoint: ${message}`);
}

/** The context that is always there: what `-H` or DOCKER_HOST says, or our own socket. */
export function defaultEndpoint({ options, environ }: Pick<EndpointSources, "options" | "environ">): Endpoint {
  const hosts = options.all("host");
  if (hosts.length > 1) throw new ExitError(1, "Failed to initialize: specify only one -H");
  const host = hosts[0] ?? environ["DOCKER_HOST"] ?? "";
  if (host === "") return DEFAULT_HOST;
  try {
    return parseHost(host);
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    throw unresolved(error);
  }
}

/** A host as contexts and `-H` write it. Throws when it is none. */
export function parseHost(host: string): Endpoint {
  const scheme = host.indexOf("://");
  const protocol = scheme < 0 ? "tcp" : host.slice(0, scheme);
  const rest = scheme < 0 ? host : host.slice(scheme + 3);
  if (protocol === "unix") return unixEndpoint(rest === "" ? "/var/run/docker.sock" : rest);
  if (protocol === "tcp") return tcpEndpoint(host, rest);
  throw new ExitError(1, `invalid bind address format: ${host}`);
}

function unixEndpoint(path: string): Endpoint {
  return { name: `unix://${path}`, address: { kind: "unix", path }, context: DEFAULT_CONTEXT };
}

function tcpEndpoint(host: string, rest: string): Endpoint {
  const colon = rest.lastIndexOf(":");
  const name = colon < 0 ? rest : rest.slice(0, colon);
  const port = colon < 0 ? String(DEFAULT_PORT) : rest.slice(colon + 1);
  if (checkInt(port) !== null) throw new ExitError(1, `invalid bind address format: ${host}`);
  const address = name === "" || name === "localhost" ? "127.0.0.1" : name;
  return {
    name: `tcp://${address}:${port}`,
    address: { kind: "inet", address, port: readInt(port) },
    context: DEFAULT_CONTEXT,
  };
}
