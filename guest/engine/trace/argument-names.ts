/** Arguments of system calls in words: what the kernel's headers call the numbers. */

import { CAPABILITIES, O_RDWR, O_WRONLY, PR_CAP_AMBIENT } from "../../sys/constants.ts";
import type { TraceValue } from "../../sys/trace.ts";
import { CONSTANTS, type ConstantFamily } from "./constant-names.ts";

/** How a number reads. */
type Reading =
  /** Bits with names that begin so; `zero` is what none of them is called. */
  | { readonly kind: "flags"; readonly prefix: ConstantFamily; readonly zero?: string }
  | { readonly kind: "one"; readonly prefix: ConstantFamily }
  | { readonly kind: "octal" }
  /** Of capabilities(7): the number of one, or a set of bits as text. */
  | { readonly kind: "capabilities" }
  /** What the kernel is not told. */
  | { readonly kind: "none" };

const MODE: Reading = { kind: "octal" };
const CLONE: Reading = { kind: "flags", prefix: "CLONE_" };
const OPEN: Reading = { kind: "flags", prefix: "O_", zero: "O_RDONLY" };
const MOUNT_ATTR: Reading = { kind: "flags", prefix: "MOUNT_ATTR_" };
const AF: Reading = { kind: "one", prefix: "AF_" };
const SOCK: Reading = { kind: "flags", prefix: "SOCK_" };
const CAPABILITY: Reading = { kind: "capabilities" };
const DIRECTORY: Reading = { kind: "one", prefix: "AT_" };
const SIGNAL: Reading = { kind: "one", prefix: "SIG" };

/** By call and argument, as the trace names them; a field of an argument after another point. */
const READINGS: Readonly<Record<string, Reading>> = {
  "clone3.options.flags": CLONE,
  "clone3.options.role": { kind: "none" },
  "unshare.flags": CLONE,
  "setns.nstype": CLONE,
  "waitpid.options": { kind: "flags", prefix: "WNO" },
  "kill.signal": SIGNAL,
  "pidfd_send_signal.signal": SIGNAL,
  "prctl.option": { kind: "one", prefix: "PR_" },
  [`prctl.${PR_CAP_AMBIENT}.arg2`]: { kind: "one", prefix: "PR_CAP_AMBIENT_" },
  "prctl.capabilities": CAPABILITY,
  "capset.sets.effective": CAPABILITY,
  "capset.sets.permitted": CAPABILITY,
  "capset.sets.inheritable": CAPABILITY,
  "umask.mask": MODE,
  "umask.result": MODE,
  "stat.result.mode": MODE,
  "lstat.result.mode": MODE,
  "prlimit64.resource": { kind: "one", prefix: "RLIMIT_" },
  "setpriority.which": { kind: "one", prefix: "PRIO_" },
  "seccomp.flags": { kind: "flags", prefix: "SECCOMP_FILTER_FLAG_" },
  "bpf.flags": { kind: "flags", prefix: "BPF_F_" },
  "mount.flags": { kind: "flags", prefix: "MS_" },
  "umount2.flags": { kind: "flags", prefix: "MNT_" },
  "fsmount.attributes": MOUNT_ATTR,
  "move_mount.directory": DIRECTORY,
  "open_tree.directory": DIRECTORY,
  "mount_setattr.directory": DIRECTORY,
  "openat.directory": DIRECTORY,
  "openat2.directory": DIRECTORY,
  "open_tree.flags": { kind: "flags", prefix: "OPEN_TREE_" },
  "mount_setattr.flags": { kind: "flags", prefix: "AT_" },
  "mount_setattr.set": MOUNT_ATTR,
  "mount_setattr.clear": MOUNT_ATTR,
  "mount_setattr.propagation": { kind: "flags", prefix: "MS_" },
  "open.flags": OPEN,
  "open.mode": MODE,
  "openat.flags": OPEN,
  "openat.mode": MODE,
  "openat2.how.flags": OPEN,
  "openat2.how.mode": MODE,
  "openat2.how.resolve": { kind: "flags", prefix: "RESOLVE_" },
  "writeFile.options.mode": MODE,
  "mkdir.mode": MODE,
  "mkdirAll.mode": MODE,
  "mknod.mode": MODE,
  "chmod.mode": MODE,
  "splice.flags": { kind: "flags", prefix: "SPLICE_F_" },
  "socket.domain": AF,
  "socket.type": SOCK,
  "socketpair.domain": AF,
  "socketpair.type": SOCK,
  "shutdown.how": { kind: "one", prefix: "SHUT_" },
};

