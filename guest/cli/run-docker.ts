/** The `docker` command: finds what was asked for, runs it, and turns whatever went wrong into text and an exit code. */
import type { Sys } from "../sys/sys.ts";
import { FlagError, type Options, type Parsed, parseArguments } from "./args/parse.ts";
import { Cli, printTo, type Surroundings } from "./cli.ts";
import { CLIENT_VERSION_LINE } from "./client-version.ts";
import { type Command, ExitError, type Family } from "./command.ts";
import { findMember, findWord } from "./commands.ts";
import { COMPLETION_WORDS, runCompletion } from "./completion/run-completion.ts";
import { ConfigFile, configDirectory } from "./config-file.ts";
import type { Endpoint } from "./connection.ts";
import { describeError } from "./errors.ts";
import {
  checkGlobalOptions,
  contextName,
  defaultEndpoint,
  type EndpointSources,
  findEndpoint,
  GLOBAL_FLAGS,
} from "./global-options.ts";
import { formatDockerHelp } from "./output/docker-help.ts";
import { formatCommandHelp, formatFamilyHelp, formatUsage } from "./output/help.ts";
import { directSignals } from "./signals.ts";

const FLAG_ERROR = 125;
const DEPRECATED_LETTER = "Flag shorthand -h has been deprecated, please use --help\n";

/** Gives the exit code. `argv` is without the program's own name. */
export async function runDocker(sys: Sys, argv: readonly string[], surroundings?: Surroundings): Promise<number> {
  const place = surroundings ?? directSurroundings(sys);
  let cli: Cli | null = null;
  // Here alone is anything awaited between the command line and the command: each function that awaits costs a
  // hundredth of `docker ps`.
  try {
    const top = parseTop(argv);
    const descriptions = COMPLETION_WORDS.get(top.args[0] ?? "");
    if (descriptions !== undefined) return await runCompletion(sys, place, { line: top.args.slice(1), descriptions });
    cli = openCli(sys, top, place);
    return await runTop(cli, top);
  } catch (error) {
    const message = describeError(error);
    if (message !== "") printTo(sys, 2, `${message}\n`, place.exit);
    return error instanceof ExitError ? error.code : 1;
  } finally {
    cli?.over();
  }
}

function directSurroundings(sys: Sys): Surroundings {
  return { environ: sys.environ, signals: directSignals(sys), exit: (code) => sys.exit(code) };
}

function openCli(sys: Sys, top: Parsed, place: Surroundings): Cli {
  const config = new ConfigFile(sys, configDirectory(top.options, place.environ));
  if (config.problem !== null) printTo(sys, 2, `WARNING: ${config.problem}\n`, place.exit);
  checkGlobalOptions(top.options);
  const sources = { sys, options: top.options, environ: place.environ, config };
  const cli = new Cli(sys, place, needsEngine(top) ? findEndpoint(sources) : contextOnly(sources), config);
  cli.watchSignals();
  return cli;
}

/** Contexts are looked after also when the current one leads nowhere. */
function needsEngine({ args }: Parsed): boolean {
  return args[0] !== "context";
}

/** Where nobody connects: only its name is asked for. */
function contextOnly(sources: EndpointSources): Endpoint {
  return { ...defaultEndpoint(sources), context: contextName(sources) };
}

function runTop(cli: Cli, top: Parsed): number | Promise<number> {
  const name = top.args[0];
  if (top.options.on("help") || top.options.changed("h")) return showDockerHelp(cli, top);
  if (top.options.on("version")) {
    cli.print(CLIENT_VERSION_LINE);
    return 0;
  }
  if (name === undefined) return showDockerHelp(cli, top);
  const rest = top.args.slice(1);
  if (name === "help") return showHelpOf(cli, rest);
  const word = findWord(name);
  if (word === undefined) throw new ExitError(1, `docker: '${name}' is not a docker command.\nSee 'docker --help'`);
  return word.kind === "family" ? dispatchFamily(cli, word, rest) : runCommand(cli, word, `docker ${name}`, rest);
}

function parseTop(argv: readonly string[]): Parsed {
  try {
    return parseArguments(argv, GLOBAL_FLAGS, false);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new ExitError(FLAG_ERROR, `${error.message}\nSee 'docker --help'.\n${formatDockerHelp(80).trimEnd()}\n`);
  }
}

