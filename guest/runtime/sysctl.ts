/** A sysctl is a file: net.ipv4.ip_forward is /proc/sys/net/ipv4/ip_forward. sysctl(8), proc(5). Those of net, and some of
 * kernel, are the namespace's own, and what is written there is seen only in it. */
import type { Sys } from "../sys/sys.ts";

export function writeSysctls(sys: Sys, sysctls: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(sysctls)) sys.writeKernelFile(sysctlPath(name), value);
}

const OF_IPC: ReadonlySet<string> = new Set(
  "msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced".split(" ").map((name) => `kernel/${name}`),
);

/**
 * Why a setting would be the machine's and not the container's, in runc's words; null when all are its own. `own` says which
 * namespaces are not the machine's.
 */
export function refuseSysctls(
  names: readonly string[],
  own: { readonly ipc: boolean; readonly network: boolean },
): string | null {
  for (const name of names) {
    const path = sysctlPath(name).slice("/proc/sys/".length);
    const quoted = JSON.stringify(name);
    const inIpc = OF_IPC.has(path) || path.startsWith("fs/mqueue/");
    const climbs = path.split("/").includes("..");
    if (climbs || (!inIpc && !path.startsWith("net/"))) return `sysctl ${quoted} is not in a separate kernel namespace`;
    if (inIpc && !own.ipc) return `sysctl ${quoted} is not allowed in the hosts ipc namespace`;
    if (!inIpc && !own.network) return `sysctl ${quoted} not allowed in host network namespace`;
  }
  return null;
}

/** As sysctl(8): when the first separator is a slash, dots are part of the names (net/ipv4/conf/eth0.1/forwarding). */
export function sysctlPath(name: string): string {
  const dot = name.indexOf(".");
  const slash = name.indexOf("/");
  const slashed = slash !== -1 && (dot === -1 || slash < dot);
  return `/proc/sys/${slashed ? name : name.replaceAll(".", "/")}`;
}
