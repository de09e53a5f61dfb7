import type { ContainerCreateRequest, HostConfig, Mount, MountPoint } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { isMountWord } from "../../runtime/mount-options.ts";
import type { Mount as SpecMount } from "../../runtime/spec.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { Container } from "./container.ts";

const PROPAGATIONS = new Set(["private", "rprivate", "shared", "rshared", "slave", "rslave"]);
/** The words of a volume's mode. Those of SELinux, of copying and of macOS file sharing mean nothing here. */
const MODE_WORDS: readonly ReadonlySet<string>[] = [
  new Set(["rw", "ro"]),
  new Set(["z", "Z"]),
  PROPAGATIONS,
  new Set(["nocopy"]),
  new Set(["consistent", "cached", "delegated"]),
];

/** A mount of a container: what `docker inspect` tells, and how the kernel is asked. */
export interface PlannedMount {
  readonly point: MountPoint;
  readonly mount: SpecMount;
  /** `-v` makes a missing source; `--mount` refuses. */
  readonly createSource: boolean;
}

/** As most containers have it. */
const NONE: readonly PlannedMount[] = Object.freeze([]);

/** Binds, mounts and tmpfs of a request, sorted so that /a is mounted before /a/b. Throws Docker's refusals. */
export function planMounts(request: ContainerCreateRequest, host: HostConfig): readonly PlannedMount[] {
  if (!host.Binds?.length && !host.Mounts?.length && !host.Tmpfs && !request.Volumes) return NONE;
  const planned = new Map<string, PlannedMount>();
  const add = (mount: PlannedMount): void => {
    const { Destination } = mount.point;
    if (planned.has(Destination)) throw invalid(`Duplicate mount point: ${Destination}`);
    planned.set(Destination, mount);
  };
  for (const bind of host.Binds ?? []) add(planBind(bind));
  for (const mount of host.Mounts ?? []) add(planMount(mount));
  for (const [target, options] of Object.entries(host.Tmpfs ?? {})) add(planTmpfs(target, options));
  for (const target of Object.keys(request.Volumes ?? {})) if (!planned.has(cleanPath(target))) throw noVolumes(target);
  return [...planned.values()].sort((a, b) => depth(a) - depth(b));
}

/** Those of `--tmpfs` stand in HostConfig, and nowhere else: Docker does not list them. */
export function listedMounts({ record, hostConfig }: Container): readonly MountPoint[] {
  const options = hostConfig.Tmpfs ?? {};
  return record.MountPoints.filter(({ Destination }) => !Object.hasOwn(options, Destination));
}

/** Directories for binds that have no source yet, as `docker run -v` makes them. Throws for `--mount` without source. */
export function checkSources(sys: Sys, mounts: readonly PlannedMount[]): void {
  for (const { point, createSource } of mounts) {
    if (point.Type !== "bind" || sys.exists(point.Source)) continue;
    if (!createSource) throw invalidMount("bind", `bind source path does not exist: ${point.Source}`);
    try {
      sys.mkdirAll(point.Source, 0o755);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new EngineError(
        "system",
        `error while creating mount source path '${point.Source}': mkdir ${point.Source}: ${error.code}`,
      );
    }
  }
}

/** source:target[:mode]; moby's ParseMountRaw. */
function planBind(text: string): PlannedMount {
  const parts = text.split(":");
  const [source = "", target = "", mode = ""] = parts;
  const bad = `invalid volume specification: '${text}'`;
  if (parts.length < 2 || parts.length > 3 || source === "") throw invalid(bad);
  if (parts.length === 2 && isMode(target)) throw invalid(bad);
  if (!isMode(mode)) throw invalid(`invalid mode: ${mode}`);
  if (!source.startsWith("/")) throw noNamedVolumes(source);
  const refused = refusedTarget(target);
  if (refused !== null) throw invalid(`${bad}: ${invalidMount("bind", refused).message}`);
  const words = mode.split(",");
  return bindMount({
    source: cleanPath(source),
    destination: cleanPath(target),
    mode,
    readonly: words.includes("ro") ? "rro" : null,
    propagation: words.find((word) => PROPAGATIONS.has(word)) ?? "rprivate",
    createSource: true,
  });
}

/** Of each kind of word there may be one. */
function isMode(mode: string): boolean {
  const words = mode === "" ? [] : mode.split(",");
  const kinds = words.map((word) => MODE_WORDS.findIndex((kind) => kind.has(word)));
  return !kinds.includes(-1) && new Set(kinds).size === kinds.length;
}

function refusedTarget(target: string): string | null {
  if (target === "") return "field Target must not be empty";
  if (cleanPath(target) === "/") return "invalid specification: destination can't be '/'";
  return target.startsWith("/") ? null : `invalid mount path: '${target}' mount path must be absolute`;
}

function planMount(mount: Mount): PlannedMount {
  const target = mount.Target ?? "";
  const type = mount.Type ?? "";
  const refused = refusedTarget(target);
  if (refused !== null) throw invalidMount(type, refused);
  switch (type) {
    case "bind":
      return planBindMount(mount, cleanPath(target));
    case "tmpfs":
      return planTmpfsMount(mount, cleanPath(target));
    case "volume":
      throw noNamedVolumes(mount.Source ?? target);
    default:
      throw invalidMount(type, "mount type unknown");
  }
}

