import type { KernelView } from "../../api/contract/drydock.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { isAlive } from "../../runtime/container.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { Container } from "../containers/container.ts";
import type { Containers } from "../containers/containers.ts";
import { readMounts, readNamespaces } from "./namespaces-and-mounts.ts";
import { readNetwork } from "./network.ts";
import { readCgroup, readCredentials, readProcesses } from "./processes-and-credentials.ts";

/**
 * What the kernel holds for a container, asked when somebody wants to know: of the engine's records only the pid is used,
 * and that it is still the same process is checked before and after.
 */
export class KernelViews {
  readonly #sys: Sys;
  readonly #containers: Pick<Containers, "requireRunning">;

  constructor(sys: Sys, containers: Pick<Containers, "requireRunning">) {
    this.#sys = sys;
    this.#containers = containers;
  }

  /** Throws Docker's refusals: no such container, not running. */
  view(name: string): KernelView {
    const container = this.#containers.requireRunning(name);
    const { Pid: pid, ProcessStart: startTime } = container.state;
    try {
      const view = readKernel(this.#sys, container.id, { pid, startTime });
      if (isAlive(this.#sys, pid, startTime)) return view;
    } catch (error) {
      if (!hasEnded(error)) throw error;
    }
    throw notRunning(container);
  }
}

function readKernel(sys: Sys, id: string, process: { readonly pid: number; readonly startTime: string }): KernelView {
  const { pid } = process;
  const cgroup = readCgroup(sys, pid);
  return {
    id,
    pid,
    namespaces: readNamespaces(sys, pid),
    mounts: readMounts(sys, pid),
    cgroup,
    processes: readProcesses(sys, cgroup.path),
    credentials: readCredentials(sys, pid),
    network: readNetwork(sys, process),
  };
}

/** Its files in /proc are gone, or of a zombie, which has no namespaces left. */
function hasEnded(error: unknown): boolean {
  if (!(error instanceof SysError) && !(error instanceof RuntimeError)) return false;
  return error.code === "ENOENT" || error.code === "ESRCH" || error.code === "EINVAL";
}

function notRunning({ id }: Container): EngineError {
  return new EngineError("conflict", `container ${id} is not running`);
}
