import { addAddressRequest, addDefaultRouteRequest, IFA_ADDRESS, IFA_LOCAL } from "../../runtime/net/address.ts";
import { IFLA_ADDRESS, SECOND_INDEX, setHardwareAddressRequest } from "../../runtime/net/link.ts";
import { NetlinkBatch } from "../../runtime/net/netlink.ts";

/** A container's end of its cable, as it is in the container: the first interface behind the loopback. */
export const ETH0 = Object.freeze({ name: "eth0", index: SECOND_INDEX });

/** What eth0 of a container is told when it gets its address. Containers of one network differ in nothing else. */
export class Eth0Settings {
  readonly #batch: NetlinkBatch;
  readonly #mac: Uint8Array;
  readonly #local: Uint8Array;
  readonly #address: Uint8Array;

  constructor(gateway: Uint8Array, prefix: number) {
    const batch = new NetlinkBatch([
      setHardwareAddressRequest(ETH0.index, new Uint8Array(6)),
      // Any address of the network will do here: they share the broadcast address.
      addAddressRequest(ETH0.index, gateway, prefix),
      addDefaultRouteRequest(ETH0.index, gateway),
    ]);
    this.#batch = batch;
    this.#mac = batch.value(0, IFLA_ADDRESS);
    this.#local = batch.value(1, IFA_LOCAL);
    this.#address = batch.value(1, IFA_ADDRESS);
  }

  /** Four bytes and six. The messages are good until the next ones are asked for. */
  with(address: Uint8Array, mac: Uint8Array): NetlinkBatch {
    this.#mac.set(mac);
    this.#local.set(address);
    this.#address.set(address);
    return this.#batch;
  }
}
