/**
 * What Docker's Go types say of the JSON of `docker inspect`: templates name their fields, `{{.State}}` prints them in
 * their order, and what is left out of the JSON is there as Go's zero value. Types of the API's packages at 1.45.
 */

/**
 * `Name[=JsonName] type`, as Go declares it; `@Type` is embedded: its fields are those of the outer one, too. `ports` is a
 * map whose keys are of type nat.Port: no text is one, and `index` refuses it.
 */
const STRUCTS: Readonly<Record<string, string>> = {
  Container:
    "ID=Id string,Created string,Path string,Args []string,State *State,Image string,ResolvConfPath string," +
    "HostnamePath string,HostsPath string,LogPath string,Name string,RestartCount int,Driver string,Platform string," +
    "MountLabel string,ProcessLabel string,AppArmorProfile string,ExecIDs []string,HostConfig *HostConfig," +
    "GraphDriver GraphDriver,SizeRw *int,SizeRootFs *int,Mounts []MountPoint,Config *Config," +
    "NetworkSettings *NetworkSettings",
  Image:
    "ID=Id string,RepoTags []string,RepoDigests []string,Parent string,Comment string,Created string," +
    "DockerVersion string,Author string,Config *Config,Architecture string,Variant string,Os string," +
    "OsVersion string,Size int,VirtualSize int,GraphDriver GraphDriver,RootFS RootFS,Metadata Metadata",
  State:
    "Status string,Running bool,Paused bool,Restarting bool,OOMKilled bool,Dead bool,Pid int,ExitCode int," +
    "Error string,StartedAt string,FinishedAt string,Health *Health",
  Health: "Status string,FailingStreak int,Log []*HealthcheckResult",
  HealthcheckResult: "Start string,End string,ExitCode int,Output string",
  HealthConfig:
    "Test []string,Interval duration,Timeout duration,StartPeriod duration,StartInterval duration,Retries int",
  GraphDriver: "Data map string,Name string",
  RootFS: "Type string,Layers []string",
  Metadata: "LastTagTime string",
  MountPoint:
    "Type string,Name string,Source string,Destination string,Driver string,Mode string,RW bool,Propagation string",
  Config:
    "Hostname string,Domainname string,User string,AttachStdin bool,AttachStdout bool,AttachStderr bool," +
    "ExposedPorts ports Empty,Tty bool,OpenStdin bool,StdinOnce bool,Env []string,Cmd []string," +
    "Healthcheck *HealthConfig,ArgsEscaped bool,Image string,Volumes map Empty,WorkingDir string," +
    "Entrypoint []string,NetworkDisabled bool,MacAddress string,OnBuild []string,Labels map string," +
    "StopSignal string,StopTimeout *int,Shell []string",
  Empty: "",
  HostConfig:
    "Binds []string,ContainerIDFile string,LogConfig LogConfig,NetworkMode string,PortBindings ports []PortBinding," +
    "RestartPolicy RestartPolicy,AutoRemove bool,VolumeDriver string,VolumesFrom []string,ConsoleSize []int," +
    "Annotations map string,CapAdd []string,CapDrop []string,CgroupnsMode string,DNS=Dns []string," +
    "DNSOptions=DnsOptions []string,DNSSearch=DnsSearch []string,ExtraHosts []string,GroupAdd []string," +
    "IpcMode string,Cgroup string,Links []string,OomScoreAdj int,PidMode string,Privileged bool," +
    "PublishAllPorts bool,ReadonlyRootfs bool,SecurityOpt []string,StorageOpt map string,Tmpfs map string," +
    "UTSMode string,UsernsMode string,ShmSize int,Sysctls map string,Runtime string,Isolation string,@Resources," +
    "Mounts []Mount,MaskedPaths []string,ReadonlyPaths []string,Init *bool",
  Resources:
    "CPUShares=CpuShares int,Memory int,NanoCPUs=NanoCpus int,CgroupParent string,BlkioWeight int," +
    "BlkioWeightDevice []*WeightDevice,BlkioDeviceReadBps []*ThrottleDevice,BlkioDeviceWriteBps []*ThrottleDevice," +
    "BlkioDeviceReadIOps []*ThrottleDevice,BlkioDeviceWriteIOps []*ThrottleDevice,CPUPeriod=CpuPeriod int," +
    "CPUQuota=CpuQuota int,CPURealtimePeriod=CpuRealtimePeriod int,CPURealtimeRuntime=CpuRealtimeRuntime int," +
    "CpusetCpus string,CpusetMems string,Devices []DeviceMapping,DeviceCgroupRules []string,DeviceRequests []any," +
    "KernelMemory int,KernelMemoryTCP int,MemoryReservation int,MemorySwap int,MemorySwappiness *int," +
    "OomKillDisable *bool,PidsLimit *int,Ulimits []ulimit,CPUCount=CpuCount int,CPUPercent=CpuPercent int," +
    "IOMaximumIOps int,IOMaximumBandwidth int",
  LogConfig: "Type string,Config map string",
  RestartPolicy: "Name string,MaximumRetryCount int",
  PortBinding: "HostIP=HostIp string,HostPort string",
  WeightDevice: "Path string,Weight int",
  ThrottleDevice: "Path string,Rate int",
  DeviceMapping: "PathOnHost string,PathInContainer string,CgroupPermissions string",
  Mount:
    "Type string,Source string,Target string,ReadOnly bool,Consistency string,BindOptions *any,VolumeOptions *any," +
    "TmpfsOptions *any,ClusterOptions *any",
  NetworkSettings: "@NetworkSettingsBase,@DefaultNetworkSettings,Networks map *EndpointSettings",
  NetworkSettingsBase:
    "Bridge string,SandboxID string,SandboxKey string,Ports ports []PortBinding,HairpinMode bool," +
    "LinkLocalIPv6Address string,LinkLocalIPv6PrefixLen int,SecondaryIPAddresses []any,SecondaryIPv6Addresses []any",
  DefaultNetworkSettings:
    "EndpointID string,Gateway string,GlobalIPv6Address string,GlobalIPv6PrefixLen int,IPAddress string," +
    "IPPrefixLen int,IPv6Gateway string,MacAddress string",
  EndpointSettings:
    "IPAMConfig *any,Links []string,Aliases []string,MacAddress string,NetworkID string,EndpointID string," +
    "Gateway string,IPAddress string,IPPrefixLen int,IPv6Gateway string,GlobalIPv6Address string," +
    "GlobalIPv6PrefixLen int,DriverOpts map string,DNSNames []string",
};

