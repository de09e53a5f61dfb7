/**
 * A filter in front of every system call of the process: seccomp(2), "classic" BPF as in bpf(4). The kernel runs it on
 * struct seccomp_data (number, architecture, arguments) and does what it returns. A learner sees "Seccomp: 2" in
 * /proc/PID/status, and "Operation not permitted" where plain root would have been let through.
 *
 * The program is a binary search over ranges of numbers with the same answer, so a call costs about six comparisons
 * however long the list is. Answers stand once, at the end: the kernel translates every instruction at every start.
 * Only i386 is known here: a call through any other table of the CPU kills the process.
 */
import {
  AUDIT_ARCH_I386,
  SECCOMP_FILTER_FLAG_LOG,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW,
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
  SECCOMP_RET_KILL_THREAD,
  SECCOMP_RET_LOG,
  SECCOMP_RET_TRACE,
  SECCOMP_RET_TRAP,
} from "../sys/constants.ts";
import { RuntimeError } from "./runtime-error.ts";
import type { Seccomp, SeccompAction, SeccompArgument, SeccompRule } from "./spec.ts";
import { SYSCALL_NUMBER } from "./syscalls.ts";

export interface SeccompPlan {
  /** struct sock_filter, 8 bytes an instruction. */
  readonly program: Uint8Array;
  /** SECCOMP_FILTER_FLAG_* */
  readonly flags: number;
}

/** linux/bpf_common.h: class, size, source. */
const LOAD_WORD = 0x20;
const JUMP = 0x05;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_GREATER_OR_EQUAL = 0x35;
const AND = 0x54;
const RETURN = 0x06;

/** Offsets in struct seccomp_data. Arguments are 64 bits wide; a 32-bit process has only the low halves. */
const OFFSET_NUMBER = 0;
const OFFSET_ARCHITECTURE = 4;
const OFFSET_ARGUMENTS = 16;

/** How far a comparison jumps. */
const REACH = 255;

const EPERM = 1;
const ENOSYS = 38;

const FLAGS: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_FILTER_FLAG_LOG,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW,
};

interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** What happens to one number: at once, or after a look at the arguments. */
interface Verdict {
  /** When no alternative matches. */
  readonly action: number;
  readonly alternatives: readonly Alternative[];
}

interface Alternative {
  readonly arguments: readonly SeccompArgument[];
  readonly action: number;
}

/** From `first` up to the next range. */
interface Range {
  readonly first: number;
  readonly verdict: Verdict;
}

/** One program for one object: Docker's default profile is compiled once in the daemon, every container shares it. */
const compiled = new WeakMap<Seccomp, SeccompPlan>();

/** Throws RuntimeError for a profile that cannot be expressed. Names of other architectures are passed over. */
export function compileSeccomp(profile: Seccomp): SeccompPlan {
  let plan = compiled.get(profile);
  if (plan === undefined) {
    plan = { program: encode(generate(profile)), flags: flagsOf(profile) };
    compiled.set(profile, plan);
  }
  return plan;
}

function generate(profile: Seccomp): readonly Instruction[] {
  const ranges = rangesOf(profile);
  const actions = [...new Set(ranges.filter(isPlain).map(({ verdict }) => verdict.action))];
  return [
    load(OFFSET_ARCHITECTURE),
    { code: JUMP_EQUAL, jt: 1, jf: 0, k: AUDIT_ARCH_I386 },
    answer(SECCOMP_RET_KILL_PROCESS),
    load(OFFSET_NUMBER),
    ...search(ranges, { actions, between: 0 }),
    ...actions.map(answer),
  ];
}

/** Numbers 0 … highest of the profile, neighbours with one verdict joined, and what lies beyond. */
function rangesOf(profile: Seccomp): readonly Range[] {
  const fallback: Verdict = { action: actionOf(profile.defaultAction, profile.defaultErrnoRet), alternatives: [] };
  const verdicts = verdictsOf(profile, fallback.action);
  const ranges: Range[] = [{ first: 0, verdict: verdicts.get(0) ?? fallback }];
  let highest = -1;
  for (const number of verdicts.keys()) highest = Math.max(highest, number);
  for (let number = 1; number <= highest; number += 1) extend(ranges, number, verdicts.get(number) ?? fallback);
  if (highest >= 0) extend(ranges, highest + 1, beyond(profile, fallback));
  return ranges;
}

