/**
 * Root's power cut in forty pieces: capabilities(7), capset(2), PR_CAPBSET_DROP of prctl(2). A container's root keeps
 * fourteen. A learner sees CapBnd and CapEff in /proc/PID/status. Nothing is inheritable or ambient unless asked for:
 * otherwise a program with file capabilities would get more than its image meant (CVE-2022-24769).
 */
import { CAPABILITIES, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, PR_CAP_AMBIENT_RAISE } from "../sys/constants.ts";
import type { CapabilitySets, Sys } from "../sys/sys.ts";
import { RuntimeError } from "./runtime-error.ts";
import type { ProcessCapabilities } from "./spec.ts";

/** Ready for the kernel: no name is looked up in the new process. */
export interface CapabilityPlan {
  /** Numbers that leave the bounding set. */
  readonly dropped: readonly number[];
  readonly sets: CapabilitySets;
  /** Numbers to raise. */
  readonly ambient: readonly number[];
}

const NUMBER: ReadonlyMap<string, number> = new Map(CAPABILITIES.map((name, number) => [name, number]));
const NONE: readonly string[] = [];

/** One plan for one object: the default set is worked out once in the daemon. */
const plans = new WeakMap<ProcessCapabilities, CapabilityPlan>();

/** Throws RuntimeError for a name that this kernel does not know. */
export function planCapabilities(capabilities: ProcessCapabilities): CapabilityPlan {
  let plan = plans.get(capabilities);
  if (plan === undefined) {
    plan = makePlan(capabilities);
    plans.set(capabilities, plan);
  }
  return plan;
}

/** Bit mask of a list of names, as /proc/PID/status prints it in hexadecimal. */
export function capabilityMask(names: readonly string[]): bigint {
  let low = 0;
  let high = 0;
  for (const name of names) {
    const number = capabilityNumber(name);
    if (number < 32) low |= 1 << number;
    else high |= 1 << (number - 32);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** While the process is still root: the bounding set limits what any later execve can give. */
export function dropBounding(sys: Sys, plan: CapabilityPlan): void {
  sys.capbsetDrop(plan.dropped);
}

/** The last step: after it the process is as weak as its program will be. */
export function applyCapabilities(sys: Sys, plan: CapabilityPlan): void {
  sys.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  sys.capset(plan.sets);
  for (const number of plan.ambient) sys.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0);
}

function makePlan(capabilities: ProcessCapabilities): CapabilityPlan {
  const bounding = new Set(capabilities.bounding ?? NONE);
  for (const name of bounding) capabilityNumber(name);
  const dropped: number[] = [];
  CAPABILITIES.forEach((name, number) => {
    if (!bounding.has(name)) dropped.push(number);
  });
  return {
    dropped,
    sets: {
      effective: capabilityMask(capabilities.effective ?? NONE),
      permitted: capabilityMask(capabilities.permitted ?? NONE),
      inheritable: capabilityMask(capabilities.inheritable ?? NONE),
    },
    ambient: (capabilities.ambient ?? NONE).map(capabilityNumber),
  };
}

function capabilityNumber(name: string): number {
  const number = NUMBER.get(name);
  if (number !== undefined) return number;
  throw new RuntimeError({
    stage: "spec",
    syscall: "",
    code: "EINVAL",
    path: null,
    reason: `unknown capability "${name}"`,
  });
}
