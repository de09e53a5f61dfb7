/** The network namespace of a process, looked at from inside: a netlink socket tells of the namespace it was opened in. */
import type { KernelNetwork, KernelSocket } from "../../api/contract/drydock.ts";
import { pinProcess } from "../../runtime/container.ts";
import { readLinks, readRoutes } from "../../runtime/net/show.ts";
import { CLONE_NEWNET } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";

/** Throws SysError ESRCH when the process is over. */
export function readNetwork(sys: Sys, process: { readonly pid: number; readonly startTime: string }): KernelNetwork {
  const pidfd = pinProcess(sys, process);
  try {
    let found: Pick<KernelNetwork, "links" | "routes"> = { links: [], routes: [] };
    // The child goes in, and what it finds is found in our memory: the daemon itself never leaves the machine's network.
    const child = sys.vfork(
      () => {
        sys.setns(pidfd, CLONE_NEWNET);
        const links = readLinks(sys);
        found = { links, routes: readRoutes(sys, links) };
        return null;
      },
      { role: "netns" },
    );
    sys.waitpid(child, 0);
    return { ...found, listening: readListening(sys, process.pid) };
  } finally {
    sys.close(pidfd);
  }
}

/** Column "st" of the tables. A udp socket without a peer takes packets. */
const WAITING = { tcp: "0A", udp: "07" } as const;

function readListening(sys: Sys, pid: number): readonly KernelSocket[] {
  return (["tcp", "udp"] as const).flatMap((protocol) => {
    const rows = sys.readFile(`/proc/${pid}/net/${protocol}`).split("\n").slice(1);
    return rows
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , , state]) => state === WAITING[protocol])
      .map(([, local = ""]) => ({ protocol, ...parseEndpoint(local) }));
  });
}

/** "0100007F:1F90": the address in the CPU's order, both in hexadecimal. */
function parseEndpoint(text: string): { readonly address: string; readonly port: number } {
  const [address = "", port = "0"] = text.split(":");
  const bytes = (address.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
  return { address: bytes.reverse().join("."), port: Number.parseInt(port, 16) };
}