function extend(ranges: Range[], first: number, verdict: Verdict): void {
  const last = ranges[ranges.length - 1];
  if (last !== undefined && sameVerdict(last.verdict, verdict)) return;
  ranges.push({ first, verdict });
}

function sameVerdict(one: Verdict, other: Verdict): boolean {
  return one === other || (one.action === other.action && one.alternatives.length + other.alternatives.length === 0);
}

/** A number newer than the profile is "not there" and not "forbidden": libc then takes its older way (as runc does). */
function beyond(profile: Seccomp, fallback: Verdict): Verdict {
  const permissive = profile.defaultAction === "SCMP_ACT_ALLOW" || profile.defaultAction === "SCMP_ACT_LOG";
  return permissive ? fallback : { action: SECCOMP_RET_ERRNO | ENOSYS, alternatives: [] };
}

function verdictsOf(profile: Seccomp, fallback: number): ReadonlyMap<number, Verdict> {
  const verdicts = new Map<number, Verdict>();
  for (const rule of profile.syscalls ?? []) {
    const action = actionOf(rule.action, rule.errnoRet);
    const unconditional: Verdict = { action, alternatives: [] };
    for (const name of rule.names) {
      const number = SYSCALL_NUMBER[name];
      if (number === undefined) continue;
      const before = verdicts.get(number);
      if (isUnconditional(rule)) verdicts.set(number, unconditional);
      else if (before === undefined || before.alternatives.length > 0) {
        const alternatives = [...(before?.alternatives ?? []), ...alternativesOf(rule, action)];
        verdicts.set(number, { action: fallback, alternatives });
      }
    }
  }
  return verdicts;
}

function isUnconditional(rule: SeccompRule): boolean {
  return (rule.args ?? []).length === 0;
}

/** Different arguments must all match; several conditions on one argument are alternatives, as runc reads them. */
function alternativesOf(rule: SeccompRule, action: number): readonly Alternative[] {
  const args = rule.args ?? [];
  const indices = new Set(args.map(({ index }) => index));
  if (indices.size === args.length) return [{ arguments: args, action }];
  return args.map((argument) => ({ arguments: [argument], action }));
}

/** The answers that stand once, at the end of the program, and how many instructions lie before them. */
interface Ending {
  readonly actions: readonly number[];
  readonly between: number;
}

/**
 * Which half? One comparison a level. Gives nothing for a single answer that stands at the end. Jumps reach 255
 * instructions: an answer that is farther away stands here once more, and a longer left half is jumped over by a JUMP.
 */
function search(ranges: readonly Range[], ending: Ending): readonly Instruction[] {
  const only = ranges[0];
  if (only === undefined) return [];
  if (ranges.length === 1) return isPlain(only) ? [] : decide(only.verdict);
  const middle = ranges.length >> 1;
  const [first, second] = [ranges.slice(0, middle), ranges.slice(middle)];
  const right = near(second, sizeOf(first), ending);
  const left = near(first, right.length, { ...ending, between: ending.between + right.length });
  const jf = left.length > 0 ? 0 : right.length + distance(first, ending);
  const jt = left.length + (right.length > 0 ? 0 : distance(second, ending));
  const k = second[0]?.first ?? 0;
  return jt <= REACH
    ? [{ code: JUMP_GREATER_OR_EQUAL, jt, jf, k }, ...left, ...right]
    : [{ code: JUMP_GREATER_OR_EQUAL, jt: 0, jf: jf + 1, k }, jump(jt), ...left, ...right];
}

/** The search, or the answer itself where jumping over `before` more instructions would not reach it. */
function near(ranges: readonly Range[], before: number, ending: Ending): readonly Instruction[] {
  const code = search(ranges, ending);
  if (code.length > 0 || before + distance(ranges, ending) < REACH) return code;
  return [answer(ranges[0]?.verdict.action ?? SECCOMP_RET_KILL_PROCESS)];
}

/** From behind the half that is a single plain range to its answer. */
function distance([only]: readonly Range[], { actions, between }: Ending): number {
  return between + (only === undefined ? 0 : actions.indexOf(only.verdict.action));
}

/** The most instructions that the search may need. */
function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { verdict }) => sum + 2 + decide(verdict).length, 0);
}

