/** What can be said of a mount before anything is mounted. */
import { MS_BIND } from "../sys/constants.ts";
import { type MountOptions, parseMountOptions } from "./mount-options.ts";
import type { Mount } from "./spec.ts";

export interface MountPlan {
  readonly mount: Mount;
  readonly options: MountOptions;
  readonly bind: boolean;
  /** As the kernel calls it. */
  readonly type: string;
  readonly source: string;
  /** The destination's directory, "" for the root, and what it is called in there. */
  readonly parent: string;
  readonly name: string;
  /** The destination is written in the only way there is, but for links: no ".", "..", "//", no slash at its end. */
  readonly plain: boolean;
  /** As runc: a tmpfs takes over the mode of the directory that it hides, unless a mode is asked for. */
  readonly takesMode: boolean;
}

/** Who freezes a mount says that it stays as it is: the default ones of all containers are planned once. */
const plans = new WeakMap<Mount, MountPlan>();

export function planMount(mount: Mount): MountPlan {
  const known = plans.get(mount);
  if (known !== undefined) return known;
  const plan = makePlan(mount);
  if (Object.isFrozen(mount)) plans.set(mount, plan);
  return plan;
}

export function isBind(mount: Mount): boolean {
  return planMount(mount).bind;
}

function makePlan(mount: Mount): MountPlan {
  const { destination } = mount;
  const options = parseMountOptions(mount.options);
  // "cgroup" of a specification written for both versions is cgroup2 here.
  const type = mount.type === "cgroup" ? "cgroup2" : (mount.type ?? "");
  const slash = destination.lastIndexOf("/");
  return {
    mount,
    options,
    bind: type === "bind" || (options.flags & MS_BIND) !== 0,
    type,
    source: mount.source ?? type,
    parent: destination.slice(0, slash),
    name: destination.slice(slash + 1),
    plain: !destination.includes("/.") && !destination.includes("//") && slash !== destination.length - 1,
    takesMode: type === "tmpfs" && !options.data?.includes("mode="),
  };
}
