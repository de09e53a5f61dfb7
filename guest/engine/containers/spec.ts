import { type HostConfig, ZERO_TIME } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import {
  ALL_CAPABILITIES,
  DEFAULT_CAPABILITIES,
  DEFAULT_MOUNTS,
  DEFAULT_SHM,
  MASKED_PATHS,
  OCI_VERSION,
  PRIVILEGED_MOUNTS,
  processCapabilities,
  READONLY_PATHS,
  shmMount,
} from "../../runtime/default-spec.ts";
import { NETWORK_SYSCTLS } from "../../runtime/network-namespace.ts";
import { defaultSeccomp } from "../../runtime/seccomp-default.ts";
import type { Linux, Mount, Namespace, Process, Seccomp, Spec } from "../../runtime/spec.ts";
import { refuseSysctls } from "../../runtime/sysctl.ts";
import type { ResolvedUser } from "../../runtime/user.ts";
import type { Sys } from "../../sys/sys.ts";
import { CREATE_FAILED } from "../errors.ts";
import { containerPaths, INIT_PROGRAM } from "../layout.ts";
import { commandLine, processEnv } from "./config.ts";
import type { Container } from "./container.ts";
import { capabilityName } from "./host-config.ts";
import type { PlannedMount } from "./mounts.ts";
import { rootPropagation } from "./propagation.ts";
import { planResources, planRlimits } from "./resources.ts";
import { isUnconfined, noNewPrivileges, seccompProfile } from "./security.ts";

const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;
/** Where the reaper of `--init` stands in the container. */
const INIT_IN_CONTAINER = "/sbin/docker-init";
const PRIVATE_BIND: readonly string[] = ["rbind", "rprivate"];
const READONLY_BIND: readonly string[] = [...PRIVATE_BIND, "ro"];

/** Where a container's namespaces come from. A path joins that of another; null is the machine's own. */
export interface SharedNamespaces {
  readonly network: string | null;
  readonly ipc: NamespaceChoice;
  readonly pid: NamespaceChoice;
}

export type NamespaceChoice = "own" | "host" | { readonly path: string };

export interface SpecInput {
  readonly container: Container;
  /** Whose name and address it shows: its own, or those of the one whose network it joins. */
  readonly face: Container;
  readonly user: ResolvedUser;
  readonly mounts: readonly PlannedMount[];
  readonly namespaces: SharedNamespaces;
}

/**
 * The OCI configuration of a container. What is Docker's default is the runtime's own shared objects, so that they are
 * worked out once.
 */
export function buildSpec(sys: Sys, input: SpecInput): Spec {
  const { container, face, mounts, namespaces } = input;
  const { hostConfig: host } = container;
  const paths = containerPaths(container.id);
  const { resources, devices } = planResources(sys, host);
  const process = buildProcess(input);
  const ownNames = host.UTSMode !== "host";
  return {
    ociVersion: OCI_VERSION,
    ...(ownNames ? { hostname: face.config.Hostname ?? "" } : {}),
    ...(ownNames && face.config.Domainname ? { domainname: face.config.Domainname } : {}),
    root: { path: paths.merged, ...(host.ReadonlyRootfs === true ? { readonly: true } : {}) },
    process,
    mounts: buildMounts(container, face, mounts),
    ...(host.Annotations ? { annotations: host.Annotations } : {}),
    linux: {
      namespaces: listNamespaces(host, namespaces),
      devices,
      cgroupsPath: `/${paths.cgroup}`,
      resources,
      ...rootPropagation(mounts),
      ...buildSysctls(host, namespaces),
      ...buildConfinement(host),
    },
  };
}

function buildProcess({ container, face, user }: SpecInput): Process {
  const { config, hostConfig: host } = container;
  const command = commandLine(config);
  const [rows = 0, columns = 0] = host.ConsoleSize ?? [];
  const rlimits = planRlimits(host.Ulimits);
  return {
    terminal: config.Tty === true,
    ...(config.Tty === true && rows > 0 && columns > 0 ? { consoleSize: { height: rows, width: columns } } : {}),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: host.Init === true ? [INIT_IN_CONTAINER, "--", ...command] : command,
    env: withHome(processEnv(config, face.config.Hostname), user.home),
    cwd: config.WorkingDir || "/",
    capabilities: processCapabilities(capabilitiesOf(host), user.uid),
    ...(rlimits.length === 0 ? {} : { rlimits }),
    ...(noNewPrivileges(host) ? { noNewPrivileges: true } : {}),
    // Always said: otherwise it would be the engine's own.
    oomScoreAdj: host.OomScoreAdj ?? 0,
  };
}

/** As runc: HOME is the user's, unless it is given. Said here, because the passwd file has just been read. */
export function withHome(env: readonly string[], home: string): readonly string[] {
  return env.some((entry) => entry.startsWith("HOME=")) ? env : [...env, `HOME=${home}`];
}

