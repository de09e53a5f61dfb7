import type { ContainerCreateRequest, ContainerCreateResponse } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { Sys } from "../../sys/sys.ts";
import type { CrashAt } from "../crash.ts";
import { randomId } from "../ids.ts";
import type { Image } from "../images/image.ts";
import { containerPaths } from "../layout.ts";
import { writeJson } from "../store.ts";
import { formatTime } from "../time.ts";
import type { Tracing } from "../trace/tracing.ts";
import { commandLine, mergeConfig, validateConfig } from "./config.ts";
import { Container, type ContainerRecord, CREATED } from "./container.ts";
import { writeEtcFiles } from "./etc-files.ts";
import { takeHostConfig } from "./host-config.ts";
import { discardedLimits } from "./limits.ts";
import { planMounts } from "./mounts.ts";
import type { NameIndex } from "./names.ts";
import { planNetworking } from "./networking.ts";
import { validateSecurity } from "./security.ts";

export interface CreateContext {
  readonly sys: Sys;
  readonly names: NameIndex;
  readonly crash: CrashAt;
  readonly tracing: Tracing;
  /** Throws `No such image`. */
  requireImage(name: string): Image;
  /** Id of a container by name; the text itself when there is none. */
  resolve(name: string): string;
}

export interface CreatedRecord {
  readonly container: Container;
  readonly response: ContainerCreateResponse;
}

/** A container's records and directories. On failure nothing of them stays, and the name is free. */
export function createRecord(context: CreateContext, request: ContainerCreateRequest, name: string): CreatedRecord {
  const { sys, names } = context;
  const { HostConfig, NetworkingConfig: _endpoints, ...asked } = request;
  const { host, stored } = takeHostConfig(HostConfig ?? {}, context.resolve);
  const image = context.requireImage(request.Image ?? "");
  const id = randomId(sys);
  context.tracing.note(id);
  const config = mergeConfig(asked, image.config, id);
  validateConfig(config);
  const networking = planNetworking(request, host);
  validateSecurity(host);
  const mounts = planMounts(asked, host);
  const [path = "", ...args] = commandLine(config);
  const chosen = names.reserve(name, id);
  const record: ContainerRecord = {
    ID: id,
    Created: formatTime(sys.now()),
    Name: chosen,
    Path: path,
    Args: args,
    Config: host.NetworkMode === "host" && !asked.Hostname ? { ...config, Hostname: sys.uname().nodename } : config,
    Image: image.id,
    MountPoints: mounts.map(({ point }) => point),
    Driver: "overlay2",
    ...(networking.macAddress === "" ? {} : { MacAddress: networking.macAddress }),
  };
  const container = new Container(record, host, CREATED);
  try {
    writeContainer(context, container, stored);
  } catch (error) {
    removeDirectories(sys, id);
    names.release(chosen, id);
    throw error;
  }
  const warnings = [...networking.warnings, ...discardedLimits(HostConfig ?? {}), ...warningsOf(image, asked)];
  return { container, response: { Id: id, Warnings: warnings } };
}

/** `stored` is hostconfig.json. config.v2.json comes last: a directory without it is a create that was cut short. */
function writeContainer(
  { sys, crash }: CreateContext,
  { id, record, hostConfig, config }: Container,
  stored: string,
): void {
  const paths = containerPaths(id);
  sys.mkdir(paths.directory, 0o710);
  crash("create:directory");
  sys.mkdir(paths.layer, 0o710);
  for (const directory of [paths.upper, paths.work, paths.merged]) sys.mkdir(directory, 0o755);
  crash("create:layer");
  writeEtcFiles(sys, paths, config, hostConfig);
  if (hostConfig.LogConfig?.Type === "local") sys.mkdir(paths.localLogs, 0o700);
  sys.writeFile(paths.hostConfig, stored, { mode: 0o600 });
  writeJson(sys, paths.config, record);
  crash("create:config");
}

/** The layer first: as long as the container's directory is there, a new engine knows that there is something to remove. */
export function removeDirectories(sys: Sys, id: string): void {
  const paths = containerPaths(id);
  sys.removeAll(paths.layer);
  sys.removeAll(paths.directory);
}

/** What the image asks for and does not get is said. */
function warningsOf(image: Image, asked: ContainerCreateRequest): readonly string[] {
  const { Volumes } = image.config;
  if (!Volumes) return [];
  const missing = Object.keys(Volumes).filter((target) => !Object.hasOwn(asked.Volumes ?? {}, target));
  return missing.map(
    (target) => `The image's volume ${target} is part of the container's own layer: volumes are not supported yet.`,
  );
}

/** "linux", "linux/386": anything else cannot run here. */
export function checkPlatform(platform: string, image: string): void {
  if (platform === "" || platform === "linux" || platform === "linux/386") return;
  throw new EngineError(
    "notFound",
    `image with reference ${image} was found but does not match the specified platform: wanted ${platform}, actual: linux/386`,
  );
}
