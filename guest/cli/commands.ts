/** Every command there is. `docker --help` is made from this table. */
import { type Command, type Family, renamed } from "./command.ts";
import { attach } from "./commands/attach.ts";
import { contextFamily } from "./commands/context.ts";
import { cp } from "./commands/cp.ts";
import { create } from "./commands/create.ts";
import { diff } from "./commands/diff.ts";
import { events } from "./commands/events.ts";
import { exec } from "./commands/exec.ts";
import { exportContainer } from "./commands/export.ts";
import { images } from "./commands/images.ts";
import { info } from "./commands/info.ts";
import { inspect, inspectContainer, inspectImage } from "./commands/inspect.ts";
import { kill } from "./commands/kill.ts";
import { logs } from "./commands/logs.ts";
import { pause } from "./commands/pause.ts";
import { port } from "./commands/port.ts";
import { pruneContainers } from "./commands/prune.ts";
import { ps } from "./commands/ps.ts";
import { rename } from "./commands/rename.ts";
import { restart } from "./commands/restart.ts";
import { rm } from "./commands/rm.ts";
import { run } from "./commands/run.ts";
import { start } from "./commands/start.ts";
import { stats } from "./commands/stats.ts";
import { stop } from "./commands/stop.ts";
import { diskUsage } from "./commands/system-df.ts";
import { pruneSystem } from "./commands/system-prune.ts";
import { top } from "./commands/top.ts";
import { trace } from "./commands/trace.ts";
import { unpause } from "./commands/unpause.ts";
import { update } from "./commands/update.ts";
import { version } from "./commands/version.ts";
import { wait } from "./commands/wait.ts";

export const COMMANDS: readonly Command[] = [
  run,
  exec,
  ps,
  images,
  version,
  info,
  attach,
  cp,
  create,
  diff,
  events,
  exportContainer,
  inspect,
  kill,
  logs,
  pause,
  port,
  rename,
  restart,
  rm,
  start,
  stats,
  stop,
  top,
  unpause,
  update,
  wait,
];

/** What Docker has not. `docker --help` is Docker's, and does not show them. */
export const OWN_COMMANDS: readonly Command[] = [trace];

/** Those that `docker --help` shows first, in its order. */
export const COMMON_COMMANDS: readonly string[] = ["run", "exec", "ps", "images", "version", "info"];

export const FAMILIES: readonly Family[] = [
  {
    kind: "family",
    name: "container",
    summary: "Manage containers",
    commands: [
      attach,
      cp,
      create,
      diff,
      exec,
      exportContainer,
      inspectContainer,
      kill,
      logs,
      renamed(ps, "ls"),
      pause,
      port,
      pruneContainers,
      rename,
      restart,
      rm,
      run,
      start,
      stats,
      stop,
      top,
      unpause,
      update,
      wait,
    ],
  },
  contextFamily,
  { kind: "family", name: "image", summary: "Manage images", commands: [inspectImage, renamed(images, "ls")] },
  { kind: "family", name: "system", summary: "Manage Docker", commands: [diskUsage, events, info, pruneSystem] },
];

const BY_NAME: ReadonlyMap<string, Command | Family> = new Map(
  [...COMMANDS, ...FAMILIES, ...OWN_COMMANDS].map((each): [string, Command | Family] => [each.name, each]),
);

/** What the first word means: a command, or a family of them. */
export function findWord(name: string): Command | Family | undefined {
  return BY_NAME.get(name);
}

/** `docker container ps` and `docker container list` are `docker container ls`. */
export function findMember({ commands }: Family, name: string): Command | undefined {
  return commands.find((command) => command.name === name || isAlias(command, name));
}

function isAlias({ name, aliases }: Command, word: string): boolean {
  if (name !== "ls" && name !== "rm") return false;
  return aliases.some((alias) => alias.split(" ").length === 3 && alias.endsWith(` ${word}`));
}

const HELP = { name: "help", summary: "Help about the command" };

/** What can stand behind `docker`, by name. */
export const ALL_WORDS: readonly Pick<Command, "name" | "summary">[] = [...BY_NAME.values(), HELP].sort((a, b) =>
  a.name < b.name ? -1 : 1,
);
