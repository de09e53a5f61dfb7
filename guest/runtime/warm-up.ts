/**
 * What every container needs and none should wait for: Docker's seccomp profile as BPF, its device rules loaded into the
 * kernel, capability masks, parsed mount options, the parent cgroup with its controllers. Called once by the daemon; the
 * new processes, being forks of it, find all of it worked out.
 */
import type { Sys } from "../sys/sys.ts";
import { planCapabilities } from "./capabilities.ts";
import { prepareParents } from "./cgroups/cgroup.ts";
import { keepDeviceProgram } from "./cgroups/devices.ts";
import {
  DEFAULT_CAPABILITIES,
  DEFAULT_DEVICE_RULES,
  DEFAULT_MOUNTS,
  DEFAULT_SHM,
  processCapabilities,
} from "./default-spec.ts";
import { parseMountOptions } from "./mount-options.ts";
import { compileSeccomp } from "./seccomp.ts";
import { defaultSeccomp } from "./seccomp-default.ts";

/** `cgroupParent` is where containers go: docker. Throws SysError when the machine has no cgroup v2. */
export function warmUp(sys: Sys, cgroupParent: string): void {
  compileSeccomp(defaultSeccomp(DEFAULT_CAPABILITIES));
  planCapabilities(processCapabilities(DEFAULT_CAPABILITIES, 0));
  planCapabilities(processCapabilities(DEFAULT_CAPABILITIES, 1));
  for (const mount of [...DEFAULT_MOUNTS, DEFAULT_SHM]) parseMountOptions(mount.options);
  keepDeviceProgram(sys, DEFAULT_DEVICE_RULES);
  prepareParents(sys, `${cgroupParent}/any`);
}
