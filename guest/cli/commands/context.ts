import type { Flag } from "../args/flag.ts";
import type { Cli } from "../cli.ts";
import { type Command, ExitError, type Family, type Invocation } from "../command.ts";
import { loadContext, storeOf } from "../context-of.ts";
import { type Context, checkContextName, contextOf, DEFAULT_CONTEXT } from "../contexts.ts";
import { parseHost } from "../global-options.ts";
import { exportContext, importContext } from "./context-archive.ts";
import { inspectContext } from "./context-inspect.ts";
import { listContexts } from "./context-list.ts";

const KEYS: Readonly<Record<string, string>> = {
  from: "Copy named context's Docker endpoint configuration",
  host: "Docker endpoint on which to connect",
  ca: "Trust certs signed only by this CA",
  cert: "Path to TLS certificate file",
  key: "Path to TLS key file",
  "skip-tls-verify": "Skip TLS certificate validation",
};

const COLUMN = 20;

function describeCommand(summary: string, verb: string): string {
  const keys = Object.entries(KEYS).map(([name, usage]) => `${name.padEnd(COLUMN)}${usage}\n`);
  return (
    `${summary}\n\nDocker endpoint config:\n\n${"NAME".padEnd(COLUMN)}DESCRIPTION\n${keys.join("")}\n` +
    `Example:\n\n$ docker context ${verb} my-context --description "some description" ` +
    '--docker "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"'
  );
}

const FLAGS: readonly Flag[] = [
  { name: "description", kind: "string", usage: "Description of the context" },
  {
    name: "docker",
    kind: "stringToString",
    usage: "set the docker endpoint",
    shown: "[]",
    check: (value) => {
      const wrong = value.split(",").find((pair) => !pair.includes("="));
      return wrong === undefined ? null : `${wrong} must be formatted as key=value`;
    },
  },
];

const createContext: Command = {
  kind: "command",
  name: "create",
  summary: "Create a context",
  description: describeCommand("Create a context", "create"),
  usage: "[OPTIONS] CONTEXT",
  flags: [...FLAGS, { name: "from", kind: "string", usage: "create context from a named context" }],
  arity: { kind: "exactly", count: 1 },
  aliases: [],
  run: async ({ cli, options, args }) => {
    const [name = ""] = args;
    const store = storeOf(cli);
    checkContextName(name);
    if (store.has(name)) throw new ExitError(1, `context ${JSON.stringify(name)} already exists`);
    const config = readConfig(options.all("docker"));
    const from = options.text("from");
    const source = config === null || from !== "" ? loadContext(cli, from || cli.endpoint.context) : null;
    const endpoint =
      source?.Endpoints.docker ?? endpointOf(cli, config ?? new Map(), "unable to create docker endpoint config");
    const description = options.text("description") || source?.Metadata.Description || "";
    store.put(contextOf(name, description, endpoint));
    return tell(cli, name, "Successfully created context");
  },
};

const updateContext: Command = {
  kind: "command",
  name: "update",
  summary: "Update a context",
  description: describeCommand("Update a context", "update"),
  usage: "[OPTIONS] CONTEXT",
  flags: FLAGS,
  arity: { kind: "exactly", count: 1 },
  aliases: [],
  run: async ({ cli, options, args }) => {
    const [name = ""] = args;
    checkContextName(name);
    const before = storeOf(cli).get(name);
    const config = readConfig(options.all("docker"));
    const failure = "unable to create docker endpoint config";
    const endpoint = config === null ? before.Endpoints.docker : endpointOf(cli, config, failure);
    const description = options.text("description") || before.Metadata.Description || "";
    storeOf(cli).put(contextOf(name, description, endpoint));
    return tell(cli, name, "Successfully updated context");
  },
};

