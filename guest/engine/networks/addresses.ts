import { parseAddress } from "../../runtime/net/address.ts";

export interface Subnet {
  /** "172.17.0.0" */
  readonly network: string;
  readonly prefix: number;
  readonly gateway: string;
}

/** The addresses of one network: who asks gets the lowest that is free, as with Docker. */
export class AddressPool {
  readonly #base: number;
  readonly #size: number;
  readonly #taken = new Set<number>();
  /** No host number below is free. */
  #lowest = 1;

  constructor({ network, prefix, gateway }: Subnet) {
    this.#base = toNumber(network);
    this.#size = 2 ** (32 - prefix);
    this.reserve(gateway);
  }

  /** Four bytes; null: all are taken. */
  take(): Uint8Array | null {
    while (this.#taken.has(this.#lowest)) this.#lowest += 1;
    // The last one is the broadcast address.
    if (this.#lowest >= this.#size - 1) return null;
    this.#taken.add(this.#lowest);
    return toBytes(this.#base + this.#lowest);
  }

  /** One that somebody has already. */
  reserve(address: string): void {
    this.#taken.add(toNumber(address) - this.#base);
  }

  release(address: string): void {
    const host = toNumber(address) - this.#base;
    if (this.#taken.delete(host) && host < this.#lowest) this.#lowest = host;
  }
}

/** 02:42 and the four bytes of the address: one that no manufacturer gives, and that is unique where the address is. */
export function macOf(address: Uint8Array): Uint8Array {
  const mac = new Uint8Array(6);
  mac[0] = 0x02;
  mac[1] = 0x42;
  mac.set(address, 2);
  return mac;
}

function toNumber(address: string): number {
  let number = 0;
  const bytes = parseAddress(address);
  for (let n = 0; n < bytes.length; n++) number = number * 256 + (bytes[n] ?? 0);
  return number;
}

function toBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  for (let n = 0; n < bytes.length; n++) bytes[n] = number >>> (24 - 8 * n);
  return bytes;
}
