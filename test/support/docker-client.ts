/** Docker's own client, where this machine has one: a program of the host that drives the engine in the guest. */
import { execFileSync, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { forwardPort } from "../../kernel-image/headless/forward-port.ts";
import { freePort } from "./free-port.ts";
import type { RunResult, Vm } from "./vm.ts";

/** Any real docker client, by the variable DOCKER or on the PATH. */
export const DOCKER = findDocker();
/** For the title of what is skipped without one. */
export const NO_DOCKER =
  DOCKER === null ? " (skipped: there is no docker client; DOCKER=/path/to/docker names one)" : "";

/** "26.1.5": words and layouts change from one version to the next. null without a client. */
export function dockerVersion(): string | null {
  if (DOCKER === null) return null;
  return /version ([0-9.]+)/.exec(execFileSync(DOCKER, ["--version"], { encoding: "utf8" }))?.[1] ?? null;
}

export interface DockerClient {
  run(argv: readonly string[]): Promise<RunResult>;
  /** The words of a command line as a shell takes them apart, in a directory of the host. */
  runLine(words: string, directory: string): Promise<RunResult>;
}

/** A client of this machine's engine, over TCP, with no configuration of its own. */
export async function dockerClient(vm: Vm, environment: NodeJS.ProcessEnv = {}): Promise<DockerClient> {
  const port = await freePort();
  await forwardPort(vm.machine, port, { kind: "unix", path: "/run/docker.sock" });
  const env = { ...process.env, ...environment, DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_CONFIG: "/nonexistent" };
  const docker = DOCKER ?? "docker";
  return {
    run: (argv) => run(docker, argv, { env }),
    runLine: (words, cwd) => run("sh", ["-c", `exec "$0" ${words}`, docker], { env, cwd }),
  };
}

function run(
  program: string,
  argv: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<RunResult> {
  const child = spawn(program, argv, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  return new Promise((resolve) => child.on("close", (status) => resolve({ ...output, status: status ?? -1 })));
}

function findDocker(): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return [process.env["DOCKER"] ?? "", ...folders.map((folder) => join(folder, "docker"))].find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    if (path !== "") accessSync(path, constants.X_OK);
    return path !== "";
  } catch {
    return false;
  }
}