function planBindMount(mount: Mount, destination: string): PlannedMount {
  const source = mount.Source ?? "";
  if (source === "") throw invalidMount("bind", "field Source must not be empty");
  if (!source.startsWith("/")) {
    throw invalidMount("bind", `invalid mount path: '${source}' mount path must be absolute`);
  }
  if (mount.VolumeOptions) throw invalidMount("bind", "field VolumeOptions must not be specified");
  if (mount.TmpfsOptions) throw invalidMount("bind", "field TmpfsOptions must not be specified");
  const propagation = mount.BindOptions?.Propagation || "rprivate";
  if (!PROPAGATIONS.has(propagation)) throw invalidMount("bind", `invalid propagation mode: ${propagation}`);
  const recursive = mount.BindOptions?.NonRecursive !== true;
  const createSource = mount.BindOptions?.CreateMountpoint === true;
  return bindMount({
    source: cleanPath(source),
    destination,
    mode: "",
    readonly: readonlyWord(mount),
    propagation,
    createSource,
    recursive,
  });
}

/** Since Docker 25 read-only is so for what is mounted below, too. */
function readonlyWord({ ReadOnly, BindOptions }: Mount): "rro" | "ro" | null {
  const { ReadOnlyNonRecursive = false, ReadOnlyForceRecursive = false } = BindOptions ?? {};
  const conflict = (what: string): EngineError => invalid(`mount options conflict: ${what}`);
  if (ReadOnly !== true && ReadOnlyNonRecursive) throw conflict("!ReadOnly && BindOptions.ReadOnlyNonRecursive");
  if (ReadOnly !== true && ReadOnlyForceRecursive) throw conflict("!ReadOnly && BindOptions.ReadOnlyForceRecursive");
  if (ReadOnlyNonRecursive && ReadOnlyForceRecursive) {
    throw conflict("ReadOnlyNonRecursive && BindOptions.ReadOnlyForceRecursive");
  }
  if (ReadOnly !== true) return null;
  return ReadOnlyNonRecursive ? "ro" : "rro";
}

function bindMount(bind: {
  readonly source: string;
  readonly destination: string;
  readonly mode: string;
  /** null: it may be written to. */
  readonly readonly: "rro" | "ro" | null;
  readonly propagation: string;
  readonly createSource: boolean;
  readonly recursive?: boolean;
}): PlannedMount {
  const options = [bind.recursive === false ? "bind" : "rbind", bind.propagation];
  if (bind.readonly !== null) options.push(bind.readonly);
  return {
    point: {
      Type: "bind",
      Source: bind.source,
      Destination: bind.destination,
      Mode: bind.mode,
      RW: bind.readonly === null,
      Propagation: bind.propagation,
    },
    mount: { destination: bind.destination, type: "bind", source: bind.source, options },
    createSource: bind.createSource,
  };
}

/** Docker's own options come first; those given override them. */
function planTmpfs(target: string, options: string): PlannedMount {
  const refused = refusedTarget(target || "/");
  if (refused !== null) throw invalid(refused);
  return tmpfsMount(cleanPath(target), options === "" ? [] : options.split(","));
}

function planTmpfsMount(mount: Mount, destination: string): PlannedMount {
  if ((mount.Source ?? "") !== "") throw invalidMount("tmpfs", "field Source must not be specified");
  const words: string[] = [];
  if (mount.ReadOnly === true) words.push("ro");
  const { SizeBytes = 0, Mode = 0 } = mount.TmpfsOptions ?? {};
  if (SizeBytes < 0) throw invalidMount("tmpfs", "tmpfs size must not be negative");
  if (SizeBytes > 0) words.push(`size=${SizeBytes}`);
  if (Mode > 0) words.push(`mode=${Mode.toString(8)}`);
  return tmpfsMount(destination, words);
}

/** What tmpfs(5) and Docker both know. */
const TMPFS_KEYS: ReadonlySet<string> = new Set(["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"]);

function tmpfsMount(destination: string, words: readonly string[]): PlannedMount {
  for (const word of words) {
    const [key = "", value] = splitOnce(word);
    if (value === undefined ? isMountWord(word) : TMPFS_KEYS.has(key)) continue;
    const parts = splitOnce(word).map((part) => JSON.stringify(part));
    throw invalid(`invalid tmpfs option [${parts.join(" ")}]`);
  }
  const readonly = words.includes("ro");
  return {
    point: { Type: "tmpfs", Source: "", Destination: destination, Mode: "", RW: !readonly, Propagation: "" },
    mount: { destination, type: "tmpfs", source: "tmpfs", options: ["noexec", "nosuid", "nodev", ...words] },
    createSource: false,
  };
}

/** path.Clean of Go, for absolute paths. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function splitOnce(word: string): readonly string[] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

function depth(mount: PlannedMount): number {
  return mount.point.Destination.split("/").length;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}

function invalidMount(type: string, why: string): EngineError {
  return invalid(`invalid mount config for type ${JSON.stringify(type)}: ${why}`);
}

function noNamedVolumes(name: string): EngineError {
  return new EngineError(
    "notImplemented",
    `create ${name}: named volumes are not supported by this engine yet: give a directory as /path:/target`,
  );
}

function noVolumes(target: string): EngineError {
  return new EngineError(
    "notImplemented",
    `${target}: anonymous volumes are not supported by this engine yet: give a directory as /path:${target}`,
  );
}
