/** What the engine of the scenarios answers: containers, images, system. Ages are counted from when they are asked for. */
const now = Math.floor(Date.now() / 1000);
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const WEB = "8f1f2a0c9d3e4b5a6c7d8e9f00112233445566778899aabbccddeeff00112233";
export const JOB = "0a1b2c3d4e5f60718293a4b5c6d7e8f9a0b1c2d3e4f5061728394a5b6c7d8e9f";
export const OLD = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";
export const BUSYBOX = "sha256:65ad0d468eb1c558bf7f4e64e790f586e9eda649ee9f130cd0e835b292bbc5ac";
export const HELLO = "sha256:d2c94e258dcb3c5ac2798d32e1249e42ef01cba4841c2234249495f87264ac5a";
export const EXEC = "99aabbccddeeff0011223344556677889900aabbccddeeff0011223344556677";

export const CONTAINERS = [
  {
    Id: WEB,
    Names: ["/web"],
    Image: "busybox",
    ImageID: BUSYBOX,
    Command: "httpd -f -h /www",
    Created: now - 3 * MINUTE - 10,
    Ports: [
      { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
      { IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
      { PrivatePort: 443, Type: "tcp" },
    ],
    // One only: Docker prints them in any order.
    Labels: { tier: "1" },
    State: "running",
    Status: "Up 3 minutes",
    HostConfig: { NetworkMode: "default" },
    NetworkSettings: { Networks: { bridge: { NetworkID: "abc" } } },
    Mounts: [{ Type: "bind", Source: "/srv", Destination: "/www", Mode: "", RW: true, Propagation: "rprivate" }],
    SizeRw: 12_345,
    SizeRootFs: 4_261_502,
  },
  {
    Id: JOB,
    Names: ["/eager_hopper"],
    Image: BUSYBOX,
    ImageID: BUSYBOX,
    Command: "sh -c 'echo one two three four five; sleep 100'",
    Created: now - 26 * HOUR - 10,
    Ports: [],
    Labels: {},
    State: "exited",
    Status: "Exited (0) 2 hours ago",
    HostConfig: { NetworkMode: "none" },
    NetworkSettings: { Networks: { none: { NetworkID: "def" } } },
    Mounts: [],
    SizeRw: 0,
    SizeRootFs: 4_261_502,
  },
  {
    Id: OLD,
    Names: ["/a-name-that-is-longer-than-most"],
    Image: "example.org/team/app:1.2.3",
    ImageID: HELLO,
    Command: "/hello",
    Created: now - 20 * DAY - 10,
    Ports: [
      { PrivatePort: 9000, Type: "tcp" },
      { PrivatePort: 9001, Type: "tcp" },
      { PrivatePort: 9002, Type: "tcp" },
      { PrivatePort: 53, Type: "udp" },
    ],
    Labels: { note: "a<b" },
    State: "created",
    Status: "Created",
    HostConfig: { NetworkMode: "default" },
    NetworkSettings: { Networks: { bridge: { NetworkID: "abc" } } },
    Mounts: [],
  },
];

export const IMAGES = [
  {
    Id: BUSYBOX,
    ParentId: "",
    RepoTags: ["busybox:latest", "busybox:1.36"],
    RepoDigests: ["busybox@sha256:9ae97d36d26566ff84e8893c64a6dc4fe8ca6d1144bf5b87b2b85a32def253c7"],
    Created: now - 100 * DAY - 10,
    Size: 4_261_502,
    SharedSize: -1,
    Labels: null,
    Containers: -1,
  },
  {
    Id: HELLO,
    ParentId: "",
    RepoTags: ["hello-world:latest"],
    RepoDigests: [],
    Created: now - 800 * DAY - 10,
    Size: 13_256,
    SharedSize: -1,
    Labels: { a: "b" },
    Containers: -1,
  },
  {
    Id: "sha256:1111111111111111111111111111111111111111111111111111111111111111",
    ParentId: "",
    RepoTags: [],
    RepoDigests: [],
    Created: now - 50 * MINUTE - 10,
    Size: 999_950_000,
    SharedSize: -1,
    Labels: {},
    Containers: -1,
  },
];

export const VERSION = {
  Platform: { Name: "Drydock" },
  Components: [
    {
      Name: "Engine",
      Version: "26.1.4",
      Details: {
        ApiVersion: "1.45",
        Arch: "386",
        BuildTime: "2026-01-02T03:04:05.000000000+00:00",
        Experimental: "false",
        GitCommit: "abc1234",
        GoVersion: "go1.22.4",
        KernelVersion: "6.12.0",
        MinAPIVersion: "1.24",
        Os: "linux",
      },
    },
    { Name: "runtime", Version: "1.0", Details: { GitCommit: "def" } },
  ],
  Version: "26.1.4",
  ApiVersion: "1.45",
  MinAPIVersion: "1.24",
  GitCommit: "abc1234",
  GoVersion: "go1.22.4",
  Os: "linux",
  Arch: "386",
  KernelVersion: "6.12.0",
  BuildTime: "2026-01-02T03:04:05.000000000+00:00",
};

export const INFO = {
  ID: "1234:ABCD",
  Containers: 3,
  ContainersRunning: 1,
  ContainersPaused: 0,
  ContainersStopped: 2,
  Images: 2,
  Driver: "overlay2",
  DriverStatus: [
    ["Backing Filesystem", "tmpfs"],
    ["Supports d_type", "true"],
  ],
  Plugins: { Volume: ["local"], Network: ["bridge", "host", "null"], Authorization: null, Log: ["json-file", "none"] },
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsPeriod: true,
  CpuCfsQuota: true,
  CPUShares: true,
  CPUSet: true,
  PidsLimit: true,
  IPv4Forwarding: true,
  BridgeNfIptables: true,
  BridgeNfIp6tables: true,
  Debug: false,
  NFd: 20,
  OomKillDisable: false,
  NGoroutines: 1,
  SystemTime: "2026-11-21T03:04:05.123456789Z",
  LoggingDriver: "json-file",
  CgroupDriver: "cgroupfs",
  CgroupVersion: "2",
  NEventsListener: 0,
  KernelVersion: "6.12.0",
  OperatingSystem: "Drydock",
  OSVersion: "1",
  OSType: "linux",
  Architecture: "i686",
  IndexServerAddress: "https://index.docker.io/v1/",
  RegistryConfig: {
    AllowNondistributableArtifactsCIDRs: null,
    AllowNondistributableArtifactsHostnames: null,
    InsecureRegistryCIDRs: ["127.0.0.0/8"],
    IndexConfigs: { "docker.io": { Name: "docker.io", Mirrors: [], Secure: true, Official: true } },
    Mirrors: null,
  },
  NCPU: 1,
  MemTotal: 259_010_560,
  GenericResources: null,
  DockerRootDir: "/var/lib/docker",
  HttpProxy: "",
  HttpsProxy: "",
  NoProxy: "",
  Name: "drydock",
  Labels: [],
  ExperimentalBuild: false,
  ServerVersion: "26.1.4",
  Runtimes: { drydock: { path: "drydock" } },
  DefaultRuntime: "drydock",
  Swarm: {
    NodeID: "",
    NodeAddr: "",
    LocalNodeState: "inactive",
    ControlAvailable: false,
    Error: "",
    RemoteManagers: null,
  },
  LiveRestoreEnabled: true,
  Isolation: "",
  InitBinary: "docker-init",
  ContainerdCommit: { ID: "c0d", Expected: "c0d" },
  RuncCommit: { ID: "abc", Expected: "abc" },
  InitCommit: { ID: "def", Expected: "def" },
  SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
  CDISpecDirs: [],
  Warnings: ["WARNING: bridge-nf-call-iptables is disabled"],
};

export const INSPECT = {
  Id: WEB,
  Created: "2026-11-21T03:04:05.123456789Z",
  Path: "httpd",
  Args: ["-f", "-h", "/www"],
  State: {
    Status: "running",
    Running: true,
    Paused: false,
    Restarting: false,
    OOMKilled: false,
    Dead: false,
    Pid: 123,
    ExitCode: 0,
    Error: "",
    StartedAt: "2026-11-21T03:04:06Z",
    FinishedAt: "0001-01-01T00:00:00Z",
  },
  Image: BUSYBOX,
  Name: "/web",
  RestartCount: 0,
  HostConfig: { NetworkMode: "default", Memory: 67_108_864, RestartPolicy: { Name: "no", MaximumRetryCount: 0 } },
  Mounts: [],
  Config: {
    Hostname: "8f1f2a0c9d3e",
    Tty: false,
    OpenStdin: false,
    Env: ["PATH=/bin", "A=<b>"],
    Cmd: ["httpd"],
    Image: "busybox",
    Labels: { "com.example.role": "front", tier: "1" },
  },
  NetworkSettings: {
    IPAddress: "",
    Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }], "443/tcp": null },
    Networks: { bridge: { IPAddress: "172.17.0.2", Gateway: "172.17.0.1" } },
  },
};

