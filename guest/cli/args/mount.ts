/** `--mount type=bind,source=/srv,target=/www,readonly`: a line of CSV. */
import type { Mount, MountType } from "../../api/contract/container.ts";
import { CsvError, splitCsv } from "./csv.ts";
import { checkBool, isDigit, readBool } from "./number.ts";
import { parseSize } from "./size.ts";

type Draft<T> = { -readonly [K in keyof T]: T[K] };

interface MountDraft extends Draft<Mount> {
  bind?: Draft<NonNullable<Mount["BindOptions"]>>;
  volume?: Draft<NonNullable<Mount["VolumeOptions"]>>;
  tmpfs?: Draft<NonNullable<Mount["TmpfsOptions"]>>;
  labels?: Record<string, string>;
  driver?: string;
  driverOptions?: Record<string, string>;
}

/** Keys that stand for true without a value. */
const SWITCHES = ["readonly", "ro", "volume-nocopy", "bind-nonrecursive"];
const PROPAGATIONS = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];

class MountError extends Error {}

export function checkMount(value: string): string | null {
  try {
    parseMount(value);
    return null;
  } catch (error) {
    if (error instanceof MountError || error instanceof CsvError) return error.message;
    throw error;
  }
}

/** Throws what {@link checkMount} reports. */
export function parseMount(value: string): Mount {
  const draft: MountDraft = { Type: "volume" };
  for (const field of splitCsv(value)) readField(draft, field);
  checkDraft(draft);
  return finish(draft);
}

function readField(draft: MountDraft, field: string): void {
  const equals = field.indexOf("=");
  const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
  if (equals < 0 && !SWITCHES.includes(key)) {
    throw new MountError(`invalid field '${field}' must be a key=value pair`);
  }
  setField(draft, key, equals < 0 ? "true" : field.slice(equals + 1));
}

function setField(draft: MountDraft, key: string, value: string): void {
  switch (key) {
    case "type":
      draft.Type = value.toLowerCase() as MountType;
      return;
    case "source":
    case "src":
      draft.Source = value;
      return;
    case "target":
    case "dst":
    case "destination":
      draft.Target = value;
      return;
    case "readonly":
    case "ro":
      draft.ReadOnly = readSwitch(key, value);
      return;
    case "consistency":
      draft.Consistency = value.toLowerCase();
      return;
    default:
      setOption(draft, key, value);
  }
}

function setOption(draft: MountDraft, key: string, value: string): void {
  switch (key) {
    case "bind-propagation":
      draft.bind = { ...draft.bind, Propagation: value.toLowerCase() };
      return;
    case "bind-nonrecursive":
      draft.bind = { ...draft.bind, NonRecursive: readSwitch(key, value) };
      return;
    case "bind-recursive":
      draft.bind = { ...draft.bind, ...readRecursion(value) };
      return;
    case "volume-subpath":
      draft.volume = { ...draft.volume, Subpath: value };
      return;
    case "volume-nocopy":
      draft.volume = { ...draft.volume, NoCopy: readSwitch(key, value) };
      return;
    case "volume-label":
      draft.labels = { ...draft.labels, ...readPair(value) };
      return;
    case "volume-driver":
      draft.driver = value;
      return;
    case "volume-opt":
      draft.driverOptions = { ...draft.driverOptions, ...readPair(value) };
      return;
    case "tmpfs-size":
      draft.tmpfs = { ...draft.tmpfs, SizeBytes: readTmpfsSize(key, value) };
      return;
    case "tmpfs-mode":
      draft.tmpfs = { ...draft.tmpfs, Mode: readTmpfsMode(key, value) };
      return;
    default:
      throw new MountError(`unexpected key '${key}' in '${key}=${value}'`);
  }
}

function readSwitch(key: string, value: string): boolean {
  if (checkBool(value) !== null) throw new MountError(`invalid value for ${key}: ${value}`);
  return readBool(value);
}

function readRecursion(value: string): Draft<NonNullable<Mount["BindOptions"]>> {
  switch (value) {
    case "enabled":
      return {};
    case "disabled":
      return { NonRecursive: true };
    case "writable":
      return { ReadOnlyNonRecursive: true };
    case "readonly":
      return { ReadOnlyForceRecursive: true };
    default:
      throw new MountError(
        `invalid value for bind-recursive: ${value} (must be "enabled", "disabled", "writable", or "readonly")`,
      );
  }
}

function readPair(value: string): Record<string, string> {
  const equals = value.indexOf("=");
  return equals < 0 ? { [value]: "" } : { [value.slice(0, equals)]: value.slice(equals + 1) };
}

function readTmpfsSize(key: string, value: string): number {
  const size = parseSize(value);
  if (size === null) throw new MountError(`invalid value for ${key}: ${value}`);
  return size;
}

function readTmpfsMode(key: string, value: string): number {
  const octal = value !== "" && [...value].every((letter) => isDigit(letter.charCodeAt(0)) && letter < "8");
  if (!octal) throw new MountError(`invalid value for ${key}: ${value}`);
  return Number.parseInt(value, 8);
}

function checkDraft(draft: MountDraft): void {
  if (draft.Type === ("" as MountType)) throw new MountError("type is required");
  if (draft.Target === undefined || draft.Target === "") throw new MountError("target is required");
  const hasVolumeOptions = draft.volume ?? draft.labels ?? draft.driver ?? draft.driverOptions;
  if (hasVolumeOptions !== undefined && draft.Type !== "volume") {
    throw new MountError(`cannot mix 'volume-*' options with mount type '${draft.Type}'`);
  }
  if (draft.bind !== undefined && draft.Type !== "bind") {
    throw new MountError(`cannot mix 'bind-*' options with mount type '${draft.Type}'`);
  }
  if (draft.tmpfs !== undefined && draft.Type !== "tmpfs") {
    throw new MountError(`cannot mix 'tmpfs-*' options with mount type '${draft.Type}'`);
  }
  const propagation = draft.bind?.Propagation;
  if (propagation !== undefined && !PROPAGATIONS.includes(propagation)) {
    throw new MountError(`invalid propagation: ${propagation}`);
  }
}

function finish(draft: MountDraft): Mount {
  const { bind, volume, tmpfs, labels, driver, driverOptions, ...mount } = draft;
  const hasDriver = driver !== undefined || driverOptions !== undefined;
  const volumeOptions = {
    ...volume,
    ...(labels === undefined ? {} : { Labels: labels }),
    ...(hasDriver ? { DriverConfig: { Name: driver ?? "", Options: driverOptions ?? {} } } : {}),
  };
  return {
    ...mount,
    ...(bind === undefined ? {} : { BindOptions: bind }),
    ...(Object.keys(volumeOptions).length === 0 ? {} : { VolumeOptions: volumeOptions }),
    ...(tmpfs === undefined ? {} : { TmpfsOptions: tmpfs }),
  };
}
