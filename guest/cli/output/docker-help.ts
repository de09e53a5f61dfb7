/** `docker --help`: every command in the groups that Docker shows. Those that do not exist here are not listed. */
import { COMMANDS, COMMON_COMMANDS, FAMILIES } from "../commands.ts";
import { GLOBAL_FLAGS } from "../global-options.ts";
import { formatCommandList, formatFlags } from "./help.ts";

export function formatDockerHelp(width: number): string {
  const common = COMMON_COMMANDS.flatMap((name) => COMMANDS.filter((command) => command.name === name));
  const others = COMMANDS.filter((command) => !COMMON_COMMANDS.includes(command.name)).sort(byName);
  return (
    "\nUsage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n" +
    `\nCommon Commands:\n${formatCommandList(common)}` +
    `\nManagement Commands:\n${formatCommandList(FAMILIES)}` +
    `\nCommands:\n${formatCommandList(others)}` +
    `\nGlobal Options:\n${formatFlags(GLOBAL_FLAGS, width - 1)}` +
    "\nRun 'docker COMMAND --help' for more information on a command.\n" +
    "\nFor more help on how to use Docker, head to https://docs.docker.com/go/guides/\n"
  );
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
