/** Socket addresses as the native module takes them, and as an error tells them. */
import { AF_INET, AF_INET6, AF_NETLINK, AF_UNIX } from "./constants.ts";
import type { SocketAddress } from "./sys.ts";

type Address = readonly [family: number, address: string, number: number];

export function addressOf(address: SocketAddress): Address {
  switch (address.kind) {
    case "unix":
      return [AF_UNIX, address.path, 0];
    case "inet":
      return [address.address.includes(":") ? AF_INET6 : AF_INET, address.address, address.port];
    case "netlink":
      return [AF_NETLINK, "", address.groups];
  }
}

export function describeAddress(address: SocketAddress): string {
  switch (address.kind) {
    case "unix":
      return address.path;
    case "inet":
      return `${address.address}:${address.port}`;
    case "netlink":
      return "netlink";
  }
}
