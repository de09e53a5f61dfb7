/**
 * An Engine API library as programs use it: dockerode from npm. It is no dependency of ours, with all that it brings; a test
 * installs it once, in build/.
 */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../../kernel-image/paths.ts";

const FOLDER = join(ROOT, "build/api-library");
const PACKAGE = "dockerode@5.0.1";
const INSTALL_TIME = 120_000;

export type ApiLibrary =
  | { readonly kind: "there"; readonly open: (options: { host: string; port: number }) => Dockerode }
  | { readonly kind: "missing"; readonly reason: string };

/** As much of it as the test uses. */
export interface Dockerode {
  createContainer(options: object): Promise<DockerodeContainer>;
  getContainer(id: string): DockerodeContainer;
  listContainers(options?: object): Promise<readonly { readonly Id: string; readonly Names: readonly string[] }[]>;
  getEvents(options: object): Promise<NodeJS.ReadableStream>;
  ping(): Promise<unknown>;
  version(): Promise<{ readonly ApiVersion: string }>;
  info(): Promise<{ readonly Containers: number }>;
  df(): Promise<{ readonly Containers: readonly unknown[] }>;
  run(
    image: string,
    command: readonly string[],
    streams: NodeJS.WritableStream | readonly NodeJS.WritableStream[],
    options: object,
  ): Promise<readonly [{ readonly StatusCode: number }, DockerodeContainer]>;
  readonly modem: {
    demuxStream(from: NodeJS.ReadableStream, out: NodeJS.WritableStream, err: NodeJS.WritableStream): void;
  };
}

export interface DockerodeContainer {
  readonly id: string;
  start(): Promise<unknown>;
  stop(options?: object): Promise<unknown>;
  remove(options?: object): Promise<unknown>;
  wait(): Promise<{ readonly StatusCode: number }>;
  inspect(): Promise<{ readonly State: { readonly Running: boolean; readonly ExitCode: number } }>;
  attach(options: object): Promise<NodeJS.ReadWriteStream>;
  logs(options: object): Promise<Buffer>;
  exec(options: object): Promise<{
    start(options: object): Promise<NodeJS.ReadWriteStream>;
    inspect(): Promise<{ readonly ExitCode: number | null }>;
  }>;
  stats(options: object): Promise<{ readonly memory_stats: { readonly usage: number } }>;
  getArchive(options: object): Promise<NodeJS.ReadableStream>;
  putArchive(archive: Buffer, options: object): Promise<unknown>;
  pause(): Promise<unknown>;
  unpause(): Promise<unknown>;
  top(): Promise<{ readonly Processes: readonly (readonly string[])[] }>;
}

export async function loadApiLibrary(): Promise<ApiLibrary> {
  mkdirSync(FOLDER, { recursive: true });
  const require = createRequire(join(FOLDER, "index.js"));
  try {
    if (!isThere(require)) await install();
    const Docker = require("dockerode") as new (options: object) => Dockerode;
    return { kind: "there", open: (options) => new Docker({ protocol: "http", ...options }) };
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { kind: "missing", reason: `${PACKAGE} cannot be installed: ${reason}` };
  }
}

function isThere(require: NodeJS.Require): boolean {
  try {
    return (require("dockerode/package.json") as { version: string }).version === PACKAGE.split("@")[1];
  } catch {
    return false;
  }
}

async function install(): Promise<void> {
  const args = ["install", "--prefix", FOLDER, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE];
  await promisify(execFile)("npm", args, { timeout: INSTALL_TIME });
}
