import type { Cli } from "../cli.ts";
import type { Command } from "../command.ts";
import { loadContext, storeOf } from "../context-of.ts";
import { DEFAULT_CONTEXT } from "../contexts.ts";
import { FORMAT_FLAG } from "../output/format-flag.ts";
import { inspectAll } from "./inspect.ts";

export const inspectContext: Command = {
  kind: "command",
  name: "inspect",
  summary: "Display detailed information on one or more contexts",
  usage: "[OPTIONS] [CONTEXT] [CONTEXT...]",
  flags: [FORMAT_FLAG],
  arity: { kind: "atLeast", count: 0 },
  aliases: [],
  run: (invocation) => {
    const { cli, args } = invocation;
    return inspectAll(args.length > 0 ? invocation : { ...invocation, args: [cli.endpoint.context] }, find);
  },
};

const IN_MEMORY = "<IN MEMORY>";

/** Of its Go type only what JSON has is promised. */
async function find(cli: Cli, name: string): Promise<{ readonly object: unknown; readonly type: null }> {
  return { object: describe(cli, name), type: null };
}

function describe(cli: Cli, name: string): unknown {
  const context = loadContext(cli, name);
  const own = name !== DEFAULT_CONTEXT;
  const { metadata, tls } = own ? storeOf(cli).paths(name) : { metadata: IN_MEMORY, tls: IN_MEMORY };
  return {
    ...context,
    Metadata: own ? context.Metadata : {},
    TLSMaterial: {},
    Storage: { MetadataPath: metadata, TLSPath: tls },
  };
}
