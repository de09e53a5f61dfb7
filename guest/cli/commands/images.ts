import type { ImageSummary } from "../../api/contract/image.ts";
import type { Flag } from "../args/flag.ts";
import type { Command, Invocation } from "../command.ts";
import { FILTER_FLAG, filtersOption, readFilters, TABLE_FORMAT_FLAG } from "../output/format-flag.ts";
import { type ImageRow, imageListing, imageRows } from "../output/image-fields.ts";
import { checkFormat, formatListing } from "../output/listing.ts";

const FLAGS: readonly Flag[] = [
  { name: "all", short: "a", kind: "bool", usage: "Show all images (default hides intermediate images)" },
  { name: "digests", kind: "bool", usage: "Show digests" },
  { ...FILTER_FLAG, keys: ["before", "dangling", "label", "reference", "since"] },
  TABLE_FORMAT_FLAG,
  { name: "no-trunc", kind: "bool", usage: "Don't truncate output" },
  { name: "quiet", short: "q", kind: "bool", usage: "Only show image IDs" },
];

export const images: Command = {
  kind: "command",
  name: "images",
  summary: "List images",
  usage: "[OPTIONS] [REPOSITORY[:TAG]]",
  flags: FLAGS,
  arity: { kind: "atMost", count: 1 },
  aliases: ["docker image ls", "docker image list", "docker images"],
  run,
};

async function run({ cli, options, args }: Invocation): Promise<number> {
  const request = { format: options.text("format"), quiet: options.on("quiet") };
  const digests = options.on("digests");
  const listing = imageListing({ now: cli.now(), truncate: !options.on("no-trunc"), digests });
  checkFormat(listing, request);
  const [reference] = args;
  const filters = readFilters(options.all("filter"));
  if (reference !== undefined) filters["reference"] = [...(filters["reference"] ?? []), reference];
  const found = await cli.client.listImages({ all: options.on("all"), ...filtersOption(filters) });
  const showDigests = digests || request.format.includes("{{.Digest}}");
  cli.print(formatListing(cli.sys, listing, request, rowsOf(found, showDigests)));
  return 0;
}

function rowsOf(found: readonly ImageSummary[], digests: boolean): readonly ImageRow[] {
  return found.flatMap((image) => imageRows(image, digests));
}
