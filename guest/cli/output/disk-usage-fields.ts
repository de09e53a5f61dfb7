/** The fields of `docker system df`: one row for each kind of thing. The sums are docker/cli's. */
import type { BuildCacheUsage, DiskUsage, VolumeUsage } from "../../api/contract/disk-usage.ts";
import { truncateId } from "./container-fields.ts";
import type { Field, Listing } from "./listing.ts";
import { formatSizeLong } from "./units.ts";

export interface DiskUsageRow {
  readonly type: string;
  readonly total: number;
  readonly active: number;
  readonly size: number;
  readonly reclaimable: number;
  /** Whether what can be had back is told in percent, too. */
  readonly percent: boolean;
}

const FIELDS: Readonly<Record<string, Field<DiskUsageRow, null>>> = {
  Type: { header: "TYPE", read: ({ type }) => type },
  TotalCount: { header: "TOTAL", read: ({ total }) => String(total) },
  Active: { header: "ACTIVE", read: ({ active }) => String(active) },
  Size: { header: "SIZE", read: ({ size }) => formatSizeLong(size) },
  Reclaimable: { header: "RECLAIMABLE", read: (row) => formatReclaimable(row) },
};

export const DISK_USAGE_LISTING: Listing<DiskUsageRow, null> = {
  columns: { names: ["Type", "TotalCount", "Active", "Size", "Reclaimable"] },
  quiet: "Type",
  typeName: "*formatter.diskUsageImagesContext",
  fields: FIELDS,
  view: null,
};

function formatReclaimable({ size, reclaimable, percent }: DiskUsageRow): string {
  const text = formatSizeLong(reclaimable);
  return percent && size > 0 ? `${text} (${Math.trunc((reclaimable * 100) / size)}%)` : text;
}

export function diskUsageRows(usage: DiskUsage): readonly DiskUsageRow[] {
  return [imageRow(usage), containerRow(usage), volumeRow(usage), cacheRow(usage)];
}

/** What no container's image needs; layers that are shared count as nobody's. */
function imageRow({ Images, LayersSize }: DiskUsage): DiskUsageRow {
  const used = (Images ?? []).filter(({ Containers }) => Containers !== 0);
  const known = used.filter(({ Size, SharedSize }) => Size !== -1 && SharedSize !== -1);
  const needed = sum(known.map(({ Size, SharedSize }) => Size - SharedSize));
  const active = used.filter(({ Containers }) => Containers > 0).length;
  const total = Images?.length ?? 0;
  return { type: "Images", total, active, size: LayersSize, reclaimable: LayersSize - needed, percent: true };
}

const ACTIVE = ["running", "paused", "restarting"];

function containerRow({ Containers }: DiskUsage): DiskUsageRow {
  const all = Containers ?? [];
  const still = all.filter(({ State }) => !ACTIVE.includes(State));
  const size = sum(all.map(({ SizeRw = 0 }) => SizeRw));
  const reclaimable = sum(still.map(({ SizeRw = 0 }) => SizeRw));
  const active = all.length - still.length;
  return { type: "Containers", total: all.length, active, size, reclaimable, percent: true };
}

function volumeRow({ Volumes }: DiskUsage): DiskUsageRow {
  const all = Volumes ?? [];
  const unused = all.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) === 0);
  const size = sum(all.map(sizeOfVolume));
  const reclaimable = sum(unused.map(sizeOfVolume));
  const active = all.length - unused.length;
  return { type: "Local Volumes", total: all.length, active, size, reclaimable, percent: true };
}

function sizeOfVolume({ UsageData }: VolumeUsage): number {
  return Math.max(UsageData?.Size ?? 0, 0);
}

function cacheRow({ BuildCache }: DiskUsage): DiskUsageRow {
  const all = BuildCache ?? [];
  const size = sizeOfCache(all);
  const used = all.filter(({ InUse }) => InUse);
  const reclaimable = size - sum(used.map(({ Size }) => Size));
  return { type: "Build Cache", total: all.length, active: used.length, size, reclaimable, percent: false };
}

/** What is shared is counted where it comes from. */
export function sizeOfCache(entries: readonly BuildCacheUsage[]): number {
  return sum(entries.filter(({ Shared }) => !Shared).map(({ Size }) => Size));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export const VOLUME_LISTING: Listing<VolumeUsage, null> = {
  columns: { names: ["Name", "Links", "Size"] },
  quiet: "Name",
  typeName: "*formatter.volumeContext",
  fields: {
    Name: { header: "VOLUME NAME", read: ({ Name }) => Name },
    Links: { header: "LINKS", read: ({ UsageData }) => String(UsageData?.RefCount ?? "N/A") },
    Size: { header: "SIZE", read: ({ UsageData }) => (UsageData ? formatSizeLong(UsageData.Size) : "N/A") },
  },
  view: null,
};

export const CACHE_HEADERS = ["CACHE ID", "CACHE TYPE", "SIZE", "CREATED", "LAST USED", "USAGE", "SHARED"];

/** The last two columns of time are told by whoever knows the hour. */
export function cacheCells(entry: BuildCacheUsage, ago: (date: string) => string): readonly string[] {
  const { ID, Type, Size, CreatedAt, LastUsedAt, UsageCount, Shared } = entry;
  const used = LastUsedAt === null ? "" : ago(LastUsedAt);
  return [truncateId(ID), Type, formatSizeLong(Size), ago(CreatedAt), used, String(UsageCount), String(Shared)];
}
