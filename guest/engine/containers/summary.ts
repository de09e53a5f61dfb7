import type { ContainerSummary, HostConfig } from "../../api/contract/container.ts";
import { describeNetworks, describePorts } from "../networks/describe.ts";
import { durationHolds, humanDuration, parseDate } from "../time.ts";
import type { Container, ContainerRecord, StateRecord } from "./container.ts";
import { listedMounts } from "./mounts.ts";

/** A row of `docker ps`, kept as it is sent: whoever lists containers asks for all of them again and again. */
export interface KeptSummary {
  readonly row: Uint8Array;
  /** Seconds since the epoch: from and until when its age in words reads like this. */
  readonly from: number;
  readonly until: number;
  readonly parts: SummaryParts;
  /** What it was made from: as long as these are the same, its age is all that changes. */
  readonly record: ContainerRecord;
  readonly hostConfig: HostConfig;
  readonly state: StateRecord;
  readonly paused: boolean;
  readonly removing: boolean;
  readonly images: object;
}

/** All but the Status. */
interface SummaryParts {
  readonly head: string;
  readonly tail: string;
  /** Seconds since the epoch: what the age is counted from. */
  readonly since: number;
}

export interface SummarySource {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Another object when names of images have changed. */
  readonly images: object;
  /** What to call the image of a container. */
  imageName(container: Container): string;
  /** UTF-8. */
  encode(text: string): Uint8Array;
}

/** The JSON of one ContainerSummary, and before it the comma that parts it from the one before. */
export function summaryRow(container: Container, source: SummarySource): Uint8Array {
  const kept = container.summary;
  if (
    kept !== null &&
    kept.state === container.state &&
    kept.record === container.record &&
    kept.hostConfig === container.hostConfig &&
    kept.paused === container.paused &&
    kept.removing === container.removing &&
    kept.images === source.images
  ) {
    const { now } = source;
    return now < kept.until && now >= kept.from ? kept.row : keepRow(container, source, kept.parts);
  }
  return keepRow(container, source, writeSummary(container, source.imageName(container)));
}

function keepRow(container: Container, source: SummarySource, parts: SummaryParts): Uint8Array {
  const { now, images } = source;
  const { record, hostConfig, state, paused, removing } = container;
  const age = Math.max(0, now - parts.since);
  const row = source.encode(`,${parts.head}"Status":"${statusText(container, age)}"${parts.tail}`);
  const span = { from: now, until: parts.since + durationHolds(age) };
  container.summary = { row, ...span, parts, record, hostConfig, state, paused, removing, images };
  return row;
}

function writeSummary(container: Container, image: string): SummaryParts {
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
    since: Number(parseDate(running ? state.StartedAt : state.FinishedAt) ?? 0n) / 1e9,
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
