import { addAddressRequest, parseAddress } from "../../runtime/net/address.ts";
import { addBridgeRequest } from "../../runtime/net/bridge.ts";
import { Netlink } from "../../runtime/net/netlink.ts";
import { openNetworkNamespace } from "../../runtime/network-namespace.ts";
import { writeSysctls } from "../../runtime/sysctl.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { macOf } from "./addresses.ts";

/** Docker's default: what its first bridge is called and where it is. */
export const BRIDGE = "docker0";
export const SUBNET = Object.freeze({ network: "172.17.0.0", prefix: 16, gateway: "172.17.0.1" });

/** The bridge that containers are plugged into unless they say otherwise. It outlives the engine. */
export class Docker0 {
  readonly #sys: Sys;
  /** A socket in the machine's network namespace. */
  readonly netlink: Netlink;
  /** Descriptor of that namespace. */
  readonly namespace: number;
  /** Its interface number. */
  readonly index: number;

  /** Made when it is not there. Throws SysError. */
  constructor(sys: Sys) {
    this.#sys = sys;
    this.netlink = new Netlink(sys);
    this.namespace = openNetworkNamespace(sys);
    this.index = this.#find() ?? this.#make();
  }

  #find(): number | null {
    try {
      return this.#sys.interfaceIndex(BRIDGE);
    } catch (error) {
      if (error instanceof SysError && error.code === "ENODEV") return null;
      throw error;
    }
  }

  #make(): number {
    const { gateway, prefix } = SUBNET;
    const address = parseAddress(gateway);
    this.netlink.request(addBridgeRequest(BRIDGE, macOf(address)));
    const index = this.#sys.interfaceIndex(BRIDGE);
    this.netlink.request(addAddressRequest(index, address, prefix));
    // What this machine sends to localhost:PORT leaves by the bridge when PORT is published.
    writeSysctls(this.#sys, { [`net.ipv4.conf.${BRIDGE}.route_localnet`]: "1" });
    return index;
  }
}
