/** A bridge is a switch in the kernel: what is attached to it is one network. `ip link show type bridge`, `brctl show`. */
import type { NetlinkAttribute } from "./encode.ts";
import { addLinkRequest, changeLinkRequest, hardwareAddress } from "./link.ts";
import type { NetlinkRequest } from "./netlink.ts";

/** linux/if_link.h */
const IFLA_INFO_SLAVE_DATA = 5;
const IFLA_BRPORT_MODE = 4;

/** Up, without ports. A hardware address of its own stays; without one it would change with every port. */
export function addBridgeRequest(name: string, address: Uint8Array): NetlinkRequest {
  return addLinkRequest({ name, kind: "bridge", more: [hardwareAddress(address)] });
}

/** `ip link set PORT type bridge_slave hairpin on`: a frame may leave by the port that it came in by. */
export function hairpinRequest(port: string): NetlinkRequest {
  const mode: NetlinkAttribute = { type: IFLA_BRPORT_MODE, value: new Uint8Array([1]) };
  // Of which bridge is for the kernel to know: the port's master.
  return changeLinkRequest(port, [{ type: IFLA_INFO_SLAVE_DATA, value: [mode] }]);
}
