/**
 * A network namespace that waits for its container: interfaces, routes, ports and sysctls of its own. It is the dearest of
 * all namespaces to make, so the daemon keeps one ready. network_namespaces(7): it lives as long as something holds it,
 * here a bind mount of /proc/self/ns/net on a file, as `ip netns add` does it. A learner sees it with
 * `nsenter --net=/run/docker/netns/ID ip a`.
 */
import { CLONE_NEWNET, MNT_DETACH, MS_BIND, O_RDONLY, S_IFREG } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { LOOPBACK_INDEX, linkUpRequest } from "./net/link.ts";
import { Netlink } from "./net/netlink.ts";
import { removeFile } from "./remove-file.ts";
import { during } from "./runtime-error.ts";
import { writeSysctls } from "./sysctl.ts";

/** Docker's, of every container that has one: no port needs root, and ping needs no raw socket. */
export const NETWORK_SYSCTLS: Readonly<Record<string, string>> = Object.freeze({
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ping_group_range": "0 2147483647",
});

const OURS = "/proc/self/ns/net";

/**
 * Makes a network namespace with its loopback up and NETWORK_SYSCTLS set, and binds it on `path`, a new name. `furnish` is
 * called inside: it gets a descriptor of the namespace, and a netlink socket that stays in there and is the caller's to
 * close. Throws RuntimeError, and then nothing stays behind.
 */
export function prepareNetworkNamespace<T>(
  sys: Sys,
  path: string,
  furnish: (namespace: number, netlink: Netlink) => T,
): T {
  return during("network", () => {
    sys.mknod(path, S_IFREG | 0o444, 0, 0);
    try {
      return inNewNamespace(sys, (namespace, netlink) => {
        netlink.request(linkUpRequest(LOOPBACK_INDEX));
        writeSysctls(sys, NETWORK_SYSCTLS);
        const furnished = furnish(namespace, netlink);
        sys.mount(OURS, path, "bind", MS_BIND);
        return furnished;
      });
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

/** The daemon itself goes in, and back to the machine's, whose door it holds open meanwhile. */
function inNewNamespace<T>(sys: Sys, work: (namespace: number, netlink: Netlink) => T): T {
  const home = sys.open(OURS, O_RDONLY);
  try {
    sys.unshare(CLONE_NEWNET);
    try {
      return furnished(sys, work);
    } finally {
      sys.setns(home, CLONE_NEWNET);
    }
  } finally {
    sys.close(home);
  }
}

function furnished<T>(sys: Sys, work: (namespace: number, netlink: Netlink) => T): T {
  const namespace = sys.open(OURS, O_RDONLY);
  const netlink = new Netlink(sys);
  try {
    return work(namespace, netlink);
  } catch (error) {
    netlink.close();
    throw error;
  } finally {
    sys.close(namespace);
  }
}
