import type { ContainerConfig, HealthConfig } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { DEFAULT_PATH } from "../../runtime/default-spec.ts";
import { validateHealthcheck } from "../health/health-record.ts";
import { parseSignal } from "./signals.ts";

/** What was asked for, completed from the image: moby's image.Merge. Every field is there, as `docker inspect` shows it. */
export function mergeConfig(asked: ContainerConfig, image: ContainerConfig, id: string): ContainerConfig {
  const { Entrypoint, Cmd } = mergeCommand(asked, image);
  const ports = mergeMaps(asked.ExposedPorts, image.ExposedPorts);
  const health = mergeHealth(asked.Healthcheck, image.Healthcheck);
  const stopSignal = asked.StopSignal || image.StopSignal;
  const shell = nonEmpty(asked.Shell) ?? nonEmpty(image.Shell);
  return {
    Hostname: asked.Hostname || id.slice(0, 12),
    Domainname: asked.Domainname ?? "",
    User: asked.User || (image.User ?? ""),
    AttachStdin: asked.AttachStdin === true,
    AttachStdout: asked.AttachStdout === true,
    AttachStderr: asked.AttachStderr === true,
    ...(ports === null ? {} : { ExposedPorts: ports }),
    Tty: asked.Tty === true,
    OpenStdin: asked.OpenStdin === true,
    StdinOnce: asked.StdinOnce === true,
    Env: mergeEnv(asked.Env ?? [], image.Env ?? []),
    Cmd,
    ...(health === null ? {} : { Healthcheck: health }),
    Image: asked.Image ?? "",
    Volumes: mergeMaps(asked.Volumes, image.Volumes),
    WorkingDir: asked.WorkingDir || (image.WorkingDir ?? ""),
    Entrypoint,
    OnBuild: null,
    Labels: mergeMaps(asked.Labels, image.Labels) ?? {},
    ...(stopSignal ? { StopSignal: stopSignal } : {}),
    ...(asked.StopTimeout === undefined || asked.StopTimeout === null ? {} : { StopTimeout: asked.StopTimeout }),
    ...(shell === null ? {} : { Shell: shell }),
  };
}

/** Throws what Docker refuses in a merged configuration. */
export function validateConfig(config: ContainerConfig): void {
  if (!nonEmpty(config.Entrypoint) && !nonEmpty(config.Cmd)) throw invalid("no command specified");
  const directory = config.WorkingDir ?? "";
  if (directory !== "" && !directory.startsWith("/")) {
    throw invalid(`the working directory '${directory}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal) parseSignal(config.StopSignal);
  validateHealthcheck(config);
  for (const entry of config.Env ?? []) {
    if (typeof entry !== "string" || entry === "" || entry.startsWith("=")) {
      throw invalid(`invalid environment variable: ${entry}`);
    }
  }
}

/** The program and its arguments: Entrypoint in front of Cmd. */
export function commandLine(config: ContainerConfig): readonly string[] {
  return [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
}

/**
 * The image's command counts only where the caller gave neither; [""] as entrypoint (`--entrypoint ""`) takes the
 * image's away.
 */
function mergeCommand(
  asked: ContainerConfig,
  image: ContainerConfig,
): { Entrypoint: readonly string[] | null; Cmd: readonly string[] | null } {
  let Entrypoint = nonEmpty(asked.Entrypoint);
  let Cmd = nonEmpty(asked.Cmd);
  if (Entrypoint === null) {
    Cmd ??= nonEmpty(image.Cmd);
    Entrypoint = nonEmpty(image.Entrypoint);
  } else if (Entrypoint.length === 1 && Entrypoint[0] === "") {
    Entrypoint = null;
  }
  return { Entrypoint, Cmd };
}

/** The caller's first, then what the image has beyond it. */
function mergeEnv(asked: readonly string[], image: readonly string[]): readonly string[] {
  if (asked.length === 0) return image;
  const names = new Set(asked.map(envName));
  return [...asked, ...image.filter((entry) => !names.has(envName(entry)))];
}

export function envName(entry: string): string {
  const equals = entry.indexOf("=");
  return equals < 0 ? entry : entry.slice(0, equals);
}

function mergeMaps<T>(
  asked: Readonly<Record<string, T>> | null | undefined,
  image: Readonly<Record<string, T>> | null | undefined,
): Readonly<Record<string, T>> | null {
  if (!image && !asked) return null;
  const merged = { ...image, ...asked };
  return Object.keys(merged).length === 0 ? null : sortKeys(merged);
}

/** Go prints a map in the order of its keys. */
export function sortKeys<T>(map: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function mergeHealth(
  asked: HealthConfig | null | undefined,
  image: HealthConfig | null | undefined,
): HealthConfig | null {
  if (!asked || !image) return asked ?? image ?? null;
  return { ...image, ...withoutZeros(asked) };
}

function withoutZeros(health: HealthConfig): HealthConfig {
  const given = Object.entries(health).filter(([name, value]) => value && (name !== "Test" || value.length > 0));
  return Object.fromEntries(given);
}

function nonEmpty(list: readonly string[] | null | undefined): readonly string[] | null {
  return list === null || list === undefined || list.length === 0 ? null : list;
}

/** The environment of the program: PATH, HOSTNAME and TERM unless they are given. An entry without "=" takes a name away. */
export function processEnv(config: ContainerConfig, hostname = config.Hostname): readonly string[] {
  const own = [DEFAULT_PATH, `HOSTNAME=${hostname ?? ""}`];
  if (config.Tty === true) own.push("TERM=xterm");
  return overlayEnv(own, config.Env ?? []);
}

/** What is asked for over what is there. */
export function overlayEnv(base: readonly string[], asked: readonly string[]): readonly string[] {
  if (asked.length === 0) return base;
  const names = asked.map(envName);
  const env = base.filter((entry) => !names.includes(envName(entry)));
  for (const entry of asked) if (entry.includes("=")) env.push(entry);
  return env;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
