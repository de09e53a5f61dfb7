/** The fields of `docker ps`. */
import type { ContainerSummary } from "../../api/contract/container.ts";
import type { Port } from "../../api/contract/network.ts";
import type { Columns, Field, Listing } from "./listing.ts";
import { ellipsis, quoteGo } from "./text.ts";
import { formatTimestamp } from "./time.ts";
import { formatDuration, formatSize } from "./units.ts";

const COMMAND_WIDTH = 20;
export const SHORT_ID = 12;

export interface ContainerView {
  /** Seconds since the epoch. */
  readonly now: number;
  readonly truncate: boolean;
}

const NAMES = ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"];
const COLUMNS: Columns<ContainerSummary, ContainerView> = {
  names: NAMES,
  lineOf,
};
const COLUMNS_WITH_SIZE: Columns<ContainerSummary, ContainerView> = {
  names: [...NAMES, "Size"],
  lineOf: (view) => {
    const toLine = lineOf(view);
    return (row) => `${toLine(row).slice(0, -1)}\t${formatSizes(row)}\n`;
  },
};

/** What the usual columns are made of. */
export const COLUMN_MEMBERS: readonly (keyof ContainerSummary)[] = [
  ...(["Id", "Image", "ImageID", "Command", "Created", "Status", "Ports", "Names", "SizeRw", "SizeRootFs"] as const),
];

export function containerListing(
  view: ContainerView & { readonly size: boolean },
): Listing<ContainerSummary, ContainerView> {
  return {
    columns: view.size ? COLUMNS_WITH_SIZE : COLUMNS,
    quiet: "ID",
    typeName: "*formatter.ContainerContext",
    complaint: "failed to execute template",
    fields: FIELDS,
    view,
  };
}

const FIELDS: Readonly<Record<string, Field<ContainerSummary, ContainerView>>> = {
  ID: { header: "CONTAINER ID", read: (row, { truncate }) => (truncate ? row.Id.slice(0, SHORT_ID) : row.Id) },
  Names: { header: "NAMES", read: (row, { truncate }) => formatNames(row.Names, truncate) },
  Image: { header: "IMAGE", read: (row, { truncate }) => formatImage(row, truncate) },
  Command: {
    header: "COMMAND",
    read: (row, { truncate }) => quoteGo(truncate ? ellipsis(row.Command, COMMAND_WIDTH) : row.Command),
  },
  CreatedAt: { header: "CREATED AT", read: (row) => formatTimestamp(row.Created) },
  RunningFor: { header: "CREATED", read: (row, { now }) => `${formatDuration(now - row.Created)} ago` },
  Ports: { header: "PORTS", read: (row) => formatPorts(row.Ports) },
  State: { header: "STATE", read: (row) => row.State },
  Status: { header: "STATUS", read: (row) => row.Status },
  Size: { header: "SIZE", read: (row) => formatSizes(row) },
  Labels: { header: "LABELS", read: (row) => formatLabels(row.Labels) },
  Label: { header: "LABEL", read: (row, _view, name) => row.Labels[String(name)] ?? "" },
  Mounts: { header: "MOUNTS", read: (row, { truncate }) => formatMounts(row, truncate) },
  LocalVolumes: {
    header: "LOCAL VOLUMES",
    read: (row) => String(row.Mounts.filter((mount) => mount.Driver === "local").length),
  },
  Networks: { header: "NETWORKS", read: (row) => Object.keys(row.NetworkSettings.Networks).join(",") },
};

/** The cells of NAMES. What is not to be cut or put together is not handed to anybody: a call is a tenth of a line. */
function lineOf({ now, truncate }: ContainerView): (row: ContainerSummary) => string {
  return (row) => {
    const { Id, Created, Command, Status, Ports, Names } = row;
    const id = truncate ? Id.slice(0, SHORT_ID) : Id;
    const image = formatImage(row, truncate);
    const command = quoteGo(truncate && Command.length > COMMAND_WIDTH ? ellipsis(Command, COMMAND_WIDTH) : Command);
    const age = formatDuration(now - Created);
    const ports = Ports.length === 0 ? "" : formatPorts(Ports);
    return `${id}\t${image}\t${command}\t${age} ago\t${Status}\t${ports}\t${formatNames(Names, truncate)}\n`;
  };
}

