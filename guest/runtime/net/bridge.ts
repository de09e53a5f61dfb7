/** A bridge is a switch in the kernel: what is attached to it is one network. `ip link show type bridge`, `brctl show`. */
import { addLinkRequest, hardwareAddress } from "./link.ts";
import type { NetlinkRequest } from "./netlink.ts";

/** Up, without ports. A hardware address of its own stays; without one it would change with every port. */
export function addBridgeRequest(name: string, address: Uint8Array): NetlinkRequest {
  return addLinkRequest({ name, kind: "bridge", more: [hardwareAddress(address)] });
}
