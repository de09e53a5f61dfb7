import type { ContainerSummary } from "../../api/contract/container.ts";
import { describeNetworks, describePorts } from "../networks/describe.ts";
import { humanDuration, parseDate } from "../time.ts";
import type { Container } from "./container.ts";

/** One row of `docker ps`. `now` is nanoseconds since the epoch; `image` is what to call the image. */
export function summarize(container: Container, image: string, now: bigint): ContainerSummary {
  const { record, hostConfig } = container;
  const networkMode = hostConfig.NetworkMode ?? "bridge";
  const network = container.state.Network;
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: image,
    ImageID: record.Image,
    Command: commandText(record.Path, record.Args),
    Created: container.created,
    Ports: describePorts(network),
    Labels: container.config.Labels ?? {},
    State: container.status,
    Status: statusText(container, now),
    HostConfig: { NetworkMode: networkMode },
    NetworkSettings: { Networks: describeNetworks({ mode: networkMode, network }) },
    Mounts: record.MountPoints,
  };
}

function commandText(path: string, args: readonly string[]): string {
  let text = path;
  for (const arg of args) text += arg.includes(" ") ? ` '${arg}'` : ` ${arg}`;
  return text;
}

/** "Up 3 minutes", "Exited (0) 5 seconds ago": moby's State.String. */
export function statusText(container: Container, now: bigint): string {
  const { state } = container;
  if (container.running) return `Up ${age(state.StartedAt, now)}${upNote(container)}`;
  if (container.restarting) return `Restarting (${state.ExitCode}) ${age(state.FinishedAt, now)} ago`;
  if (container.removing) return "Removal In Progress";
  if (state.Status === "dead") return "Dead";
  if (state.Status === "created") return "Created";
  return `Exited (${state.ExitCode}) ${age(state.FinishedAt, now)} ago`;
}

function upNote({ paused, state: { Health } }: Container): string {
  if (paused) return " (Paused)";
  if (Health === null) return "";
  return Health.Status === "starting" ? " (health: starting)" : ` (${Health.Status})`;
}

function age(since: string, now: bigint): string {
  const from = parseDate(since) ?? now;
  return humanDuration(Number(now - from) / 1e9);
}
