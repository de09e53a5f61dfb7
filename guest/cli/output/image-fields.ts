/** The fields of `docker images`: one row for each name an image has. */
import type { ImageSummary } from "../../api/contract/image.ts";
import { truncateId } from "./container-fields.ts";
import type { Field, Listing } from "./listing.ts";
import { formatTimestamp } from "./time.ts";
import { formatDuration, formatSize, formatSizeLong } from "./units.ts";

const NONE = "<none>";

export interface ImageRow {
  readonly image: ImageSummary;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

export interface ImageView {
  readonly now: number;
  readonly truncate: boolean;
}

const COLUMNS = { names: ["Repository", "Tag", "ID", "CreatedSince", "Size"] };
const COLUMNS_WITH_DIGEST = { names: ["Repository", "Tag", "Digest", "ID", "CreatedSince", "Size"] };

export function imageListing(view: ImageView & { readonly digests: boolean }): Listing<ImageRow, ImageView> {
  return {
    columns: view.digests ? COLUMNS_WITH_DIGEST : COLUMNS,
    quiet: "ID",
    typeName: "*formatter.imageContext",
    fields: FIELDS,
    view,
  };
}

const FIELDS: Readonly<Record<string, Field<ImageRow, ImageView>>> = {
  ID: { header: "IMAGE ID", read: ({ image }, { truncate }) => (truncate ? truncateId(image.Id) : image.Id) },
  Repository: { header: "REPOSITORY", read: ({ repository }) => repository },
  Tag: { header: "TAG", read: ({ tag }) => tag },
  Digest: { header: "DIGEST", read: ({ digest }) => digest },
  CreatedSince: { header: "CREATED", read: ({ image }, { now }) => `${formatDuration(now - image.Created)} ago` },
  CreatedAt: { header: "CREATED AT", read: ({ image }) => formatTimestamp(image.Created) },
  Size: { header: "SIZE", read: ({ image }) => formatSize(image.Size) },
  Containers: { header: "CONTAINERS", read: ({ image }) => (image.Containers < 0 ? "N/A" : String(image.Containers)) },
  VirtualSize: { header: "VIRTUAL SIZE", read: ({ image }) => formatSizeLong(image.Size) },
  SharedSize: { header: "SHARED SIZE", read: ({ image }) => sizeOrUnknown(image.SharedSize) },
  UniqueSize: {
    header: "UNIQUE SIZE",
    read: ({ image }) => sizeOrUnknown(image.SharedSize < 0 ? -1 : image.Size - image.SharedSize),
  },
};

function sizeOrUnknown(size: number): string {
  return size < 0 ? "N/A" : formatSizeLong(size);
}

export function imageRows(image: ImageSummary, digests: boolean): readonly ImageRow[] {
  const names = groupByRepository(image);
  if (names.size === 0) return [{ image, repository: NONE, tag: NONE, digest: NONE }];
  const rows: ImageRow[] = [];
  for (const [repository, { tags, digest }] of names) {
    const shown = digests ? (digest ?? NONE) : NONE;
    if (tags.length === 0 && digests) rows.push({ image, repository, tag: NONE, digest: shown });
    else for (const tag of tags) rows.push({ image, repository, tag, digest: shown });
  }
  return rows.length > 0 ? rows : [{ image, repository: NONE, tag: NONE, digest: NONE }];
}

interface RepositoryNames {
  readonly tags: readonly string[];
  readonly digest: string | undefined;
}

function groupByRepository(image: ImageSummary): ReadonlyMap<string, RepositoryNames> {
  const names = new Map<string, RepositoryNames>();
  for (const name of image.RepoTags ?? []) {
    const colon = name.lastIndexOf(":");
    const repository = name.slice(0, colon);
    const known = names.get(repository)?.tags ?? [];
    if (name !== "<none>:<none>") names.set(repository, { tags: [...known, name.slice(colon + 1)], digest: undefined });
  }
  for (const name of image.RepoDigests ?? []) {
    const at = name.indexOf("@");
    const repository = name.slice(0, at);
    if (name !== "<none>@<none>")
      names.set(repository, { tags: names.get(repository)?.tags ?? [], digest: name.slice(at + 1) });
  }
  return names;
}
