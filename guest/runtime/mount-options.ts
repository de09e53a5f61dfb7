/**
 * The words of mount(8) as the bits of mount(2) and mount_setattr(2). What is no word of the kernel's own is left to
 * the filesystem: size=64k is tmpfs's, newinstance is devpts's.
 */
import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_RELATIME,
  MOUNT_ATTR_STRICTATIME,
  MS_BIND,
  MS_DIRSYNC,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_SHARED,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_SYNCHRONOUS,
  MS_UNBINDABLE,
} from "../sys/constants.ts";

export interface MountOptions {
  /** MS_* of mount(2). */
  readonly flags: number;
  /** MOUNT_ATTR_* to set and to clear, for a bind that exists already as a mount elsewhere. */
  readonly set: number;
  readonly clear: number;
  /** The attributes hold for every mount below too (rro). */
  readonly recursive: boolean;
  /** MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for the r-forms; 0 is "as it comes". */
  readonly propagation: number;
  /** For the filesystem, or null. */
  readonly data: string | null;
}

type Word =
  | { readonly kind: "flag"; readonly set?: number; readonly clear?: number }
  | {
      readonly kind: "attribute";
      readonly ms: number;
      readonly attr: number;
      readonly on: boolean;
      readonly mask?: number;
    }
  | { readonly kind: "propagation"; readonly bits: number };

const on = (ms: number, attr: number, mask?: number): Word =>
  mask === undefined ? { kind: "attribute", ms, attr, on: true } : { kind: "attribute", ms, attr, on: true, mask };
const off = (ms: number, attr: number): Word => ({ kind: "attribute", ms, attr, on: false });

const WORDS: Readonly<Record<string, Word>> = {
  defaults: { kind: "flag" },
  bind: { kind: "flag", set: MS_BIND },
  rbind: { kind: "flag", set: MS_BIND | MS_REC },
  sync: { kind: "flag", set: MS_SYNCHRONOUS },
  async: { kind: "flag", clear: MS_SYNCHRONOUS },
  dirsync: { kind: "flag", set: MS_DIRSYNC },
  ro: on(MS_RDONLY, MOUNT_ATTR_RDONLY),
  rw: off(MS_RDONLY, MOUNT_ATTR_RDONLY),
  nosuid: on(MS_NOSUID, MOUNT_ATTR_NOSUID),
  suid: off(MS_NOSUID, MOUNT_ATTR_NOSUID),
  nodev: on(MS_NODEV, MOUNT_ATTR_NODEV),
  dev: off(MS_NODEV, MOUNT_ATTR_NODEV),
  noexec: on(MS_NOEXEC, MOUNT_ATTR_NOEXEC),
  exec: off(MS_NOEXEC, MOUNT_ATTR_NOEXEC),
  noatime: on(MS_NOATIME, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME),
  relatime: on(MS_RELATIME, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
  strictatime: on(MS_STRICTATIME, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME),
  nodiratime: on(MS_NODIRATIME, MOUNT_ATTR_NODIRATIME),
  diratime: off(MS_NODIRATIME, MOUNT_ATTR_NODIRATIME),
  nosymfollow: on(MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW),
  symfollow: off(MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW),
  private: { kind: "propagation", bits: MS_PRIVATE },
  rprivate: { kind: "propagation", bits: MS_PRIVATE | MS_REC },
  slave: { kind: "propagation", bits: MS_SLAVE },
  rslave: { kind: "propagation", bits: MS_SLAVE | MS_REC },
  shared: { kind: "propagation", bits: MS_SHARED },
  rshared: { kind: "propagation", bits: MS_SHARED | MS_REC },
  unbindable: { kind: "propagation", bits: MS_UNBINDABLE },
  runbindable: { kind: "propagation", bits: MS_UNBINDABLE | MS_REC },
};

/** rro, rnoexec …: the same attribute for the whole tree below a bind. */
const RECURSIVE = new Set(["rro", "rrw", "rnosuid", "rsuid", "rnodev", "rdev", "rnoexec", "rexec"]);

/** A word of mount(8), and none that only the filesystem knows. */
export function isMountWord(word: string): boolean {
  return Object.hasOwn(WORDS, word);
}

/** One result for one option list: the daemon parses the default mounts once and every container after that finds it. */
const parsed = new WeakMap<readonly string[], MountOptions>();
const NO_OPTIONS: readonly string[] = [];

export function parseMountOptions(options: readonly string[] = NO_OPTIONS): MountOptions {
  let result = parsed.get(options);
  if (result === undefined) {
    result = parse(options);
    parsed.set(options, result);
  }
  return result;
}

function parse(options: readonly string[]): MountOptions {
  let flags = 0;
  let set = 0;
  let clear = 0;
  let propagation = 0;
  let recursive = false;
  const data: string[] = [];
  for (const option of options) {
    const forTree = RECURSIVE.has(option);
    const word = WORDS[forTree ? option.slice(1) : option];
    recursive ||= forTree;
    if (word === undefined) data.push(option);
    else if (word.kind === "propagation") propagation = word.bits;
    else if (word.kind === "flag") flags = (flags | (word.set ?? 0)) & ~(word.clear ?? 0);
    else {
      flags = word.on ? flags | word.ms : flags & ~word.ms;
      set = word.on ? set | word.attr : set & ~word.attr;
      clear |= word.mask ?? (word.on ? 0 : word.attr);
    }
  }
  return { flags, set, clear, recursive, propagation, data: data.length === 0 ? null : data.join(",") };
}
