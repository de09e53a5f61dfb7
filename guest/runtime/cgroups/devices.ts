/**
 * Which devices may be made, read and written: cgroup v2 has no file for that, but asks an eBPF program of type
 * BPF_PROG_TYPE_CGROUP_DEVICE at every mknod and open: bpf(2), Documentation/admin-guide/cgroup-v2.rst "Device
 * controller". A learner sees that root can make a node for the disk and still cannot open it.
 *
 * The program gets {access << 16 | type, major, minor} and returns 1 or 0. Rules are tried from the last to the first,
 * so the first that matches decides, and nothing matching is "no".
 */
import {
  BPF_DEVCG_ACC_MKNOD,
  BPF_DEVCG_ACC_READ,
  BPF_DEVCG_ACC_WRITE,
  BPF_DEVCG_DEV_BLOCK,
  BPF_DEVCG_DEV_CHAR,
  BPF_F_ALLOW_MULTI,
} from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import type { DeviceRule } from "../spec.ts";

/** What runc adds behind the rules of any specification: any node may be made, the harmless ones may be used. */
const ALWAYS: readonly DeviceRule[] = [
  { allow: true, type: "c", access: "m" },
  { allow: true, type: "b", access: "m" },
  { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 5, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 7, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 8, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 9, access: "rwm" },
  { allow: true, type: "c", major: 5, minor: 0, access: "rwm" },
  { allow: true, type: "c", major: 5, minor: 2, access: "rwm" },
  { allow: true, type: "c", major: 136, access: "rwm" },
];

const DENY_ALL: DeviceRule = { allow: false, access: "rwm" };

/** linux/bpf.h: class, size and source of each instruction that is needed. */
const LOAD_WORD = 0x61;
const MOVE_REGISTER = 0xbc;
const MOVE_NUMBER = 0xb4;
const AND_NUMBER = 0x54;
const SHIFT_RIGHT = 0x74;
const JUMP_NOT_EQUAL = 0x55;
const EXIT = 0x95;

/** Registers: r0 the answer, r1 the context, then what was read from it. */
const R0 = 0;
const R1 = 1;
const TYPE = 2;
const ACCESS = 3;
const MAJOR = 4;
const MINOR = 5;

interface Instruction {
  readonly code: number;
  readonly destination?: number;
  readonly source?: number;
  readonly offset?: number;
  readonly immediate?: number;
}

/** Struct bpf_insn, 8 bytes each. */
export function compileDeviceProgram(rules: readonly DeviceRule[]): Uint8Array {
  const program: Instruction[] = [
    { code: LOAD_WORD, destination: TYPE, source: R1, offset: 0 },
    { code: MOVE_REGISTER, destination: ACCESS, source: TYPE },
    { code: AND_NUMBER, destination: TYPE, immediate: 0xffff },
    { code: SHIFT_RIGHT, destination: ACCESS, immediate: 16 },
    { code: LOAD_WORD, destination: MAJOR, source: R1, offset: 4 },
    { code: LOAD_WORD, destination: MINOR, source: R1, offset: 8 },
  ];
  for (const rule of decisive([...rules, ...ALWAYS])) program.push(...compileRule(rule));
  return encode(program);
}

/** Programs that stay loaded: a container with Docker's own rules costs an attach, not a verification by the kernel. */
const kept = new WeakMap<Sys, Map<readonly DeviceRule[], number>>();

/** Loads the program of a list that many containers will share, and keeps it. */
export function keepDeviceProgram(sys: Sys, rules: readonly DeviceRule[]): void {
  const programs = kept.get(sys) ?? new Map();
  kept.set(sys, programs);
  if (!programs.has(rules)) programs.set(rules, sys.bpfLoadDeviceProgram(compileDeviceProgram(rules)));
}

/** `cgroup` is a descriptor of the cgroup's directory. The attachment itself keeps the program alive. */
export function attachDeviceRules(sys: Sys, cgroup: number, rules: readonly DeviceRule[]): void {
  const shared = kept.get(sys)?.get(rules);
  const program = shared ?? sys.bpfLoadDeviceProgram(compileDeviceProgram(rules));
  try {
    sys.bpfAttachDevice(cgroup, program, BPF_F_ALLOW_MULTI);
  } finally {
    if (shared === undefined) sys.close(program);
  }
}

/** Last rule first, up to one that matches everything: the kernel refuses a program with instructions behind that. */
function decisive(rules: readonly DeviceRule[]): readonly DeviceRule[] {
  const backwards = [DENY_ALL, ...rules].toReversed();
  return backwards.slice(0, backwards.findIndex(matchesAll) + 1);
}

function compileRule(rule: DeviceRule): readonly Instruction[] {
  const checks: Instruction[][] = [];
  if (rule.type === "b" || rule.type === "c") {
    const type = rule.type === "b" ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
    checks.push([{ code: JUMP_NOT_EQUAL, destination: TYPE, immediate: type }]);
  }
  const access = accessBits(rule.access ?? "rwm");
  if (access !== ALL_ACCESS) {
    // No rule answers for more than it names: (asked & named) must be all that is asked.
    checks.push([
      { code: MOVE_REGISTER, destination: R1, source: ACCESS },
      { code: AND_NUMBER, destination: R1, immediate: access },
      { code: JUMP_NOT_EQUAL | 0x08, destination: R1, source: ACCESS },
    ]);
  }
  if (isNumber(rule.major)) checks.push([{ code: JUMP_NOT_EQUAL, destination: MAJOR, immediate: rule.major }]);
  if (isNumber(rule.minor)) checks.push([{ code: JUMP_NOT_EQUAL, destination: MINOR, immediate: rule.minor }]);
  let code: Instruction[] = [...answer(rule.allow ? 1 : 0)];
  for (const check of checks.toReversed()) code = [...jumpOver(check, code.length), ...code];
  return code;
}

/** The last instruction of a check is its jump to behind the rule. */
function jumpOver(check: readonly Instruction[], distance: number): readonly Instruction[] {
  return check.map((instruction, at) => (at === check.length - 1 ? { ...instruction, offset: distance } : instruction));
}

function matchesAll({ type, access, major, minor }: DeviceRule): boolean {
  const anyType = type === undefined || type === "a";
  return anyType && accessBits(access ?? "rwm") === ALL_ACCESS && !isNumber(major) && !isNumber(minor);
}

/** -1 is an old spelling of "any". */
function isNumber(value: number | undefined): value is number {
  return value !== undefined && value >= 0;
}

const ALL_ACCESS = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;

function accessBits(access: string): number {
  let bits = 0;
  if (access.includes("m")) bits |= BPF_DEVCG_ACC_MKNOD;
  if (access.includes("r")) bits |= BPF_DEVCG_ACC_READ;
  if (access.includes("w")) bits |= BPF_DEVCG_ACC_WRITE;
  return bits;
}

function answer(value: number): readonly Instruction[] {
  return [{ code: MOVE_NUMBER, destination: R0, immediate: value }, { code: EXIT }];
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, destination = 0, source = 0, offset = 0, immediate = 0 }, at) => {
    view.setUint8(at * 8, code);
    view.setUint8(at * 8 + 1, (source << 4) | destination);
    view.setInt16(at * 8 + 2, offset, true);
    view.setInt32(at * 8 + 4, immediate, true);
  });
  return bytes;
}
