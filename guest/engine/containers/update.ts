import type {
  ContainerUpdateRequest,
  ContainerUpdateResponse,
  HostConfig,
  Resources,
} from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { updateContainer as updateRunning } from "../../runtime/container.ts";
import type { Resources as Limits } from "../../runtime/spec.ts";
import type { Sys } from "../../sys/sys.ts";
import { translatedAs } from "../errors.ts";
import type { EventLog } from "../events.ts";
import { containerPaths } from "../layout.ts";
import { writeJson } from "../store.ts";
import type { Container } from "./container.ts";
import { discardedLimits } from "./limits.ts";
import { publishContainer } from "./publish.ts";
import { planResources } from "./resources.ts";
import { hasPolicy } from "./restart-policy.ts";

export interface UpdateContext {
  readonly sys: Sys;
  readonly events: EventLog;
}

/** Those that can be changed. 0 and "" stand for "as it was". */
const FIELDS = [
  "BlkioWeight",
  "CpuShares",
  "NanoCpus",
  "CpuPeriod",
  "CpuQuota",
  "CpusetCpus",
  "CpusetMems",
  "Memory",
  "MemorySwap",
  "MemoryReservation",
] as const satisfies readonly (keyof Resources)[];

/** `docker update`: recorded for the next start, and written to the cgroup of what runs. */
export function updateContainer(
  { sys, events }: UpdateContext,
  container: Container,
  asked: ContainerUpdateRequest,
): ContainerUpdateResponse {
  translatedAs(`Cannot update container ${container.id}`, () => {
    if (container.removing || container.state.Status === "dead") {
      throw new EngineError("system", 'container is marked for removal and cannot be "update"');
    }
    refuseConflicts(container.hostConfig, asked);
    const before = container.hostConfig;
    try {
      record(sys, container, { ...before, ...changesOf(asked) });
      if (container.running) updateRunning(sys, containerPaths(container.id).cgroup, liveLimits(sys, container, asked));
    } catch (error) {
      restore(sys, container, before);
      throw error;
    }
  });
  publishContainer(events, container, "update");
  const warnings = discardedLimits(asked);
  return { Warnings: warnings.length === 0 ? null : warnings };
}

function record(sys: Sys, container: Container, host: HostConfig): void {
  container.hostConfig = host;
  writeJson(sys, containerPaths(container.id).hostConfig, host);
}

/** One file of the cgroup was refused, and those before it were not: as far as something stood there, it stands again. */
function restore(sys: Sys, container: Container, before: HostConfig): void {
  record(sys, container, before);
  if (!container.running) return;
  try {
    updateRunning(sys, containerPaths(container.id).cgroup, liveLimits(sys, container, {}));
  } catch {
    // The refusal that is told is the first one.
  }
}

function changesOf(asked: ContainerUpdateRequest): HostConfig {
  const named = FIELDS.filter((field) => asked[field]).map((field) => [field, asked[field]] as const);
  const pids = asked.PidsLimit ?? null;
  return {
    ...(Object.fromEntries(named) as HostConfig),
    // Here, unlike in the other fields, 0 is a limit: none.
    ...(pids === null ? {} : { PidsLimit: pids > 0 ? pids : null }),
    // Asked for at the next end: what waits for its start already will be started.
    ...(asked.RestartPolicy?.Name ? { RestartPolicy: asked.RestartPolicy } : {}),
  };
}

/** What a start writes, and the limit that a start would not need to write. */
function liveLimits(sys: Sys, { hostConfig }: Container, { PidsLimit }: ContainerUpdateRequest): Limits {
  const { devices: _rules, ...limits } = planResources(sys, hostConfig).resources;
  const unlimited = PidsLimit !== undefined && PidsLimit !== null && PidsLimit <= 0;
  return unlimited ? { ...limits, pids: { limit: -1 } } : limits;
}

/** Nano CPUs are a quota and a period under another name: who has the one cannot be given the other. */
function refuseConflicts(now: HostConfig, asked: ContainerUpdateRequest): void {
  const has = (of: Resources, field: "NanoCpus" | "CpuPeriod" | "CpuQuota"): boolean => (of[field] ?? 0) > 0;
  const refuse = (what: string, other: string): never => {
    throw conflict(`Conflicting options: ${what} cannot be updated as ${other} has already been set`);
  };
  if (has(asked, "NanoCpus") && has(now, "CpuPeriod")) refuse("Nano CPUs", "CPU Period");
  if (has(asked, "NanoCpus") && has(now, "CpuQuota")) refuse("Nano CPUs", "CPU Quota");
  if (has(asked, "CpuPeriod") && has(now, "NanoCpus")) refuse("CPU Period", "NanoCPUs");
  if (has(asked, "CpuQuota") && has(now, "NanoCpus")) refuse("CPU Quota", "NanoCPUs");
  if (now.AutoRemove === true && hasPolicy(asked.RestartPolicy ?? {})) {
    throw conflict("Restart policy cannot be updated because AutoRemove is enabled for the container");
  }
  const { Memory = 0, MemorySwap = 0 } = asked;
  if (Memory !== 0 && Memory > (now.MemorySwap ?? 0) && MemorySwap === 0) {
    throw conflict(
      "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
    );
  }
}

function conflict(message: string): EngineError {
  return new EngineError("conflict", message);
}