function showDockerHelp(cli: Cli, top: Parsed): number {
  if (top.options.changed("h")) cli.print(DEPRECATED_LETTER);
  cli.print(formatDockerHelp(cli.width()));
  return 0;
}

/** `docker help`, `docker help run`, `docker help container ls`. */
function showHelpOf(cli: Cli, words: readonly string[]): number {
  const [name, member] = words;
  if (name === undefined) cli.print(formatDockerHelp(cli.width()));
  else {
    const word = findWord(name);
    const command = word?.kind === "family" ? word.commands.find((each) => each.name === member) : word;
    if (command !== undefined) cli.print(formatCommandHelp(command, `docker ${words.join(" ")}`, cli.width()));
    else if (word?.kind === "family") cli.print(formatFamilyHelp(word));
    else throw new ExitError(1, `unknown help topic: ${words.join(" ")}`);
  }
  return 0;
}

async function dispatchFamily(cli: Cli, family: Family, argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const command = name === undefined ? undefined : findMember(family, name);
  if (name !== undefined && command !== undefined) {
    return runCommand(cli, command, `docker ${family.name} ${command.name}`, rest);
  }
  const parsed = parseFamily(family, argv);
  if (parsed.options.changed("h")) cli.print(DEPRECATED_LETTER);
  if (parsed.args.length === 0) {
    cli.print(formatFamilyHelp(family));
    return 0;
  }
  cli.printError(formatFamilyHelp(family));
  return 1;
}

function parseFamily(family: Family, argv: readonly string[]): Parsed {
  try {
    return parseArguments(argv, [], false);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    const help = formatFamilyHelp(family);
    throw new ExitError(FLAG_ERROR, `${error.message}\nSee 'docker ${family.name} --help'.\n${help}`);
  }
}

function runCommand(cli: Cli, command: Command, path: string, argv: readonly string[]): number | Promise<number> {
  const { options, args } = parseFor(command, path, argv);
  if (options.changed("h")) cli.print(DEPRECATED_LETTER);
  if (options.on("help") || options.changed("h")) {
    cli.print(formatCommandHelp(command, path, cli.width()));
    return 0;
  }
  checkArity(command, path, args.length);
  refuseForeign(options);
  const dispatch = async (words: readonly string[]): Promise<number> => runTop(cli, parseTop(words));
  return command.run({ cli, path, options, args, dispatch });
}

/** They are accepted everywhere, and refused for what the daemon says it runs on. */
const WINDOWS_FLAGS = ["cpu-count", "cpu-percent", "io-maxbandwidth", "io-maxiops"];

function refuseForeign(options: Options): void {
  const flag = WINDOWS_FLAGS.find((name) => options.changed(name));
  if (flag === undefined) return;
  const where = "only supported on a Docker daemon running on windows, but the Docker daemon is running on linux";
  throw new ExitError(1, `"--${flag}" is ${where}`);
}

function parseFor(command: Command, path: string, argv: readonly string[]): Parsed {
  try {
    return parseArguments(argv, command.flags, command.interspersed !== false);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new ExitError(FLAG_ERROR, `${error.message}\nSee '${path} --help'.`);
  }
}

function checkArity(command: Command, path: string, count: number): void {
  const { arity } = command;
  if (arity.kind === "exactly" && arity.bare && count !== arity.count) {
    throw new ExitError(1, `accepts ${arity.count} arg(s), received ${count}`);
  }
  const complaint = describeArity(command, count);
  if (complaint === null) return;
  throw new ExitError(1, `"${path}" ${complaint}.\nSee '${path} --help'.\n\n${formatUsage(command, path).trimEnd()}`);
}

function describeArity({ arity }: Command, count: number): string | null {
  switch (arity.kind) {
    case "none":
      return count === 0 ? null : "accepts no arguments";
    case "exactly":
      return count === arity.count ? null : `requires exactly ${countArguments(arity.count)}`;
    case "atLeast":
      return count >= arity.count ? null : `requires at least ${countArguments(arity.count)}`;
    case "atMost":
      return count <= arity.count ? null : `requires at most ${countArguments(arity.count)}`;
    case "between":
      return count >= arity.least && count <= arity.most
        ? null
        : `requires at least ${arity.least} and at most ${countArguments(arity.most)}`;
  }
}

function countArguments(count: number): string {
  return count === 1 ? "1 argument" : `${count} arguments`;
}
