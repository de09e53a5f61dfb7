import { EngineError } from "../../api/contract/errors.ts";
import type { Filters } from "../filters.ts";
import { describePorts } from "../networks/describe.ts";
import type { Container } from "./container.ts";

/** `--filter publish=8080`, `--filter expose=8000-8080/udp`. */
export interface PortFilters {
  readonly publish: readonly PortRange[];
  readonly expose: readonly PortRange[];
}

interface PortRange {
  readonly first: number;
  readonly last: number;
  readonly protocol: string;
}

/** null: none was asked for. Throws Docker's refusals. */
export function readPortFilters(filters: Filters): PortFilters | null {
  if (!filters.has("publish") && !filters.has("expose")) return null;
  const read = (name: string): readonly PortRange[] => (filters.get(name) ?? []).map((value) => parse(name, value));
  return { publish: read("publish"), expose: read("expose") };
}

/** As Docker: one port that is published or exposed as asked is enough. */
export function matchesPorts(filters: PortFilters | null, { state }: Container): boolean {
  if (filters === null) return true;
  const { publish, expose } = filters;
  return describePorts(state.Network).some(
    ({ PublicPort = 0, PrivatePort, Type }) =>
      includes(publish, PublicPort, Type) || includes(expose, PrivatePort, Type),
  );
}

function includes(ranges: readonly PortRange[], port: number, type: string): boolean {
  return ranges.some(({ first, last, protocol }) => port >= first && port <= last && type === protocol);
}

function parse(name: string, value: string): PortRange {
  if (value.includes(":")) {
    throw new EngineError("invalid", `filter for '${name}' should not contain ':': ${value}`);
  }
  const [range = "", protocol = "tcp"] = value.split("/");
  const [from = "", to = from] = range.split("-");
  const bad = [from, to].find((text) => !/^\d{1,5}$/.test(text) || Number(text) > 65535);
  if (bad !== undefined) {
    throw new EngineError(
      "invalid",
      `error while looking up for ${name} ${value}: strconv.ParseUint: parsing ${JSON.stringify(bad)}: invalid syntax`,
    );
  }
  if (Number(to) < Number(from)) {
    throw new EngineError(
      "invalid",
      `error while looking up for ${name} ${value}: invalid range specified for port: ${range}`,
    );
  }
  return { first: Number(from), last: Number(to), protocol: protocol.toLowerCase() };
}