const useContext: Command = {
  kind: "command",
  name: "use",
  summary: "Set the current docker context",
  usage: "CONTEXT",
  flags: [],
  arity: { kind: "exactly", count: 1, bare: true },
  aliases: [],
  run: async ({ cli, args }) => {
    const [name = ""] = args;
    const own = name !== DEFAULT_CONTEXT;
    if (own) {
      checkContextName(name);
      storeOf(cli).get(name);
    }
    const value = own ? name : "";
    if (cli.config.text("currentContext") !== value) cli.config.set("currentContext", value);
    tell(cli, name, "Current context is now");
    if (own && cli.environ["DOCKER_HOST"]) {
      cli.printError(
        "Warning: DOCKER_HOST environment variable overrides the active context. " +
          `To use ${JSON.stringify(name)}, either set the global --context flag, or unset DOCKER_HOST environment variable.\n`,
      );
    }
    return 0;
  },
};

const showContext: Command = {
  kind: "command",
  name: "show",
  summary: "Print the name of the current context",
  usage: "",
  flags: [],
  arity: { kind: "none" },
  aliases: [],
  run: async ({ cli }) => {
    cli.print(`${cli.endpoint.context}\n`);
    return 0;
  },
};

const removeContexts: Command = {
  kind: "command",
  name: "rm",
  summary: "Remove one or more contexts",
  usage: "CONTEXT [CONTEXT...]",
  flags: [{ name: "force", short: "f", kind: "bool", usage: "Force the removal of a context in use" }],
  arity: { kind: "atLeast", count: 1 },
  aliases: ["docker context rm", "docker context remove"],
  run: async (invocation) => {
    const complaints = invocation.args.flatMap((name) => removeContext(invocation, name) ?? []);
    if (complaints.length > 0) throw new ExitError(1, complaints.join("\n"));
    return 0;
  },
};

/** Gives the complaint, or null. */
function removeContext({ cli, options }: Invocation, name: string): string | null {
  const force = options.on("force");
  const quoted = JSON.stringify(name);
  if (name === DEFAULT_CONTEXT) return `${name}: context ${quoted} cannot be removed`;
  if (!force && !storeOf(cli).has(name)) return `context ${quoted} does not exist`;
  if (name === cli.endpoint.context) {
    if (!force) return `context ${quoted} is in use, set -f flag to force remove`;
    cli.config.set("currentContext", "");
  }
  storeOf(cli).remove(name);
  cli.print(`${name}\n`);
  return null;
}

export const contextFamily: Family = {
  kind: "family",
  name: "context",
  summary: "Manage contexts",
  commands: [
    createContext,
    exportContext,
    importContext,
    inspectContext,
    listContexts,
    removeContexts,
    showContext,
    updateContext,
    useContext,
  ],
};

/** null: it was not given. */
function readConfig(values: readonly string[]): ReadonlyMap<string, string> | null {
  if (values.length === 0) return null;
  const pairs = values.flatMap((value) => value.split(","));
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

function endpointOf(cli: Cli, config: ReadonlyMap<string, string>, failure: string): Context["Endpoints"]["docker"] {
  const unknown = [...config.keys()].filter((key) => !Object.hasOwn(KEYS, key));
  if (unknown.length > 0) {
    throw new ExitError(1, `${failure}: ${unknown.map((key) => `${key}: unrecognized config key`).join("\n")}`);
  }
  for (const key of ["ca", "cert", "key"]) {
    if (config.has(key)) throw new ExitError(1, `${failure}: ${key}: TLS connections are not supported by this client`);
  }
  const from = config.get("from");
  if (from !== undefined) return loadContext(cli, from).Endpoints.docker;
  const host = config.get("host") ?? "";
  if (host !== "" && !isHost(host)) {
    throw new ExitError(
      1,
      `${failure}: unable to apply docker endpoint options: unable to parse docker host \`${host}\``,
    );
  }
  return { Host: host, SkipTLSVerify: config.get("skip-tls-verify") === "true" };
}

function isHost(host: string): boolean {
  if (!host.includes("://")) return false;
  try {
    parseHost(host);
    return true;
  } catch (error) {
    if (error instanceof ExitError) return false;
    throw error;
  }
}

function tell(cli: Cli, name: string, sentence: string): number {
  cli.print(`${name}\n`);
  cli.printError(`${sentence} ${JSON.stringify(name)}\n`);
  return 0;
}