/** One text for each argument, as strace would show it. */
export function nameArguments(
  call: string,
  args: Readonly<Record<string, TraceValue>>,
): Readonly<Record<string, string>> {
  // What the second argument of prctl means depends on the first.
  const option = call === "prctl" ? args["option"] : undefined;
  const place = (name: string): string => (name === "arg2" ? `${call}.${option}.${name}` : `${call}.${name}`);
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, format(value, place(name))]));
}

export function format(value: TraceValue, place = ""): string {
  switch (typeof value) {
    case "string":
      return READINGS[place] === CAPABILITY ? formatCapabilities(BigInt(value)) : JSON.stringify(value);
    case "number":
      return formatNumber(value, READINGS[place]);
    case "boolean":
      return String(value);
  }
  if (value === null) return "NULL";
  if (isList(value)) return `[${value.map((each) => format(each, place)).join(", ")}]`;
  const entries = Object.entries(value).filter(([key]) => READINGS[`${place}.${key}`]?.kind !== "none");
  const [first] = entries;
  // What the trace keeps of bytes.
  if (entries.length === 1 && first?.[0] === "bytes") return `<${format(first[1])} bytes>`;
  return `{${entries.map(([key, field]) => `${key}=${format(field, `${place}.${key}`)}`).join(", ")}}`;
}

function isList(value: TraceValue): value is readonly TraceValue[] {
  return Array.isArray(value);
}

function formatNumber(value: number, reading: Reading | undefined): string {
  switch (reading?.kind) {
    case "octal":
      return `0${value.toString(8)}`;
    case "one":
      return nameOf(value, reading) ?? String(value);
    case "capabilities":
      return CAPABILITIES[value] ?? String(value);
    case "flags":
      return formatFlags(value, reading);
    case "none":
    case undefined:
      return String(value);
  }
}

function nameOf(value: number, { prefix }: Extract<Reading, { kind: "one" }>): string | undefined {
  return namesOf(prefix).find(({ bits }) => bits === value)?.name;
}

function formatCapabilities(set: bigint): string {
  const names = CAPABILITIES.filter((_, bit) => (set & (1n << BigInt(bit))) !== 0n);
  return names.length === 0 ? "0" : names.join("|");
}

/** Texts of flags that have been asked for: a few dozen, each many times. */
const flagTexts = new Map<string, string>();

function formatFlags(value: number, reading: Extract<Reading, { kind: "flags" }>): string {
  const key = `${reading.prefix}${value}`;
  const known = flagTexts.get(key);
  if (known !== undefined) return known;
  const text = spellFlags(value, reading);
  flagTexts.set(key, text);
  return text;
}

/** Those of several bits are looked for first: O_TMPFILE holds O_DIRECTORY. */
function spellFlags(value: number, { prefix, zero }: Extract<Reading, { kind: "flags" }>): string {
  const found: string[] = [];
  let rest = value >>> 0;
  for (const { name, bits } of namesOf(prefix)) {
    // Some flags of clone3 lie above what fits into 32 bits; the runtime leaves them to the C below.
    if (bits === 0 || bits > 0xffffffff || (rest & bits) >>> 0 !== bits >>> 0) continue;
    found.push(name);
    rest = (rest & ~bits) >>> 0;
  }
  const access = prefix === "O_" && (value & O_RDWR) === 0 && (value & O_WRONLY) === 0;
  const names = [...(access ? ["O_RDONLY"] : []), ...found.reverse()];
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names.length === 0 ? (zero ?? "0") : names.join("|");
}

interface NamedBits {
  readonly name: string;
  readonly bits: number;
}

const tables = new Map<ConstantFamily, readonly NamedBits[]>();

/** The largest first. */
function namesOf(family: ConstantFamily): readonly NamedBits[] {
  const known = tables.get(family);
  if (known !== undefined) return known;
  const names = Object.entries<number>(CONSTANTS[family]()).map(([name, bits]) => ({ name, bits }));
  names.sort((a, b) => (b.bits >>> 0) - (a.bits >>> 0));
  tables.set(family, names);
  return names;
}
