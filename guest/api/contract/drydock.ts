/** What this engine answers beyond Docker's API, below /drydock/. */

/** A line of GET /drydock/trace. */
export type TraceLine = TraceRequest | TraceCall | TraceLost;

/** A request that carries {@link TRACE_HEADER} has come; what is done for it follows. */
export interface TraceRequest {
  readonly kind: "request";
  /** Milliseconds since the epoch, with their fraction. */
  readonly time: number;
  readonly method: string;
  /** Without the version. */
  readonly path: string;
  readonly client: string;
}

/** A call that was made for a request or a container. */
export interface TraceCall {
  readonly kind: "call";
  /** Counts on with every call of the engine that ends; the lines of what was done in one go come as the calls began. */
  readonly sequence: number;
  /** When it began: milliseconds since the epoch, with their fraction. */
  readonly time: number;
  /** Milliseconds, with their fraction. A call that waits for a child (clone3) takes as long as the child. */
  readonly duration: number;
  readonly process: TraceCallProcess;
  /** "mount", "clone3"; a name with a capital in it ("mkdirAll") stands for several system calls. */
  readonly call: string;
  /** By the names of the man page, readable: `"/proc"`, `MS_NOSUID|MS_NODEV`, `0755`, `<12 bytes>`, `NULL`. */
  readonly args: Readonly<Record<string, string>>;
  /** What it gave, written like arguments. null: nothing, it failed, or it does not return (execve). */
  readonly result: string | null;
  /** "ENOENT"; null when it succeeded. */
  readonly error: string | null;
  /** The TypeScript that made it; null when nobody knows. */
  readonly source: { readonly file: string; readonly line: number } | null;
  /** Id; null when it was for none, or before there was one. */
  readonly container: string | null;
  /** What asked for it: "POST /containers/create", "exit", "start" … */
  readonly occasion: string | null;
  /** What the client gave as {@link TRACE_HEADER}. */
  readonly client: string | null;
}

export interface TraceCallProcess {
  /** In the machine. */
  readonly pid: number;
  /** "engine", "shim" (becomes the container's docker-shim), "init" (becomes its first process), "exec" … */
  readonly role: string;
  /** 0 is the engine, 1 its child, 2 a child of that. */
  readonly depth: number;
}

/** So many calls are missing here: the reader was too slow, or one request made too many. */
export interface TraceLost {
  readonly kind: "lost";
  readonly count: number;
}

/** A word of the client's choice in a request: what is done for the request carries it in the trace. */
export const TRACE_HEADER = "drydock-trace";

/**
 * GET /drydock/kernel?container=ID: what the kernel holds for a container that runs, read from the kernel when it is
 * asked. Pids, inodes and paths are the machine's unless they say otherwise.
 */
export interface KernelView {
  /** Of the container. */
  readonly id: string;
  /** Its first process. */
  readonly pid: number;
  readonly namespaces: readonly KernelNamespace[];
  /** In the order of /proc/PID/mountinfo; points as the container sees them. */
  readonly mounts: readonly KernelMount[];
  readonly cgroup: KernelCgroup;
  /** All of its cgroup, parents before their children. */
  readonly processes: readonly KernelProcess[];
  readonly credentials: KernelCredentials;
  readonly network: KernelNetwork;
}

/** /proc/PID/ns */
export interface KernelNamespace {
  readonly type: "cgroup" | "ipc" | "mnt" | "net" | "pid" | "time" | "user" | "uts";
  readonly inode: number;
  /** The machine's own. */
  readonly host: number;
  /** It is the machine's. */
  readonly shared: boolean;
}

/** proc_pid_mountinfo(5) */
export interface KernelMount {
  readonly id: number;
  readonly parent: number;
  /** "0:25" */
  readonly device: string;
  /** What of the filesystem is mounted: "/" is all of it. */
  readonly root: string;
  readonly point: string;
  readonly options: readonly string[];
  /** "shared:1", "master:1" …; empty is private. */
  readonly propagation: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

export interface KernelCgroup {
  /** Below /sys/fs/cgroup. */
  readonly path: string;
  /** Content of each file that is there, "memory.current" … "cpu.stat", without the last line break. */
  readonly files: Readonly<Record<string, string>>;
}

export interface KernelProcess {
  readonly pid: number;
  /** The pid that the container's own processes know. */
  readonly inside: number;
  readonly parent: number;
  /** How many of its ancestors are in the container. */
  readonly depth: number;
  /** "R", "S", "D", "Z", "T" … */
  readonly state: string;
  /** The effective one. */
  readonly uid: number;
  readonly name: string;
  readonly command: readonly string[];
}

/** Of the first process: proc_pid_status(5), user_namespaces(7). */
export interface KernelCredentials {
  /** Names, "CAP_CHOWN". */
  readonly capabilities: {
    readonly effective: readonly string[];
    readonly permitted: readonly string[];
    readonly inheritable: readonly string[];
    readonly bounding: readonly string[];
    readonly ambient: readonly string[];
  };
  readonly seccomp: { readonly mode: "disabled" | "strict" | "filter"; readonly filters: number };
  readonly noNewPrivileges: boolean;
  readonly uidMap: readonly KernelIdRange[];
  readonly gidMap: readonly KernelIdRange[];
}

/** `count` ids from `inside` on are those from `outside` on. */
export interface KernelIdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** Of the network namespace; version 4 only, as the kernel is built. */
export interface KernelNetwork {
  readonly links: readonly KernelLink[];
  readonly routes: readonly KernelRoute[];
  readonly listening: readonly KernelSocket[];
}

export interface KernelLink {
  readonly index: number;
  readonly name: string;
  /** "veth", "bridge" …; null: none that the kernel names, as of lo. */
  readonly kind: string | null;
  /** "02:42:ac:11:00:02"; "" without. */
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** Number of the bridge that it is a port of. */
  readonly master: number | null;
  /** Number of the other end, perhaps in another namespace. */
  readonly peer: number | null;
  /** "172.17.0.2/16" */
  readonly addresses: readonly string[];
}

/** Of the main table. */
export interface KernelRoute {
  /** "default", "172.17.0.0/16" */
  readonly to: string;
  readonly via: string | null;
  /** Name of the interface. */
  readonly device: string | null;
  /** The address that what goes out has. */
  readonly source: string | null;
}

/** proc_net(5): who waits for connections or, of udp, for packets. */
export interface KernelSocket {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
}
