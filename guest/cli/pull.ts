/** POST /images/create, with its progress on standard error. */
import type { CreateImageInfo } from "../api/contract/image.ts";
import type { Reference } from "./args/reference.ts";
import type { Cli } from "./cli.ts";
import { ExitError } from "./command.ts";

export async function pullImage(
  cli: Cli,
  reference: Reference,
  options: { readonly quiet: boolean; readonly platform: string },
): Promise<void> {
  let failure: string | null = null;
  const { name: fromImage, tag } = reference;
  const platform = options.platform === "" ? {} : { platform: options.platform };
  await cli.client.createImage({ fromImage, tag, ...platform }, (info) => {
    const message = info.errorDetail?.message ?? info.error;
    if (message !== undefined) failure ??= message;
    else if (!options.quiet) cli.printError(formatProgress(info));
  });
  if (failure !== null) throw new ExitError(1, failure);
}

/** One line for each step; the bars that a terminal could draw over and over are left out. */
function formatProgress(info: CreateImageInfo): string {
  const detail = info.progressDetail;
  if (detail?.current !== undefined || info.status === undefined) return "";
  return info.id === undefined ? `${info.status}\n` : `${info.id}: ${info.status}\n`;
}
