import type { Flag } from "../args/flag.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { parseSince } from "../output/time.ts";
import { holdStream, runStream } from "../stream.ts";

const SINCE = '(e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)';

const FLAGS: readonly Flag[] = [
  { name: "details", kind: "bool", usage: "Show extra details provided to logs" },
  { name: "follow", short: "f", kind: "bool", usage: "Follow log output" },
  { name: "since", kind: "string", usage: `Show logs since timestamp ${SINCE}` },
  {
    name: "tail",
    short: "n",
    kind: "string",
    usage: "Number of lines to show from the end of the logs",
    shown: '"all"',
  },
  { name: "timestamps", short: "t", kind: "bool", usage: "Show timestamps" },
  { name: "until", kind: "string", usage: `Show logs before a timestamp ${SINCE}` },
];

export const logs: Command = {
  kind: "command",
  name: "logs",
  summary: "Fetch the logs of a container",
  usage: "[OPTIONS] CONTAINER",
  flags: FLAGS,
  arity: { kind: "exactly", count: 1 },
  aliases: ["docker container logs", "docker logs"],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { cli, options, args } = invocation;
  const since = readTime(invocation, "since");
  const until = readTime(invocation, "until");
  const stream = await cli.client.containerLogs(args[0] ?? "", {
    tail: options.text("tail", "all"),
    ...(options.on("follow") ? { follow: true } : {}),
    ...(options.on("timestamps") ? { timestamps: true } : {}),
    ...(options.on("details") ? { details: true } : {}),
    ...(since === null ? {} : { since }),
    ...(until === null ? {} : { until }),
  });
  await runStream(cli, holdStream(stream), { input: false, detachKeys: null, tty: false, onSignal: () => "default" });
  return 0;
}

function readTime({ cli, options }: Invocation, flag: "since" | "until"): string | null {
  const text = options.text(flag);
  if (text === "") return null;
  const time = parseSince(text, cli.now());
  if (time === null) {
    throw new ExitError(1, `invalid value for "${flag}": failed to parse value as time or duration: "${text}"`);
  }
  return time;
}
