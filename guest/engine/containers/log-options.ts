import type { HostConfig } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";

/** How large a log may grow; -1 is without bound. `maxFiles` counts the current one. */
export interface LogLimits {
  readonly maxSize: number;
  readonly maxFiles: number;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** max-size and max-file of the json-file driver. Throws Docker's refusals; null: nothing is logged. */
export function logLimits(host: HostConfig): LogLimits | null {
  if (host.LogConfig?.Type === "none") return null;
  const options = host.LogConfig?.Config ?? {};
  const size = options["max-size"];
  const files = options["max-file"];
  const maxSize = size === undefined ? -1 : parseSize(size);
  const maxFiles = files === undefined ? 1 : Number(files);
  if (!Number.isInteger(maxFiles)) {
    throw new EngineError("invalid", `strconv.Atoi: parsing ${JSON.stringify(files)}: invalid syntax`);
  }
  if (maxFiles < 1) throw new EngineError("invalid", "max-file cannot be less than 1");
  return { maxSize, maxFiles };
}

/** "10m", "100kb", "-1": units.FromHumanSize as far as the driver needs it. */
export function parseSize(text: string): number {
  if (text === "-1") return -1;
  const match = /^(\d+(?:\.\d+)?) ?([kmg]?)b?$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? "").toLowerCase()];
  if (match === null || unit === undefined) throw new EngineError("invalid", `invalid size: '${text}'`);
  return Math.floor(Number(match[1]) * unit);
}
