/** What of the machine's devices a container has: `--device`, `--device-cgroup-rule`, and all of them with `--privileged`. */
import type { HostConfig } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { DEFAULT_DEVICE_RULES, PRIVILEGED_DEVICE_RULES } from "../../runtime/default-spec.ts";
import type { Device, DeviceRule } from "../../runtime/spec.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";

/** Of the machine's /dev: what a container has of its own. */
const OWN: ReadonlySet<string> = new Set(["pts", "shm", "fd", "mqueue", "console"]);

export interface PlannedDevices {
  /** Nodes to make. */
  readonly devices: readonly Device[];
  /** What may be opened. */
  readonly rules: readonly DeviceRule[];
}

/** Throws for a path that is no device. */
export function planDevices(sys: Sys, host: HostConfig): PlannedDevices {
  if (host.Privileged === true) return { devices: devicesBelow(sys, "/dev", "/dev"), rules: PRIVILEGED_DEVICE_RULES };
  const mappings = host.Devices ?? [];
  const cgroupRules = host.DeviceCgroupRules ?? [];
  if (mappings.length === 0 && cgroupRules.length === 0) return { devices: [], rules: DEFAULT_DEVICE_RULES };
  const devices: Device[] = [];
  const rules: DeviceRule[] = [...DEFAULT_DEVICE_RULES];
  for (const { PathOnHost, PathInContainer, CgroupPermissions } of mappings) {
    for (const device of devicesAt(sys, PathOnHost, PathInContainer || PathOnHost)) {
      const { type, major = 0, minor = 0 } = device;
      devices.push(device);
      rules.push({ allow: true, type: type === "b" ? "b" : "c", major, minor, access: CgroupPermissions || "rwm" });
    }
  }
  return { devices, rules: [...rules, ...cgroupRules.map(parseRule)] };
}

/** One, or those of a directory. */
function devicesAt(sys: Sys, path: string, inside: string): readonly Device[] {
  const device = deviceAt(sys, path, inside);
  if (device === "directory") {
    const below = devicesBelow(sys, path, inside);
    if (below.length > 0) return below;
  }
  if (typeof device === "object") return [device];
  const reason = device === "missing" ? "no such file or directory" : "not a device node";
  throw new EngineError(
    "system",
    `error gathering device information while adding custom device ${JSON.stringify(path)}: ${reason}`,
  );
}

function devicesBelow(sys: Sys, directory: string, inside: string): readonly Device[] {
  const names = sys.readdir(directory).filter((name) => !OWN.has(name));
  return names.flatMap((name) => {
    const [path, target] = [`${directory}/${name}`, `${inside}/${name}`];
    // A link into /proc, say, leads to no device of the machine's.
    const device = deviceAt(sys, path, target, "lstat");
    if (device === "directory") return devicesBelow(sys, path, target);
    return typeof device === "object" ? [device] : [];
  });
}

function deviceAt(
  sys: Sys,
  path: string,
  inside: string,
  call: "stat" | "lstat" = "stat",
): Device | "directory" | "other" | "missing" {
  try {
    const { mode, rdev, uid, gid } = sys[call](path);
    const type = mode & S_IFMT;
    if (type === S_IFDIR) return "directory";
    if (type !== S_IFBLK && type !== S_IFCHR) return "other";
    const owner = { ...(uid === 0 ? {} : { uid }), ...(gid === 0 ? {} : { gid }) };
    return {
      type: type === S_IFBLK ? "b" : "c",
      path: inside,
      ...deviceNumber(rdev),
      fileMode: mode & 0o7777,
      ...owner,
    };
  } catch (error) {
    if (error instanceof SysError) return "missing";
    throw error;
  }
}

/** "c 13:* rwm" */
function parseRule(text: string): DeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) throw new EngineError("invalid", `invalid device cgroup rule format: '${text}'`);
  const [, type = "a", major = "*", minor = "*", access = "rwm"] = match;
  return {
    allow: true,
    type: type === "b" || type === "c" ? type : "a",
    ...(major === "*" ? {} : { major: Number(major) }),
    ...(minor === "*" ? {} : { minor: Number(minor) }),
    access,
  };
}

/** makedev(3) of Linux read backwards. */
export function deviceNumber(rdev: number): { major: number; minor: number } {
  return { major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) };
}