const ZEROS: Readonly<Record<string, unknown>> = { string: "", int: 0, bool: false, any: null };

interface GoValue {
  /** Those of a struct in their order; null: it is no struct. */
  readonly fields: readonly unknown[] | null;
  /** Of a type that says itself how it is printed. */
  readonly text: string | null;
  /** The type of a map's keys, when that is another than string. */
  readonly key?: string;
  pointer: boolean;
}

const values = new WeakMap<object, GoValue>();

/** How Go has a value; undefined: it is one of JSON's. */
export function goValueOf(value: unknown): GoValue | undefined {
  return typeof value === "object" && value !== null ? values.get(value) : undefined;
}

/** JSON as a Go type has it; `json` in a template still finds the JSON. */
export function toGo(type: string, json: unknown): unknown {
  if (type.startsWith("*")) return toPointer(type.slice(1), json);
  if (type.startsWith("[]")) return toList(type.slice(2), json);
  if (type.startsWith("map ")) return toMap(type.slice(4), json);
  if (type.startsWith("ports ")) return toPortMap(type.slice(6), json);
  if (type === "duration") return printed({}, json ?? 0, durationText(Number(json ?? 0)));
  if (type === "ulimit") return toUlimit(json);
  const struct = STRUCTS[type];
  if (struct === undefined) return json ?? ZEROS[type] ?? null;
  return toStruct(struct, isObject(json) ? json : {}, json);
}

function toPointer(type: string, json: unknown): unknown {
  if (json === null || json === undefined) return null;
  const value = toGo(type, json);
  const known = goValueOf(value);
  if (known !== undefined) known.pointer = true;
  return value;
}

function toList(type: string, json: unknown): unknown {
  const list = Array.isArray(json) ? json.map((item) => toGo(type, item)) : [];
  return withJson(list, json ?? null);
}

/** Go's encoder sorts the keys of a map. */
function toMap(type: string, json: unknown): object {
  const map: Record<string, unknown> = Object.create(null);
  if (!isObject(json)) return withJson(map, json ?? null);
  const keys = Object.keys(json).sort();
  for (const key of keys) map[key] = toGo(type, json[key]);
  return withJson(map, Object.fromEntries(keys.map((key) => [key, json[key]])));
}

function toPortMap(type: string, json: unknown): object {
  const map = toMap(type, json);
  values.set(map, { fields: null, text: null, key: "nat.Port", pointer: false });
  return map;
}

function toStruct(declaration: string, members: Readonly<Record<string, unknown>>, json: unknown): object {
  const object: Record<string, unknown> = Object.create(null);
  const fields: unknown[] = [];
  for (const field of declaration === "" ? [] : declaration.split(",")) {
    if (field.startsWith("@")) {
      const embedded = toGo(field.slice(1), members) as Readonly<Record<string, unknown>>;
      Object.assign(object, embedded, { [field.slice(1)]: embedded });
      fields.push(embedded);
      continue;
    }
    const space = field.indexOf(" ");
    const [name = "", jsonName = name] = field.slice(0, space).split("=");
    object[name] = toGo(field.slice(space + 1), members[jsonName]);
    fields.push(object[name]);
  }
  values.set(object, { fields, text: null, pointer: false });
  return withJson(object, json ?? null);
}

/** go-units prints its limits itself. */
function toUlimit(json: unknown): object {
  const { Name = "", Soft = 0, Hard = 0 } = isObject(json) ? json : {};
  return printed({ Name, Hard, Soft }, json, `${Name}=${Soft}:${Hard}`);
}

function printed(object: object, json: unknown, text: string): object {
  values.set(object, { fields: null, text, pointer: false });
  return withJson(object, json);
}

function withJson<T extends object>(value: T, json: unknown): T {
  return Object.defineProperty(value, "toJSON", { value: () => json, enumerable: false });
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

const SMALL: readonly (readonly [limit: number, unit: string])[] = [
  [1e3, "ns"],
  [1e6, "µs"],
  [1e9, "ms"],
];

/** time.Duration's String(): `1h0m30s`, `1.5s`, `20ms`, `0s`. */
function durationText(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 0) return `-${durationText(-nanoseconds)}`;
  const small = SMALL.find(([limit]) => nanoseconds < limit);
  if (small !== undefined) return `${nanoseconds / (small[0] / 1e3)}${small[1]}`;
  const seconds = Math.floor(nanoseconds / 1e9);
  const rest = String((seconds % 60) + (nanoseconds % 1e9) / 1e9);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${rest}s`;
  const hours = Math.floor(minutes / 60);
  return `${hours === 0 ? "" : `${hours}h`}${minutes % 60}m${rest}s`;
}