/** --cap-drop takes from the fourteen, --cap-add adds; ALL means every one. Two containers alike share one list. */
export function capabilitiesOf(host: HostConfig): readonly string[] {
  if (host.Privileged === true) return ALL_CAPABILITIES;
  if (!host.CapAdd?.length && !host.CapDrop?.length) return DEFAULT_CAPABILITIES;
  const add = (host.CapAdd ?? []).map(capabilityName);
  const drop = (host.CapDrop ?? []).map(capabilityName);
  const base = add.includes("ALL") ? ALL_CAPABILITIES : drop.includes("ALL") ? [] : DEFAULT_CAPABILITIES;
  const chosen = new Set(base.filter((name) => !drop.includes(name)));
  for (const name of add) if (name !== "ALL") chosen.add(name);
  return [...chosen];
}

/** null: no filter. */
export function seccompOf(host: HostConfig): Seccomp | null {
  if (host.Privileged === true || isUnconfined(host)) return null;
  return seccompProfile(host) ?? defaultSeccomp(capabilitiesOf(host));
}

function buildMounts(container: Container, face: Container, planned: readonly PlannedMount[]): readonly Mount[] {
  const { hostConfig: host } = container;
  const given = destinationsOf(planned);
  const defaults = host.Privileged === true ? PRIVILEGED_MOUNTS : DEFAULT_MOUNTS;
  const mounts: Mount[] =
    given.size === 0 ? [...defaults] : defaults.filter(({ destination }) => !given.has(destination));
  if (!given.has("/dev/shm")) addShm(mounts, host);
  // /etc/hosts and its kin stand in front of the caller's: a bind of the whole /etc hides them, as in Docker.
  mounts.push(...etcMounts(container, face, given));
  if (host.Init === true) {
    mounts.push({ destination: INIT_IN_CONTAINER, type: "bind", source: INIT_PROGRAM, options: ["bind", "ro"] });
  }
  for (const { mount } of planned) mounts.push(mount);
  return mounts;
}

const NOTHING: ReadonlySet<string> = new Set();

function destinationsOf(planned: readonly PlannedMount[]): ReadonlySet<string> {
  return planned.length === 0 ? NOTHING : new Set(planned.map(({ point }) => point.Destination));
}

/** With a read-only root they are that too, as in Docker. */
function etcMounts(container: Container, face: Container, given: ReadonlySet<string>): readonly Mount[] {
  const paths = containerPaths(face.id);
  const options = container.hostConfig.ReadonlyRootfs === true ? READONLY_BIND : PRIVATE_BIND;
  const mounts: Mount[] = [];
  const bind = (destination: string, source: string): void => {
    if (!given.has(destination)) mounts.push({ destination, type: "bind", source, options });
  };
  bind("/etc/resolv.conf", paths.resolvConf);
  bind("/etc/hostname", paths.hostname);
  if (container.config.NetworkDisabled !== true) bind("/etc/hosts", paths.hosts);
  return mounts;
}

/** Of its mounts those that are there whether it runs or not. */
export function lastingMounts(container: Container, planned: readonly PlannedMount[]): readonly Mount[] {
  const given = destinationsOf(planned);
  const binds = planned.filter(({ point }) => point.Type !== "tmpfs");
  // Its files of /etc are of its last run.
  const files = container.state.StartedAt === ZERO_TIME ? [] : etcMounts(container, container, given);
  return [...files, ...binds.map(({ mount }) => mount)];
}

function addShm(mounts: Mount[], { IpcMode, ShmSize }: HostConfig): void {
  if (IpcMode === "none") return;
  if (IpcMode === "host") {
    mounts.push({ destination: "/dev/shm", type: "bind", source: "/dev/shm", options: PRIVATE_BIND });
  } else {
    mounts.push(ShmSize === DEFAULT_SHM_SIZE || !ShmSize ? DEFAULT_SHM : shmMount(ShmSize));
  }
}

function listNamespaces(host: HostConfig, { network, ipc, pid }: SharedNamespaces): readonly Namespace[] {
  const list: Namespace[] = [{ type: "mount" }];
  if (host.UTSMode !== "host") list.push({ type: "uts" });
  if (pid !== "host") list.push(pid === "own" ? { type: "pid" } : { type: "pid", path: pid.path });
  if (ipc !== "host") list.push(ipc === "own" ? { type: "ipc" } : { type: "ipc", path: ipc.path });
  if (host.CgroupnsMode !== "host") list.push({ type: "cgroup" });
  if (network !== null) list.push({ type: "network", path: network });
  return list;
}

/** Another container's network keeps the settings it has. */
function buildSysctls(host: HostConfig, { network, ipc }: SharedNamespaces): Pick<Linux, "sysctl"> {
  const own = network !== null && !(host.NetworkMode ?? "").startsWith("container:");
  const asked = host.Sysctls ?? null;
  if (asked === null) return own ? { sysctl: NETWORK_SYSCTLS } : {};
  const refusal = refuseSysctls(Object.keys(asked), { ipc: ipc !== "host", network: network !== null });
  if (refusal !== null) throw new EngineError("system", `${CREATE_FAILED}: ${refusal}: unknown`);
  return { sysctl: { ...(own ? NETWORK_SYSCTLS : {}), ...asked } };
}

function buildConfinement(host: HostConfig): Partial<Linux> {
  if (host.Privileged === true) return {};
  const seccomp = seccompOf(host);
  return {
    ...(seccomp === null ? {} : { seccomp }),
    maskedPaths: host.MaskedPaths ?? MASKED_PATHS,
    readonlyPaths: host.ReadonlyPaths ?? READONLY_PATHS,
  };
}
