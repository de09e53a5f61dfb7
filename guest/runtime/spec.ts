/**
 * The container as data: the part of the OCI runtime specification 1.2 (config.md, config-linux.md) that this runtime
 * honours. Field names are the schema's, so a value of this type is a config.json and runs under crun and runc too.
 */
export interface Spec {
  readonly ociVersion: string;
  readonly hostname?: string;
  readonly domainname?: string;
  readonly root: Root;
  readonly process: Process;
  readonly mounts: readonly Mount[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux: Linux;
}

export interface Root {
  /** Absolute, or relative to the bundle. */
  readonly path: string;
  readonly readonly?: boolean;
}

export interface Process {
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user: ProcessUser;
  readonly args: readonly string[];
  /** NAME=value. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities?: ProcessCapabilities;
  readonly rlimits?: readonly Rlimit[];
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
}

export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
}

/** Names as in capabilities(7), CAP_CHOWN. A set that is absent is empty. */
export interface ProcessCapabilities {
  readonly bounding?: readonly string[];
  readonly effective?: readonly string[];
  readonly permitted?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly ambient?: readonly string[];
}

/** RLIM_INFINITY is 2 ** 64 here and 18446744073709551615 in config.json. */
export interface Rlimit {
  /** RLIMIT_NOFILE … */
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

export interface Mount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  /** As mount(8) spells them: ro, nosuid, rbind, rprivate, size=64k … */
  readonly options?: readonly string[];
}

export interface Linux {
  readonly namespaces: readonly Namespace[];
  readonly devices?: readonly Device[];
  readonly cgroupsPath?: string;
  readonly resources?: Resources;
  readonly rootfsPropagation?: "private" | "slave" | "shared" | "unbindable";
  readonly seccomp?: Seccomp;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}

export type NamespaceKind = "pid" | "network" | "mount" | "ipc" | "uts" | "cgroup" | "user" | "time";

export interface Namespace {
  readonly type: NamespaceKind;
  /** An existing namespace to join; without it a new one is made. */
  readonly path?: string;
}

export interface Device {
  readonly type: "c" | "b" | "u" | "p";
  readonly path: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Resources {
  readonly devices?: readonly DeviceRule[];
  readonly memory?: MemoryResources;
  readonly cpu?: CpuResources;
  readonly pids?: { readonly limit: number };
  readonly blockIO?: BlockIoResources;
  /** Written as they are: file name → text. */
  readonly unified?: Readonly<Record<string, string>>;
}

/** One line of the device list; the last one that matches decides. Absent numbers are wildcards. */
export interface DeviceRule {
  readonly allow: boolean;
  /** "a" (the default) is both kinds. */
  readonly type?: "a" | "b" | "c";
  readonly major?: number;
  readonly minor?: number;
  /** Any of r, w, m. */
  readonly access?: string;
}

/** Bytes; -1 is no limit. `swap` is memory and swap together, as in cgroup v1 and in Docker. */
export interface MemoryResources {
  readonly limit?: number;
  readonly reservation?: number;
  readonly swap?: number;
}

export interface CpuResources {
  /** 2 to 262144, 1024 is the norm. */
  readonly shares?: number;
  /** Microseconds of CPU in a period; -1 is no limit. */
  readonly quota?: number;
  readonly period?: number;
  /** cpuset lists: "0-1,3". */
  readonly cpus?: string;
  readonly mems?: string;
}

export interface BlockIoResources {
  /** 10 to 1000. */
  readonly weight?: number;
  readonly weightDevice?: readonly WeightDevice[];
  readonly throttleReadBpsDevice?: readonly ThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly ThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly ThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly ThrottleDevice[];
}

export interface WeightDevice {
  readonly major: number;
  readonly minor: number;
  readonly weight?: number;
}

export interface ThrottleDevice {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

export type SeccompAction =
  | "SCMP_ACT_ALLOW"
  | "SCMP_ACT_ERRNO"
  | "SCMP_ACT_KILL"
  | "SCMP_ACT_KILL_THREAD"
  | "SCMP_ACT_KILL_PROCESS"
  | "SCMP_ACT_TRAP"
  | "SCMP_ACT_TRACE"
  | "SCMP_ACT_LOG";

export type SeccompOperator =
  | "SCMP_CMP_NE"
  | "SCMP_CMP_LT"
  | "SCMP_CMP_LE"
  | "SCMP_CMP_EQ"
  | "SCMP_CMP_GE"
  | "SCMP_CMP_GT"
  | "SCMP_CMP_MASKED_EQ";

export interface Seccomp {
  readonly defaultAction: SeccompAction;
  /** EPERM when absent. */
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly SeccompRule[];
}

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  readonly errnoRet?: number;
  /** All must hold, except that several on one argument are alternatives, as in runc. */
  readonly args?: readonly SeccompArgument[];
}

export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  /** MASKED_EQ: (argument & value) == valueTwo. */
  readonly valueTwo?: number;
  readonly op: SeccompOperator;
}
