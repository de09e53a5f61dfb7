import type { DiskUsage } from "../../api/contract/disk-usage.ts";
import type { ImageSummary } from "../../api/contract/image.ts";
import type { Flag } from "../args/flag.ts";
import type { Command, Invocation } from "../command.ts";
import { containerListing } from "../output/container-fields.ts";
import {
  CACHE_HEADERS,
  cacheCells,
  DISK_USAGE_LISTING,
  diskUsageRows,
  sizeOfCache,
  VOLUME_LISTING,
} from "../output/disk-usage-fields.ts";
import { TABLE_FORMAT_FLAG } from "../output/format-flag.ts";
import { type ImageRow, imageListing, imageRows } from "../output/image-fields.ts";
import { checkFormat, formatListing, type Listing, listingRow } from "../output/listing.ts";
import { executeObject, openObjectTemplate } from "../output/object-template.ts";
import { formatTable, type TableMaker } from "../output/table.ts";
import { formatDuration, formatSizeLong } from "../output/units.ts";

const FLAGS: readonly Flag[] = [
  TABLE_FORMAT_FLAG,
  { name: "verbose", short: "v", kind: "bool", usage: "Show detailed information on space usage" },
];

export const diskUsage: Command = {
  kind: "command",
  name: "df",
  summary: "Show docker disk usage",
  usage: "[OPTIONS]",
  flags: FLAGS,
  arity: { kind: "none" },
  aliases: [],
  run,
};

const IMAGE_COLUMNS = {
  names: ["Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"],
};
const CONTAINER_COLUMNS = {
  names: ["ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"],
};
const TABLE = { format: "table", quiet: false };

async function run({ cli, options }: Invocation): Promise<number> {
  const request = { format: options.text("format"), quiet: false };
  const verbose = options.on("verbose");
  if (!verbose) checkFormat(DISK_USAGE_LISTING, request);
  const usage = await cli.client.diskUsage();
  if (!verbose) cli.print(formatListing(cli.sys, DISK_USAGE_LISTING, request, diskUsageRows(usage)));
  else if (request.format === "" || request.format === "table") cli.print(formatVerbose(cli.sys, usage, cli.now()));
  else cli.print(formatWith(request.format, usage, cli.now()));
  return 0;
}

interface Chapters {
  readonly images: readonly [Listing<ImageRow, unknown>, readonly ImageRow[]];
  readonly containers: readonly [ReturnType<typeof containerListing>, NonNullable<DiskUsage["Containers"]>];
}

function chaptersOf(usage: DiskUsage, now: number, truncate: boolean): Chapters {
  const images = { ...imageListing({ now, truncate, digests: false }), columns: IMAGE_COLUMNS };
  const containers = { ...containerListing({ now, truncate, size: true }), columns: CONTAINER_COLUMNS };
  const stripped = (usage.Containers ?? []).map(({ SizeRootFs: _, ...container }) => container);
  return {
    images: [images as Listing<ImageRow, unknown>, firstRows(usage.Images)],
    containers: [containers, stripped],
  };
}

/** An image that has several names is shown once. */
function firstRows(images: readonly ImageSummary[] | null): readonly ImageRow[] {
  return (images ?? []).flatMap((image) => imageRows(image, false).slice(0, 1));
}

function formatVerbose(maker: TableMaker, usage: DiskUsage, now: number): string {
  const { images, containers } = chaptersOf(usage, now, true);
  const cache = usage.BuildCache ?? [];
  const ago = (date: string): string => `${formatDuration(now - Date.parse(date) / 1000)} ago`;
  return (
    `Images space usage:\n\n${formatListing(maker, images[0], TABLE, images[1])}` +
    `\nContainers space usage:\n\n${formatListing(maker, containers[0], TABLE, containers[1])}` +
    `\nLocal Volumes space usage:\n\n${formatListing(maker, VOLUME_LISTING, TABLE, usage.Volumes ?? [])}` +
    `\nBuild cache usage: ${formatSizeLong(sizeOfCache(cache))}\n\n` +
    formatTable(maker, [CACHE_HEADERS, ...cache.map((entry) => cacheCells(entry, ago))])
  );
}

function formatWith(format: string, usage: DiskUsage, now: number): string {
  const { images, containers } = chaptersOf(usage, now, false);
  const data = {
    Images: images[1].map((row) => listingRow(images[0], row)),
    Containers: containers[1].map((row) => listingRow(containers[0], row)),
    Volumes: (usage.Volumes ?? []).map((row) => listingRow(VOLUME_LISTING, row)),
    BuildCache: usage.BuildCache ?? [],
  };
  return executeObject(openObjectTemplate(format), data, "*formatter.diskUsageContext");
}
