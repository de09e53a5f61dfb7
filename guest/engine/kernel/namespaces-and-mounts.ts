/** Which namespaces a process is in, and what is mounted there: namespaces(7), proc_pid_mountinfo(5). */
import type { KernelMount, KernelNamespace } from "../../api/contract/drydock.ts";
import type { Sys } from "../../sys/sys.ts";

const TYPES = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] as const;

export function readNamespaces(sys: Sys, pid: number): readonly KernelNamespace[] {
  return TYPES.map((type) => {
    const inode = namespaceInode(sys, String(pid), type);
    const host = namespaceInode(sys, "self", type);
    return { type, inode, host, shared: inode === host };
  });
}

/** The link reads "net:[4026531840]". */
function namespaceInode(sys: Sys, process: string, type: string): number {
  const text = sys.readlink(`/proc/${process}/ns/${type}`);
  return Number(text.slice(text.indexOf("[") + 1, -1));
}

export function readMounts(sys: Sys, pid: number | "self"): readonly KernelMount[] {
  const lines = sys.readFile(`/proc/${pid}/mountinfo`).split("\n");
  return lines.filter((line) => line !== "").map(parseMount);
}

/** "36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw,errors=continue": the dash ends an open list. */
function parseMount(line: string): KernelMount {
  const fields = line.split(" ");
  const dash = fields.indexOf("-", 6);
  const [id, parent, device = "", root = "", point = "", options = ""] = fields;
  const [type = "", source = "", superOptions = ""] = fields.slice(dash + 1);
  return {
    id: Number(id),
    parent: Number(parent),
    device,
    root: decodeEscapes(root),
    point: decodeEscapes(point),
    options: options.split(","),
    propagation: fields.slice(6, dash),
    type,
    source: decodeEscapes(source),
    superOptions: decodeEscapes(superOptions).split(","),
  };
}

/** A space is \040, as in fstab. */
function decodeEscapes(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
