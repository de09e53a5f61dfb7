/**
 * A network namespace that waits for its container: interfaces, routes, ports and sysctls of its own. It is the dearest of
 * all namespaces to make, so the daemon keeps one ready. network_namespaces(7): it lives as long as something holds it,
 * here a bind mount of /proc/self/ns/net on a file, as `ip netns add` does it. A learner sees it with
 * `nsenter --net=/run/docker/netns/ID ip a`.
 */
import { CLONE_NEWNET, MNT_DETACH, MS_BIND, O_RDONLY, S_IFREG } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { Netlink } from "./net/netlink.ts";
import { removeFile } from "./remove-file.ts";
import { during } from "./runtime-error.ts";
import { sysctlPath } from "./sysctl.ts";

/** Docker's, of every container that has one: no port needs root, and ping needs no raw socket. */
export const NETWORK_SYSCTLS: Readonly<Record<string, string>> = Object.freeze({
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ping_group_range": "0 2147483647",
});

const SYSCTL_FILES = Object.entries(NETWORK_SYSCTLS).map(([name, value]) => ({ path: sysctlPath(name), value }));

const OURS = "/proc/self/ns/net";

/** The door to the network namespace that the caller is in now: prepareNetworkNamespace comes back by it. Throws SysError. */
export function openNetworkNamespace(sys: Sys): number {
  return sys.open(OURS, O_RDONLY);
}

export interface NewNetworkNamespace {
  /** A new name: it is bound there. */
  readonly path: string;
  /** Descriptor of the one that the caller is in. */
  readonly home: number;
  /** Called inside, with a socket in there, to bring its interfaces up: not even the loopback is. */
  readonly furnish: (netlink: Netlink) => void;
}

/**
 * Makes a network namespace with NETWORK_SYSCTLS set. Gives a socket that stays in there and is the caller's to close. Throws
 * RuntimeError, and then nothing stays behind.
 */
export function prepareNetworkNamespace(sys: Sys, { path, home, furnish }: NewNetworkNamespace): Netlink {
  return during("network", () => {
    sys.mknod(path, S_IFREG | 0o444, 0, 0);
    try {
      sys.unshare(CLONE_NEWNET);
      try {
        return furnished(sys, path, furnish);
      } finally {
        sys.setns(home, CLONE_NEWNET);
      }
    } catch (error) {
      removeNetworkNamespace(sys, path);
      throw error;
    }
  });
}

/** No error when it is gone already. Interfaces in it vanish with the last process that uses it. */
export function removeNetworkNamespace(sys: Sys, path: string): void {
  try {
    sys.umount(path, MNT_DETACH);
  } catch (error) {
    // EINVAL: a plain file, the mount was never made or is gone.
    if (!(error instanceof SysError) || (error.code !== "EINVAL" && error.code !== "ENOENT")) throw error;
  }
  removeFile(sys, path);
}

function furnished(sys: Sys, path: string, furnish: (netlink: Netlink) => void): Netlink {
  const netlink = new Netlink(sys);
  try {
    for (const file of SYSCTL_FILES) sys.writeKernelFile(file.path, file.value);
    furnish(netlink);
    sys.mount(OURS, path, "bind", MS_BIND);
    return netlink;
  } catch (error) {
    netlink.close();
    throw error;
  }
}
