/**
 * A network namespace that waits for its container: interfaces, routes, ports and sysctls of its own. It is the dearest of
 * all namespaces to make, so the daemon keeps one ready. network_namespaces(7): it lives as long as something holds it,
 * here a bind mount of /proc/PID/ns/net on a file, as `ip netns add` does it. A learner sees it with
 * `nsenter --net=/run/docker/netns/ID ip a`.
 */
import { CLONE_NEWNET, MNT_DETACH, MS_BIND, S_IFREG } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { LOOPBACK_INDEX, linkUp } from "./net/link.ts";
import { Netlink } from "./net/netlink.ts";
import { removeFile } from "./remove-file.ts";
import { during } from "./runtime-error.ts";

/** Docker's, of every container that has one: no port needs root, and ping needs no raw socket. */
export const NETWORK_SYSCTLS: Readonly<Record<string, string>> = Object.freeze({
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ping_group_range": "0 2147483647",
});

/** Makes a network namespace with its loopback up and binds it on `path`, a new name. On failure nothing stays behind. */
export function prepareNetworkNamespace(sys: Sys, path: string): void {
  during("network", () => sys.mknod(path, S_IFREG | 0o444, 0, 0));
  try {
    // In a child: who unshares cannot go back, and the daemon's own network is the machine's.
    const pid = during("network", () => sys.vfork(() => makeNamespace(sys, path)));
    sys.waitpid(pid, 0);
  } catch (error) {
    removeNetworkNamespace(sys, path);
    throw error;
  }
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

function makeNamespace(sys: Sys, path: string): null {
  sys.unshare(CLONE_NEWNET);
  const netlink = new Netlink(sys);
  linkUp(netlink, LOOPBACK_INDEX);
  sys.mount("/proc/self/ns/net", path, "bind", MS_BIND);
  return null;
}
