import type { ContainerSummary } from "../../api/contract/container.ts";
import { describeNetworks, describePorts } from "../networks/describe.ts";
import { humanDuration, parseDate } from "../time.ts";
import type { Container } from "./container.ts";
import { listedMounts } from "./mounts.ts";

/** A row of `docker ps` as JSON, but for its Status: the one field that changes by itself. */
export interface SummaryText {
  /** What it was made from: as long as these are the same objects, it is true. */
  readonly sources: readonly unknown[];
  readonly head: string;
  readonly tail: string;
  /** Nanoseconds since the epoch: what its age is counted from. */
  readonly since: bigint | null;
}

/**
 * The JSON of one ContainerSummary. `now` is nanoseconds since the epoch; `image` is what to call the image. Texts are kept,
 * because whoever lists containers asks for all of them again and again.
 */
export function summaryText(container: Container, image: string, now: bigint): string {
  const { record, hostConfig, state } = container;
  const sources = [record, hostConfig, state, image, container.status];
  let text = container.summary;
  if (text === null || !text.sources.every((source, at) => source === sources[at])) {
    text = { sources, ...writeSummary(container, image) };
    container.summary = text;
  }
  // An age in words has nothing that JSON would escape.
  return `${text.head}"Status":"${statusText(container, text.since === null ? 0 : Number(now - text.since) / 1e9)}"${text.tail}`;
}

function writeSummary(container: Container, image: string): Omit<SummaryText, "sources"> {
  const { record, hostConfig } = container;
  const networkMode = hostConfig.NetworkMode ?? "bridge";
  const network = container.state.Network;
  const first: Omit<ContainerSummary, "Status" | keyof typeof last> = {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: image,
    ImageID: record.Image,
    Command: commandText(record.Path, record.Args),
    Created: container.created,
    Ports: describePorts(network),
    Labels: container.config.Labels ?? {},
    State: container.status,
  };
  const last = {
    HostConfig: { NetworkMode: networkMode },
    NetworkSettings: { Networks: describeNetworks({ mode: networkMode, network }) },
    Mounts: listedMounts(container),
  };
  const { running, state } = container;
  return {
    head: `${JSON.stringify(first).slice(0, -1)},`,
    tail: `,${JSON.stringify(last).slice(1)}`,
    since: parseDate(running ? state.StartedAt : state.FinishedAt),
  };
}

function commandText(path: string, args: readonly string[]): string {
  let text = path;
  for (const arg of args) text += arg.includes(" ") ? ` '${arg}'` : ` ${arg}`;
  return text;
}

/** "Up 3 minutes", "Exited (0) 5 seconds ago": moby's State.String. `age` in seconds. */
function statusText(container: Container, age: number): string {
  const { state } = container;
  if (container.running) return `Up ${humanDuration(age)}${upNote(container)}`;
  if (container.restarting) return `Restarting (${state.ExitCode}) ${humanDuration(age)} ago`;
  if (container.removing) return "Removal In Progress";
  if (state.Status === "dead") return "Dead";
  if (state.Status === "created") return "Created";
  return `Exited (${state.ExitCode}) ${humanDuration(age)} ago`;
}

function upNote({ paused, state: { Health } }: Container): string {
  if (paused) return " (Paused)";
  if (Health === null) return "";
  return Health.Status === "starting" ? " (health: starting)" : ` (${Health.Status})`;
}
