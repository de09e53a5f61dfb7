import type { ContainerCreateRequest, HostConfig, Mount, MountPoint } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { Mount as SpecMount } from "../../runtime/spec.ts";
import { type Sys, SysError } from "../../sys/sys.ts";

const PROPAGATIONS = new Set(["private", "rprivate", "shared", "rshared", "slave", "rslave"]);
/** Words of a volume's mode that mean nothing here: SELinux labels and macOS file sharing. */
const WITHOUT_MEANING = new Set(["z", "Z", "consistent", "cached", "delegated", "nocopy"]);

/** A mount of a container: what `docker inspect` tells, and how the kernel is asked. */
export interface PlannedMount {
  readonly point: MountPoint;
  readonly mount: SpecMount;
  /** `-v` makes a missing source; `--mount` refuses. */
  readonly createSource: boolean;
}

/** Binds, mounts and tmpfs of a request, sorted so that /a is mounted before /a/b. Throws Docker's refusals. */
export function planMounts(request: ContainerCreateRequest, host: HostConfig): readonly PlannedMount[] {
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

/** source:target[:mode] */
function planBind(text: string): PlannedMount {
  const parts = text.split(":");
  const [source = "", target = "", mode = ""] = parts;
  if (parts.length < 2 || parts.length > 3 || source === "" || target === "") {
    throw invalid(`invalid volume specification: '${text}'`);
  }
  const destination = checkTarget(target, text);
  if (!source.startsWith("/")) throw noNamedVolumes(source);
  const { readonly, propagation } = parseMode(mode);
  return bindMount({ source: cleanPath(source), destination, mode, readonly, propagation, createSource: true });
}

function parseMode(mode: string): { readonly: boolean; propagation: string } {
  let readonly = false;
  let propagation = "rprivate";
  for (const word of mode === "" ? [] : mode.split(",")) {
    if (word === "ro") readonly = true;
    else if (PROPAGATIONS.has(word)) propagation = word;
    else if (word !== "rw" && !WITHOUT_MEANING.has(word)) throw invalid(`invalid mode: ${mode}`);
  }
  return { readonly, propagation };
}

function planMount(mount: Mount): PlannedMount {
  const target = mount.Target ?? "";
  const type = mount.Type ?? "";
  if (target === "") throw invalidMount(type, "field Target must not be empty");
  if (!target.startsWith("/")) {
    throw invalidMount(type, `invalid mount path: '${target}' mount path must be absolute`);
  }
  if (cleanPath(target) === "/") throw invalidMount(type, "invalid specification: destination can't be '/'");
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
  const readonly = mount.ReadOnly === true;
  const createSource = mount.BindOptions?.CreateMountpoint === true;
  return bindMount({
    source: cleanPath(source),
    destination,
    mode: "",
    readonly,
    propagation,
    createSource,
    recursive,
  });
}

function bindMount(bind: {
  readonly source: string;
  readonly destination: string;
  readonly mode: string;
  readonly readonly: boolean;
  readonly propagation: string;
  readonly createSource: boolean;
  readonly recursive?: boolean;
}): PlannedMount {
  const options = [bind.recursive === false ? "bind" : "rbind", bind.propagation];
  if (bind.readonly) options.push("ro");
  return {
    point: {
      Type: "bind",
      Source: bind.source,
      Destination: bind.destination,
      Mode: bind.mode,
      RW: !bind.readonly,
      Propagation: bind.propagation,
    },
    mount: { destination: bind.destination, type: "bind", source: bind.source, options },
    createSource: bind.createSource,
  };
}

/** Docker's own options come first; those given override them. */
function planTmpfs(target: string, options: string): PlannedMount {
  if (!target.startsWith("/")) throw invalid(`invalid mount path: '${target}' mount path must be absolute`);
  const words = options === "" ? [] : options.split(",");
  return tmpfsMount(checkTarget(target, target), words);
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

function tmpfsMount(destination: string, words: readonly string[]): PlannedMount {
  for (const word of words) {
    if (!/^[a-z]+(=[A-Za-z0-9%:,.]+)?$/.test(word)) throw invalid(`invalid tmpfs option [${JSON.stringify(word)}]`);
  }
  const readonly = words.includes("ro");
  return {
    point: { Type: "tmpfs", Source: "", Destination: destination, Mode: "", RW: !readonly, Propagation: "" },
    mount: { destination, type: "tmpfs", source: "tmpfs", options: ["noexec", "nosuid", "nodev", ...words] },
    createSource: false,
  };
}

function checkTarget(target: string, specification: string): string {
  if (!target.startsWith("/")) {
    throw invalid(
      `invalid volume specification: '${specification}': invalid mount path: '${target}' mount path must be absolute`,
    );
  }
  const clean = cleanPath(target);
  if (clean === "/") {
    throw invalid(`invalid volume specification: '${specification}': invalid specification: destination can't be '/'`);
  }
  return clean;
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
