import type { ContainerPruneResponse } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { Sys } from "../../sys/sys.ts";
import { toEngineError } from "../errors.ts";
import type { EventLog } from "../events.ts";
import { type Filters, matchesLabels, requireKnown } from "../filters.ts";
import { containerPaths } from "../layout.ts";
import { parseDate, parseTimestamp } from "../time.ts";
import type { Container } from "./container.ts";

/** What pruning needs of the engine. */
export interface PruneContext {
  readonly sys: Sys;
  readonly events: EventLog;
  log(text: string): void;
}

export interface Prunable {
  all(): Iterable<Container>;
  remove(name: string, options: { readonly force: boolean; readonly volumes: boolean }): Promise<void>;
}

const KNOWN = new Set(["label", "label!", "until"]);

/** `docker container prune`: removes all that does not run and that the filters let through. */
export async function pruneContainers(
  context: PruneContext,
  containers: Prunable,
  filters: Filters,
): Promise<ContainerPruneResponse> {
  requireKnown(filters, KNOWN);
  const until = parseUntil(filters.get("until"), context.sys.now());
  const chosen = [...containers.all()].filter((container) => isPrunable(container, filters, until));
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const { id } of chosen) {
    try {
      const { bytes } = context.sys.diskUsage(containerPaths(id).upper);
      await containers.remove(id, { force: false, volumes: false });
      deleted.push(id);
      reclaimed += bytes;
    } catch (error) {
      // Started or removed by somebody else meanwhile: the others go all the same.
      context.log(`failed to prune container ${id}: ${toEngineError(error).message}`);
    }
  }
  context.events.publish("container", "prune", "", { reclaimed: String(reclaimed) });
  return { ContainersDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimed };
}

function isPrunable(container: Container, filters: Filters, until: bigint | null): boolean {
  if (container.active || container.removing) return false;
  if (until !== null && (parseDate(container.record.Created) ?? 0n) > until) return false;
  const { Labels } = container.config;
  if (!matchesLabels(Labels, filters.get("label"))) return false;
  const unwanted = filters.get("label!");
  return unwanted === undefined || !matchesLabels(Labels, unwanted);
}

const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const STEP = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g;
const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** A time, or a duration before now ("24h"). */
function parseUntil(values: readonly string[] | undefined, now: bigint): bigint | null {
  const [text, second] = values ?? [];
  if (text === undefined) return null;
  if (second !== undefined) throw new EngineError("invalid", "more than one until filter specified");
  if (!DURATION.test(text)) return parseTimestamp(text);
  let length = 0;
  for (const [, number, unit = ""] of text.matchAll(STEP)) length += Number(number) * (UNITS[unit] ?? 0);
  return now - BigInt(Math.round(length));
}
