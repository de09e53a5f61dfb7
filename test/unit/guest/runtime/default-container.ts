/** Docker's default container as a specification: what the engine builds from a `docker run` without options. */
import {
  DEFAULT_DEVICE_RULES,
  DEFAULT_MOUNTS,
  DEFAULT_SHM,
  MASKED_PATHS,
  OCI_VERSION,
  PRIVILEGED_DEVICE_RULES,
  PRIVILEGED_MOUNTS,
  READONLY_PATHS,
} from "../../../../guest/runtime/default-spec.ts";
import { NETWORK_SYSCTLS } from "../../../../guest/runtime/network-namespace.ts";
import { defaultSeccomp } from "../../../../guest/runtime/seccomp-default.ts";
import type { Linux, Mount, Namespace, Process, Resources, Root, Spec } from "../../../../guest/runtime/spec.ts";

export interface SpecRequest {
  readonly root: Root;
  readonly hostname: string;
  readonly domainname?: string;
  readonly process: Process;
  /** Behind the default mounts: volumes, /etc/hosts … */
  readonly mounts: readonly Mount[];
  /** null: the machine's network. */
  readonly network: string | null;
  readonly cgroup: string;
  readonly resources?: Resources;
  readonly privileged?: boolean;
}

export function defaultSpec(request: SpecRequest): Spec {
  const privileged = request.privileged === true;
  return {
    ociVersion: OCI_VERSION,
    hostname: request.hostname,
    ...(request.domainname === undefined ? {} : { domainname: request.domainname }),
    root: request.root,
    process: request.process,
    mounts: [...(privileged ? PRIVILEGED_MOUNTS : DEFAULT_MOUNTS), DEFAULT_SHM, ...request.mounts],
    linux: { ...defaultLinux(request), ...(privileged ? {} : confinement(request)) },
  };
}

function defaultLinux(request: SpecRequest): Linux {
  const rules = request.privileged === true ? PRIVILEGED_DEVICE_RULES : DEFAULT_DEVICE_RULES;
  return {
    namespaces: defaultNamespaces(request.network),
    cgroupsPath: `/${request.cgroup}`,
    resources: { devices: rules, ...request.resources },
    ...(request.network === null ? {} : { sysctl: NETWORK_SYSCTLS }),
  };
}

function confinement({ process }: SpecRequest): Partial<Linux> {
  return {
    seccomp: defaultSeccomp(process.capabilities?.bounding ?? []),
    maskedPaths: MASKED_PATHS,
    readonlyPaths: READONLY_PATHS,
  };
}

function defaultNamespaces(network: string | null): readonly Namespace[] {
  const own: Namespace[] = [{ type: "mount" }, { type: "uts" }, { type: "pid" }, { type: "ipc" }, { type: "cgroup" }];
  return network === null ? own : [...own, { type: "network", path: network }];
}
