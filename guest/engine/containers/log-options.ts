/** `--log-driver` and `--log-opt`: what is kept of a container's output, and where. */
import type { HostConfig, LogConfig } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { ContainerPaths } from "../layout.ts";
import type { Container } from "./container.ts";
import { ATTRIBUTE_OPTIONS, attributesAsJson, validateAttributes } from "./log-attributes.ts";

/** The files of a log, as docker-shim writes them and docker-logs reads them. */
export interface LogPlan {
  readonly path: string;
  /** Bytes; -1 is without bound. */
  readonly maxSize: number;
  /** How many are kept, the current one among them. */
  readonly maxFiles: number;
  /** A JSON object for each line, or "". */
  readonly attributes: string;
}

type Options = Readonly<Record<string, string>>;

interface Driver {
  readonly options: ReadonlySet<string>;
  readonly defaults: Pick<LogPlan, "maxSize" | "maxFiles">;
  readonly unknown: (name: string) => string;
}

const DEFAULT_DRIVER = "json-file";
/** The disk of this machine is its memory: what a daemon.json would say. */
const DAEMON_OPTIONS: Options = Object.freeze({ "max-file": "2", "max-size": "8m" });
const FILE_OPTIONS = ["max-size", "max-file", "compress", "mode", "max-buffer-size"];

const DRIVERS: ReadonlyMap<string, Driver> = new Map([
  [
    DEFAULT_DRIVER,
    {
      options: new Set([...FILE_OPTIONS, ...ATTRIBUTE_OPTIONS]),
      defaults: { maxSize: -1, maxFiles: 1 },
      unknown: (name) => `unknown log opt '${name}' for json-file log driver`,
    },
  ],
  [
    "local",
    {
      options: new Set(FILE_OPTIONS),
      // Docker's five files of 20 MiB would be more than the disk has.
      defaults: { maxSize: 8e6, maxFiles: 2 },
      unknown: (name) => `unknown log opt '${name}' for log driver local`,
    },
  ],
]);

export const LOG_DRIVERS: readonly string[] = [...DRIVERS.keys()];

/** With the engine's own bounds, where nothing is said of any. */
export function completeLogConfig(asked: LogConfig | undefined): LogConfig {
  const type = asked?.Type || DEFAULT_DRIVER;
  const given = asked?.Config ?? {};
  const bounded = type !== DEFAULT_DRIVER || "max-size" in given || "max-file" in given;
  if (bounded) return { Type: type, Config: given };
  // Mostly nothing is said at all: the same object for all of them.
  return { Type: type, Config: asked?.Config ? { ...DAEMON_OPTIONS, ...given } : DAEMON_OPTIONS };
}

/** Throws Docker's refusals, and ours of what would be silently ignored. */
export function validateLog({ LogConfig }: HostConfig): void {
  const type = LogConfig?.Type ?? DEFAULT_DRIVER;
  const options = LogConfig?.Config ?? {};
  if (type === "none") return;
  validateMode(options);
  const driver = DRIVERS.get(type);
  if (driver === undefined) throw invalid(`logger: no log driver named '${type}' is registered`);
  for (const name of Object.keys(options)) if (!driver.options.has(name)) throw invalid(driver.unknown(name));
  validateAttributes(options);
  boundsOf(driver, options);
}

/** null: nothing is kept. */
export function planLog(container: Container, paths: ContainerPaths): LogPlan | null {
  const { LogConfig } = container.hostConfig;
  const type = LogConfig?.Type ?? DEFAULT_DRIVER;
  const driver = DRIVERS.get(type);
  if (driver === undefined) return null;
  const path = type === "local" ? `${paths.localLogs}/container.log` : paths.log;
  return { path, ...boundsOf(driver, LogConfig?.Config ?? {}), attributes: attributesAsJson(container) };
}

/** What writes here never waits for a reader: both modes are the same. */
function validateMode(options: Options): void {
  const mode = options["mode"] ?? "";
  if (mode !== "" && mode !== "blocking" && mode !== "non-blocking") {
    throw invalid(`logger: logging mode not supported: ${mode}`);
  }
  const buffer = options["max-buffer-size"];
  if (buffer === undefined) return;
  if (mode !== "non-blocking") {
    throw invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  }
  if (parseSize(buffer) === null) throw invalid(`error parsing option max-buffer-size: invalid size: '${buffer}'`);
}

type Bounds = Pick<LogPlan, "maxSize" | "maxFiles">;

/** Options belong to one driver, and are read when a container is made and at each of its starts. */
const known = new WeakMap<Options, Bounds>();

function boundsOf(driver: Driver, options: Options): Bounds {
  const bounds = known.get(options) ?? readBounds(driver, options);
  known.set(options, bounds);
  return bounds;
}

function readBounds({ defaults }: Driver, options: Options): Bounds {
  const maxSize = readSize(options["max-size"], defaults.maxSize);
  const maxFiles = readCount(options["max-file"], defaults.maxFiles);
  if (readBool(options["compress"])) {
    if (maxFiles < 2 || maxSize === -1) {
      throw cannotStart("compress cannot be true when max-file is less than 2 or max-size is not set");
    }
    throw notYet("compress", "files are kept as they were written");
  }
  return { maxSize, maxFiles };
}

function readSize(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (text === "-1") return -1;
  const size = parseSize(text);
  if (size === null) throw cannotStart(`invalid size: '${text}'`);
  if (size <= 0) throw cannotStart("max-size must be a positive number");
  return size;
}

function readCount(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[+-]?\d+$/.test(text)) throw cannotStart(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const count = Number(text);
  if (count < 1) throw cannotStart("max-file cannot be less than 1");
  if (count > MAX_FILES) throw cannotStart(`max-file cannot be more than ${MAX_FILES}`);
  return count;
}

/** As many as a reader can have open: LOG_FILES_MAX of guest/sys/log-files.h. */
const MAX_FILES = 1000;

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

function readBool(text: string | undefined): boolean {
  if (text === undefined || FALSE.has(text)) return false;
  if (TRUE.has(text)) return true;
  throw cannotStart(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

const UNITS = ["", "k", "m", "g", "t", "p"];

/** "10m", "100kB": units.FromHumanSize, in which a kilobyte is a thousand. null: it is no size. */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text);
  if (match === null) return null;
  return Math.floor(Number(match[1]) * 1000 ** UNITS.indexOf((match[2] ?? "").toLowerCase()));
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}

function cannotStart(message: string): EngineError {
  return invalid(`failed to initialize logging driver: ${message}`);
}

function notYet(option: string, instead: string): EngineError {
  return new EngineError("notImplemented", `log option '${option}': not supported by this engine yet: ${instead}`);
}