/** One of which much is said. */
export const FURNISHED = {
  ...INSPECT,
  GraphDriver: { Name: "overlay2", Data: { UpperDir: "/u", LowerDir: "/l" } },
  SizeRw: 12,
  ExecIDs: null,
  HostConfig: {
    Binds: ["/srv:/www:ro"],
    LogConfig: { Type: "json-file", Config: { "max-size": "8m" } },
    NetworkMode: "bridge",
    PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] },
    RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
    ConsoleSize: [24, 80],
    CapAdd: ["NET_ADMIN"],
    CapDrop: null,
    Memory: 67_108_864,
    NanoCpus: 500_000_000,
    PidsLimit: null,
    Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/n", CgroupPermissions: "rwm" }],
    Ulimits: [{ Name: "nofile", Hard: 200, Soft: 100 }],
    Mounts: [{ Type: "bind", Source: "/srv", Target: "/m" }],
    Tmpfs: { "/t": "" },
  },
  Mounts: [
    { Type: "bind", Source: "/srv", Destination: "/www", Mode: "ro", RW: false, Propagation: "rprivate" },
    { Type: "bind", Source: "/srv", Destination: "/m", Mode: "", RW: true, Propagation: "rprivate" },
  ],
  Config: {
    ...INSPECT.Config,
    ExposedPorts: { "80/tcp": {} },
    Entrypoint: null,
    Volumes: null,
    StopTimeout: 5,
    Healthcheck: {
      Test: ["CMD-SHELL", "true"],
      Interval: 90_000_000_000,
      Timeout: 1_500_000_000,
      StartPeriod: 20_000_000,
    },
  },
};

