/** Debian's own nft for the guest, under the name nft.debian: to write rules with, and to compare ours with. */
import { join } from "node:path";
import { type DebianFiles, type Fetched, fetchDebianFiles, guestPaths } from "./debian-files.ts";
import type { Vm } from "./vm.ts";

const NFT: DebianFiles = {
  name: "debian-nft",
  packages: [
    ...["nftables", "libnftables1", "libnftnl11", "libmnl0", "libxtables12", "libgmp10", "libjansson4"],
    ...["libedit2", "libtinfo6", "libbsd0", "libmd0", "libc6"],
  ],
  files: { "usr/sbin/nft.debian": "usr/sbin/nft" },
  libraries: [
    ...["libnftables.so.1", "libnftnl.so.11", "libmnl.so.0", "libxtables.so.12", "libgmp.so.10", "libjansson.so.4"],
    ...["libedit.so.2", "libtinfo.so.6", "libbsd.so.0", "libmd.so.0", "libc.so.6"],
  ],
};

/** It prints protocols by number where there is no such file. */
const PROTOCOLS = "icmp 1\ntcp 6\nudp 17\n";

export function fetchNft(): Promise<Fetched> {
  return fetchDebianFiles(NFT);
}

export async function installNft(vm: Vm, folder: string): Promise<void> {
  for (const path of guestPaths(NFT)) await vm.put(join(folder, path), `/${path}`);
  await vm.put(new TextEncoder().encode(PROTOCOLS), "/etc/protocols");
}