function isPlain({ verdict }: Range): boolean {
  return verdict.alternatives.length === 0;
}

function decide({ action, alternatives }: Verdict): readonly Instruction[] {
  return [...alternatives.flatMap(tryAlternative), answer(action)];
}

/** Each condition that fails jumps behind this alternative's answer. Built from the end, where the distances are known. */
function tryAlternative(alternative: Alternative): readonly Instruction[] {
  let code: readonly Instruction[] = [answer(alternative.action)];
  for (const argument of alternative.arguments.toReversed()) code = [...compare(argument, code.length), ...code];
  return code;
}

/** Falls through when the condition holds, else jumps over `rest` instructions. */
function compare({ index, op, value, valueTwo }: SeccompArgument, rest: number): readonly Instruction[] {
  const argument = load(OFFSET_ARGUMENTS + 8 * index);
  const k = value >>> 0;
  switch (op) {
    case "SCMP_CMP_EQ":
      return [argument, { code: JUMP_EQUAL, jt: 0, jf: rest, k }];
    case "SCMP_CMP_NE":
      return [argument, { code: JUMP_EQUAL, jt: rest, jf: 0, k }];
    case "SCMP_CMP_GT":
      return [argument, { code: JUMP_GREATER, jt: 0, jf: rest, k }];
    case "SCMP_CMP_LE":
      return [argument, { code: JUMP_GREATER, jt: rest, jf: 0, k }];
    case "SCMP_CMP_GE":
      return [argument, { code: JUMP_GREATER_OR_EQUAL, jt: 0, jf: rest, k }];
    case "SCMP_CMP_LT":
      return [argument, { code: JUMP_GREATER_OR_EQUAL, jt: rest, jf: 0, k }];
    case "SCMP_CMP_MASKED_EQ":
      return [
        argument,
        { code: AND, jt: 0, jf: 0, k },
        { code: JUMP_EQUAL, jt: 0, jf: rest, k: (valueTwo ?? 0) >>> 0 },
      ];
  }
}

function actionOf(action: SeccompAction, errno: number | undefined): number {
  switch (action) {
    case "SCMP_ACT_ALLOW":
      return SECCOMP_RET_ALLOW;
    case "SCMP_ACT_ERRNO":
      return SECCOMP_RET_ERRNO | ((errno ?? EPERM) & 0xffff);
    case "SCMP_ACT_KILL":
    case "SCMP_ACT_KILL_THREAD":
      return SECCOMP_RET_KILL_THREAD;
    case "SCMP_ACT_KILL_PROCESS":
      return SECCOMP_RET_KILL_PROCESS;
    case "SCMP_ACT_TRAP":
      return SECCOMP_RET_TRAP;
    case "SCMP_ACT_TRACE":
      return SECCOMP_RET_TRACE | ((errno ?? EPERM) & 0xffff);
    case "SCMP_ACT_LOG":
      return SECCOMP_RET_LOG;
  }
}

function flagsOf(profile: Seccomp): number {
  let flags = 0;
  for (const name of profile.flags ?? []) {
    const flag = FLAGS[name];
    if (flag === undefined) throw invalid(`unknown seccomp flag "${name}"`);
    // Every thread of a process that has one thread: nothing to synchronise.
    if (flag !== SECCOMP_FILTER_FLAG_TSYNC) flags |= flag;
  }
  return flags;
}

function encode(instructions: readonly Instruction[]): Uint8Array {
  if (instructions.length > 4096) throw invalid(`seccomp profile needs ${instructions.length} instructions, 4096 fit`);
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, jt, jf, k }, at) => {
    view.setUint16(at * 8, code, true);
    view.setUint8(at * 8 + 2, jt);
    view.setUint8(at * 8 + 3, jf);
    view.setUint32(at * 8 + 4, k, true);
  });
  return bytes;
}

function load(offset: number): Instruction {
  return { code: LOAD_WORD, jt: 0, jf: 0, k: offset };
}

function jump(distance: number): Instruction {
  return { code: JUMP, jt: 0, jf: 0, k: distance };
}

function answer(action: number): Instruction {
  return { code: RETURN, jt: 0, jf: 0, k: action };
}

function invalid(reason: string): RuntimeError {
  return new RuntimeError({ stage: "spec", syscall: "", code: "EINVAL", path: null, reason });
}