export const PUBLISHED = {
  ...INSPECT,
  NetworkSettings: {
    ...INSPECT.NetworkSettings,
    Ports: {
      "443/tcp": null,
      "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "9" }],
      "80/tcp": [
        { HostIp: "0.0.0.0", HostPort: "8080" },
        { HostIp: "::", HostPort: "8080" },
      ],
      "53/udp": [{ HostIp: "0.0.0.0", HostPort: "10053" }],
    },
  },
};

export const TOP = {
  Titles: ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
  Processes: [
    ["root", "13642", "882", "0", "17:03", "pts/0", "00:00:00", "/bin/bash"],
    ["a-long-user-of-the-machine", "13735", "13642", "0", "17:06", "?", "00:00:00", "sleep 10"],
  ],
};

export const IMAGE_INSPECT = {
  Id: BUSYBOX,
  RepoTags: ["busybox:latest"],
  RepoDigests: [],
  Parent: "",
  Created: "2026-01-01T00:00:00Z",
  Config: { Env: ["PATH=/bin"], Cmd: ["sh"] },
  Architecture: "386",
  Os: "linux",
  Size: 4_261_502,
  RootFS: { Type: "layers", Layers: ["sha256:aa"] },
};

/** `[stream, 0, 0, 0, length]` and the text, as attach and logs send it. */
export function frames(...pieces: readonly (readonly [stream: 1 | 2, text: string])[]): Uint8Array {
  return Buffer.concat(
    pieces.map(([stream, text]) => {
      const head = Buffer.alloc(8);
      head[0] = stream;
      head.writeUInt32BE(Buffer.byteLength(text), 4);
      return Buffer.concat([head, Buffer.from(text)]);
    }),
  );
}

export function noSuchContainer(name: string): { readonly status: number; readonly body: unknown } {
  return { status: 404, body: { message: `No such container: ${name}` } };
}
