import { EngineError } from "../../api/contract/errors.ts";
import { type Filters, matchesExactly, matchesLabels, matchesPattern, requireKnown } from "../filters.ts";
import { parseDate } from "../time.ts";
import type { Container } from "./container.ts";
import { listedMounts } from "./mounts.ts";
import { matchesPorts, readPortFilters } from "./port-filters.ts";
import { type SummarySource, summaryRow } from "./summary.ts";

export interface ListQuery {
  readonly all: boolean;
  /** 0: all of them. */
  readonly limit: number;
  readonly size: boolean;
  readonly filters: Filters;
}

/** What a listing needs of the engine. */
export interface ListSource extends SummarySource {
  readonly containers: Iterable<Container>;
  /** Throws for what is not there. */
  find(name: string): Container;
  /** Whether a container's image is `name` or stands on it. */
  descends(container: Container, name: string): boolean;
  /** Bytes of the writable layer and of all layers. */
  sizes(container: Container): { readonly SizeRw: number; readonly SizeRootFs: number };
}

const KNOWN = new Set(
  "ancestor before exited expose health id is-task label name network publish since status volume".split(" "),
);
const STATES = new Set(["paused", "restarting", "removing", "running", "dead", "created", "exited"]);

const HEALTHS = new Set(["none", "starting", "healthy", "unhealthy"]);

const BEGIN = new Uint8Array(["[".charCodeAt(0)]);
const END = new Uint8Array(["]".charCodeAt(0), "\n".charCodeAt(0)]);
const NONE = new Uint8Array([...BEGIN, ...END]);

/** `docker ps`, the newest first: the JSON of ContainerSummary[], in pieces. */
export function listContainers(source: ListSource, query: ListQuery): readonly Uint8Array[] {
  const chosen = choose(source, query);
  const shown = query.limit > 0 ? chosen.slice(0, query.limit) : chosen;
  const pieces: Uint8Array[] = [BEGIN];
  for (const container of shown) {
    if (query.size) pieces.push(...sizedRow(container, source));
    else pieces.push(summaryRow(container, source));
  }
  const first = pieces[1];
  if (first === undefined) return [NONE];
  // Each row begins with a comma.
  pieces[1] = first.subarray(1);
  pieces.push(END);
  return pieces;
}

function sizedRow(container: Container, source: ListSource): readonly Uint8Array[] {
  const sizes = JSON.stringify(source.sizes(container));
  return [summaryRow(container, source).subarray(0, -1), source.encode(`,${sizes.slice(1)}`)];
}

/** The newest come first also among those of the same second: a Map keeps the order of creation. */
function choose(source: ListSource, { all, limit, filters }: ListQuery): Container[] {
  const everyState = all || limit > 0 || filters.has("status") || filters.has("exited");
  const candidates: Container[] = [];
  let last = Number.NEGATIVE_INFINITY;
  let sorted = true;
  for (const container of source.containers) {
    if (!everyState && !container.active) continue;
    // Only a clock that was set back has them made in another order.
    if (container.created < last) sorted = false;
    last = container.created;
    candidates.push(container);
  }
  candidates.reverse();
  if (!sorted) candidates.sort((a, b) => b.created - a.created);
  if (filters.size === 0) return candidates;
  requireKnown(filters, KNOWN);
  const matches = createMatcher(source, filters);
  return candidates.filter(matches);
}

function createMatcher(source: ListSource, filters: Filters): (container: Container) => boolean {
  const before = limitOf(source, filters.get("before"));
  const since = limitOf(source, filters.get("since"));
  const exited = filters.get("exited")?.map(parseExitCode);
  const status = filters.get("status")?.map(checkStatus);
  const health = filters.get("health")?.map(checkHealth);
  const ports = readPortFilters(filters);
  return (container) =>
    matchesId(filters.get("id"), container.id) &&
    matchesName(filters.get("name"), container.name) &&
    matchesExactly(status, container.status) &&
    matchesLabels(container.config.Labels, filters.get("label")) &&
    (exited === undefined || (container.state.Status === "exited" && exited.includes(container.state.ExitCode))) &&
    matchesAncestor(source, filters.get("ancestor"), container) &&
    (before === null || createdAt(container) < before) &&
    (since === null || createdAt(container) > since) &&
    matchesNetwork(filters.get("network"), container) &&
    matchesVolume(filters.get("volume"), container) &&
    matchesPorts(ports, container) &&
    matchesExactly(health, container.state.Health?.Status ?? "none") &&
    matchesExactly(filters.get("is-task"), "false");
}

function matchesId(values: readonly string[] | undefined, id: string): boolean {
  return values === undefined || values.some((value) => id.startsWith(value) || matchesPattern([value], id));
}

/** With and without the slash in front. */
function matchesName(values: readonly string[] | undefined, name: string): boolean {
  return matchesPattern(values, name) || matchesPattern(values, `/${name}`);
}

function matchesAncestor(source: ListSource, values: readonly string[] | undefined, container: Container): boolean {
  return values === undefined || values.some((value) => source.descends(container, value));
}

function matchesNetwork(values: readonly string[] | undefined, { hostConfig }: Container): boolean {
  return matchesExactly(values, hostConfig.NetworkMode ?? "");
}

function matchesVolume(values: readonly string[] | undefined, container: Container): boolean {
  if (values === undefined) return true;
  return listedMounts(container).some(
    ({ Source, Destination }) => values.includes(Source) || values.includes(Destination),
  );
}

function limitOf(source: ListSource, names: readonly string[] | undefined): bigint | null {
  const name = names?.[0];
  return name === undefined ? null : createdAt(source.find(name));
}

function createdAt(container: Container): bigint {
  return parseDate(container.record.Created) ?? 0n;
}

function parseExitCode(text: string): number {
  const code = Number(text);
  if (text !== "" && Number.isInteger(code)) return code;
  throw new EngineError("invalid", `invalid filter 'exited=${text}'`);
}

function checkHealth(text: string): string {
  if (HEALTHS.has(text)) return text;
  throw new EngineError("invalid", `Unrecognised filter value for health: ${text}`);
}

function checkStatus(text: string): string {
  if (STATES.has(text)) return text;
  throw new EngineError("invalid", `invalid filter 'status=${text}'`);
}
