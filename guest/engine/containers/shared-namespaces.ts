import { EngineError } from "../../api/contract/errors.ts";
import { isRestarting } from "../errors.ts";
import type { Container } from "./container.ts";
import type { NamespaceChoice, SharedNamespaces } from "./spec.ts";

/** `--network container:NAME` and its like: whose namespaces it joins. `sandbox` is its own network namespace, or "". */
export function sharedNamespaces(
  container: Container,
  sandbox: string,
  find: (name: string) => Container,
): SharedNamespaces {
  const { NetworkMode = "", IpcMode = "", PidMode = "" } = container.hostConfig;
  const network = NetworkMode.startsWith("container:") ? joined(find, NetworkMode, "net").path : sandbox || null;
  const choose = (mode: string, kind: "ipc" | "pid"): NamespaceChoice => {
    if (mode === "host") return "host";
    return mode.startsWith("container:") ? joined(find, mode, kind) : "own";
  };
  return { network, ipc: choose(IpcMode, "ipc"), pid: choose(PidMode, "pid") };
}

/** Throws for one that does not run. */
function joined(
  find: (name: string) => Container,
  mode: string,
  kind: "net" | "ipc" | "pid",
): { readonly path: string } {
  const other = find(mode.slice("container:".length));
  if (other.restarting) throw isRestarting(other.id);
  if (!other.running) {
    const what = kind === "net" ? "network" : kind;
    throw new EngineError("conflict", `cannot join ${what} of a non running container: ${other.id}`);
  }
  return { path: `/proc/${other.state.Pid}/ns/${kind}` };
}
