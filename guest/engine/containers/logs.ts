import { EngineError } from "../../api/contract/errors.ts";
import { O_RDWR } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import { containerPaths, LOGS_PROGRAM } from "../layout.ts";
import { parseTimestamp } from "../time.ts";
import type { TakeStream } from "./attach.ts";
import type { Container } from "./container.ts";
import { attributesAsQuery } from "./log-attributes.ts";
import { planLog } from "./log-options.ts";

export interface LogsQuery {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** With the attributes of the log in front of each line. */
  readonly details: boolean;
  readonly tail: string;
  readonly since: string;
  readonly until: string;
}

/** A helper reads the log and writes it to the client: the bytes never come here. Gives its pid. */
export function spawnLogs(sys: Sys, container: Container, query: LogsQuery, take: TakeStream): number {
  const framed = container.config.Tty !== true;
  const argv = logsArguments(container, query, framed);
  const { fd } = take(framed);
  const nothing = sys.open("/dev/null", O_RDWR);
  try {
    return sys.spawn({ path: LOGS_PROGRAM, argv, envp: [], fds: [nothing, fd, nothing] });
  } finally {
    sys.close(nothing);
    sys.close(fd);
  }
}

function logsArguments(container: Container, query: LogsQuery, framed: boolean): readonly string[] {
  const paths = containerPaths(container.id);
  const plan = planLog(container, paths);
  if (plan === null) {
    throw new EngineError("notImplemented", "configured logging driver does not support reading");
  }
  const bit = (on: boolean): string => (on ? "1" : "0");
  const time = (text: string): string => String(parseTimestamp(text) ?? 0n);
  return [
    "docker-logs",
    plan.path,
    "--files",
    String(plan.maxFiles),
    "--fd1-framed",
    bit(framed),
    "--tail",
    tailOf(query.tail),
    "--since",
    time(query.since),
    "--until",
    time(query.until),
    "--timestamps",
    bit(query.timestamps),
    ...(query.details ? ["--details", attributesAsQuery(container)] : []),
    "--stdout",
    bit(query.stdout),
    "--stderr",
    bit(query.stderr),
    "--follow",
    bit(query.follow && container.running),
    "--exit",
    paths.exitFile,
  ];
}

/** Docker takes what is no number for "all". */
function tailOf(text: string): string {
  return /^\d{1,9}$/.test(text) ? text : "all";
}