/** Without the leading slash; truncated, aliases that links made (`/other/alias`) are left out. */
function formatNames(names: readonly string[], truncate: boolean): string {
  const only = names[0] ?? "";
  if (names.length === 1 && only.indexOf("/", 1) < 0 && only.startsWith("/")) return only.slice(1);
  const bare = names.map((name) => (name.startsWith("/") ? name.slice(1) : name));
  return (truncate ? bare.filter((name) => !name.includes("/")) : bare).join(",");
}

function formatImage(row: ContainerSummary, truncate: boolean): string {
  const { Image } = row;
  if (Image === "") return "<no image>";
  if (!truncate) return Image;
  if (Image.length >= SHORT_ID) {
    const short = truncateId(row.ImageID);
    if (Image.startsWith(short, Image.indexOf(":") + 1)) return short;
  }
  const at = Image.indexOf("@");
  if (at < 0) return Image;
  const name = Image.slice(0, at);
  return name.lastIndexOf(":") > name.lastIndexOf("/") ? name : Image;
}

/** What follows the algorithm's name, as much of it as people read. */
export function truncateId(id: string): string {
  const start = id.indexOf(":") + 1;
  return id.slice(start, start + SHORT_ID);
}

function formatSizes(row: ContainerSummary): string {
  const written = formatSize(row.SizeRw ?? 0);
  const whole = row.SizeRootFs ?? 0;
  return whole > 0 ? `${written} (virtual ${formatSize(whole)})` : written;
}

function formatLabels(labels: Readonly<Record<string, string>> | null): string {
  return Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

function formatMounts(row: ContainerSummary, truncate: boolean): string {
  const names = row.Mounts.map((mount) => mount.Name || mount.Source);
  return names.map((name) => (truncate ? ellipsis(name, 15) : name)).join(",");
}

interface PortGroup {
  first: number;
  last: number;
}

/** `443/tcp, 0.0.0.0:8080->80/tcp, 9000-9002/tcp`: neighbours that are not published share a range. */
export function formatPorts(ports: readonly Port[]): string {
  if (ports.length === 0) return "";
  const published: string[] = [];
  const ranges: string[] = [];
  const groups = new Map<string, PortGroup>();
  for (const port of [...ports].sort(comparePorts)) {
    const host = port.IP ?? "";
    const key = `${host === "" ? "" : `${host}/`}${port.Type}`;
    if (host !== "" && port.PublicPort !== port.PrivatePort) {
      published.push(`${host}:${port.PublicPort}->${port.PrivatePort}/${port.Type}`);
      continue;
    }
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: port.PrivatePort, last: port.PrivatePort });
    else if (port.PrivatePort === group.last + 1) group.last = port.PrivatePort;
    else {
      ranges.push(formatGroup(key, group));
      groups.set(key, { first: port.PrivatePort, last: port.PrivatePort });
    }
  }
  for (const [key, group] of groups) ranges.push(formatGroup(key, group));
  return [...ranges, ...published].join(", ");
}

function formatGroup(key: string, { first, last }: PortGroup): string {
  const slash = key.lastIndexOf("/");
  const type = key.slice(slash + 1);
  const range = first === last ? String(first) : `${first}-${last}`;
  return slash < 0 ? `${range}/${type}` : `${key.slice(0, slash)}:${range}->${range}/${type}`;
}

function comparePorts(a: Port, b: Port): number {
  if (a.PrivatePort !== b.PrivatePort) return a.PrivatePort - b.PrivatePort;
  const [left, right] = [a.IP ?? "", b.IP ?? ""];
  if (left !== right) return left < right ? -1 : 1;
  if (a.PublicPort !== b.PublicPort) return (a.PublicPort ?? 0) - (b.PublicPort ?? 0);
  return a.Type < b.Type ? -1 : 1;
}
