/** The flags of `docker run` and `docker create` as the body of POST /containers/create. */
import type { ContainerConfig, ContainerCreateRequest } from "../../api/contract/container.ts";
import type { Invocation } from "../command.ts";
import { readHealth } from "./health.ts";
import { readHostConfig } from "./host-config.ts";
import { readEnvironment, readLabels } from "./key-value.ts";
import { readNetworking } from "./network.ts";
import type { Options } from "./parse.ts";
import { readPorts } from "./port.ts";
import { readVolumes } from "./volume.ts";

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Flags that are no part of the request, or are read for every container. */
const USUAL: ReadonlySet<string> = new Set([
  ...[
    "name",
    "detach",
    "interactive",
    "tty",
    "rm",
    "pull",
    "quiet",
    "platform",
    "attach",
    "volume",
    "publish",
    "expose",
  ],
  ...["sig-proxy", "detach-keys"],
]);

export function readCreateRequest(invocation: Invocation): ContainerCreateRequest {
  const { cli, options, args } = invocation;
  const networking = readNetworking(options);
  const volumes = readVolumes(cli.sys, options.all("volume"));
  const ports = readPorts(options.all("publish"), options.all("expose"));
  const config = readConfig(invocation, args);
  if (Object.keys(volumes.anonymous).length > 0) config.Volumes = volumes.anonymous;
  if (Object.keys(ports.exposed).length > 0) config.ExposedPorts = ports.exposed;
  const host = readHostConfig(cli.sys, options, { volumes, ports, networking });
  const request: Draft<ContainerCreateRequest> = config;
  request.HostConfig = host;
  const { endpoints } = networking;
  if (Object.keys(endpoints).length > 0) request.NetworkingConfig = { EndpointsConfig: endpoints };
  return request;
}

function readConfig({ cli, options }: Invocation, args: readonly string[]): Draft<ContainerConfig> {
  const image = args[0] ?? "";
  const command = args.slice(1);
  const streams = options.all("attach").map((stream) => stream.toLowerCase());
  const interactive = options.on("interactive");
  const attachStdin = interactive || streams.includes("stdin");
  const config: Draft<ContainerConfig> = {
    Image: image,
    AttachStdin: attachStdin,
    AttachStdout: streams.length === 0 || streams.includes("stdout"),
    AttachStderr: streams.length === 0 || streams.includes("stderr"),
  };
  if (options.on("tty")) config.Tty = true;
  if (interactive) config.OpenStdin = true;
  if (interactive && attachStdin) config.StdinOnce = true;
  if (command.length > 0) config.Cmd = command;
  if (!options.onlyFrom(USUAL)) readDetails(config, { cli, options });
  return config;
}

function readDetails(config: Draft<ContainerConfig>, { cli, options }: Pick<Invocation, "cli" | "options">): void {
  if (options.changed("entrypoint")) config.Entrypoint = [options.text("entrypoint")];
  const env = { files: options.all("env-file"), values: options.all("env"), environ: cli.environ };
  if (env.files.length + env.values.length > 0) config.Env = readEnvironment(cli.sys, env);
  if (options.changed("label") || options.changed("label-file")) {
    config.Labels = readLabels(cli.sys, options.all("label-file"), options.all("label"));
  }
  readNames(config, options);
  const health = readHealth(options);
  if (health !== null) config.Healthcheck = health;
}

function readNames(config: Draft<ContainerConfig>, options: Options): void {
  if (options.changed("hostname")) config.Hostname = options.text("hostname");
  if (options.changed("domainname")) config.Domainname = options.text("domainname");
  if (options.changed("user")) config.User = options.text("user");
  if (options.changed("workdir")) config.WorkingDir = options.text("workdir");
  if (options.changed("stop-signal")) config.StopSignal = options.text("stop-signal");
  if (options.changed("stop-timeout")) config.StopTimeout = options.int("stop-timeout");
}
