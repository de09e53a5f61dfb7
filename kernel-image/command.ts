/** Runs a program of the build machine; its output goes to a log, of which the end is shown when it fails. */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

export interface CommandOptions {
  readonly cwd: string;
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

const LARGEST_OUTPUT = 256 << 20;
const LINES_SHOWN = 25;

/** Gives what was written to standard output. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): string {
  mkdirSync(dirname(options.log), { recursive: true });
  const result = spawnSync(command, args, {
    cwd: options.cwd,
    // The same language and time zone everywhere: both can get into what is built.
    env: { ...process.env, LC_ALL: "C", TZ: "UTC", ...options.env },
    input: options.input ?? "",
    encoding: "utf8",
    maxBuffer: LARGEST_OUTPUT,
  });
  appendFileSync(options.log, `$ ${command} ${args.join(" ")}\n${result.stdout ?? ""}${result.stderr ?? ""}`);
  if (result.status === 0) return result.stdout;
  const reason = result.error?.message ?? `status ${result.status}`;
  const lines = `${result.stdout ?? ""}${result.stderr ?? ""}`.trimEnd().split("\n").slice(-LINES_SHOWN);
  throw new Error(
    `${command} ${args[0] ?? ""} failed (${reason}); all of it is in ${options.log}:\n${lines.join("\n")}`,
  );
}

/** Names the Debian packages to install when a tool is missing. */
export function requireTools(tools: Readonly<Record<string, string>>): void {
  const missing = Object.entries(tools).filter(([tool]) => spawnSync("which", [tool]).status !== 0);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))].join(" ");
  throw new Error(`missing ${missing.map(([tool]) => tool).join(", ")}: apt-get install ${packages}`);
}
