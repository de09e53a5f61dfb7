import type { ChannelTarget } from "./machine.ts";

/**
 * The payload of OPEN. `terminal R C`, `unix PATH` and `tcp HOST PORT` are that text alone; a command is `command` or
 * `tty-command R C`, then NUL-separated: argc, the arguments, envc, the environment, the working directory (empty: the guest decides).
 */
export function encodeTarget(target: ChannelTarget): Uint8Array {
  return new TextEncoder().encode(describe(target));
}

function describe(target: ChannelTarget): string {
  switch (target.kind) {
    case "terminal":
      return `terminal ${target.rows} ${target.columns}`;
    case "unix":
      return `unix ${target.path}`;
    case "tcp":
      return `tcp ${target.host} ${target.port}`;
    case "command":
      return ["command", ...describeCommand(target)].join("\0");
    case "tty-command":
      return [`tty-command ${target.rows} ${target.columns}`, ...describeCommand(target)].join("\0");
  }
}

type Command = Extract<ChannelTarget, { kind: "command" | "tty-command" }>;

function describeCommand({ argv, env = [], cwd = "" }: Command): readonly string[] {
  for (const text of [...argv, ...env, cwd]) {
    if (text.includes("\0")) throw new Error(`an argument holds a NUL byte: ${JSON.stringify(text)}`);
  }
  return [String(argv.length), ...argv, String(env.length), ...env, cwd];
}
