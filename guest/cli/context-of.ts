import type { Cli } from "./cli.ts";
import { type Context, ContextStore, contextOf, DEFAULT_CONTEXT, DEFAULT_DESCRIPTION } from "./contexts.ts";

export function storeOf({ sys, config }: Cli): ContextStore {
  return new ContextStore(sys, config.directory);
}

/** The one that is always there is in no store. */
export function loadContext(cli: Cli, name: string): Context {
  if (name !== DEFAULT_CONTEXT) return storeOf(cli).get(name);
  return contextOf(DEFAULT_CONTEXT, DEFAULT_DESCRIPTION, { Host: cli.endpoint.name, SkipTLSVerify: false });
}
