import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { DEFAULT_CAPABILITIES } from "../../../../guest/runtime/default-spec.ts";
import { compileSeccomp } from "../../../../guest/runtime/seccomp.ts";
import { defaultSeccomp } from "../../../../guest/runtime/seccomp-default.ts";
import type { Seccomp, SeccompRule } from "../../../../guest/runtime/spec.ts";
import { SYSCALL_NUMBER } from "../../../../guest/runtime/syscalls.ts";
import { runClassicBpf, traceClassicBpf } from "./classic-bpf.ts";

const ALLOW = 0x7fff0000;
const EPERM = 0x50001;
const ENOSYS = 0x50026;
const KILL_PROCESS = 0x80000000;

const numberOf = (name: string): number => {
  const number = SYSCALL_NUMBER[name];
  if (number === undefined) throw new Error(`no system call ${name}`);
  return number;
};

const profile = defaultSeccomp(DEFAULT_CAPABILITIES);
const { program } = compileSeccomp(profile);
/** Numbers above it are younger than the profile. */
const highest = Math.max(...(profile.syscalls ?? []).flatMap(({ names }) => names).map(numberOf));
const ask = (name: string, ...args: number[]): number =>
  runClassicBpf(program, { number: numberOf(name), arguments: args });

describe("the default profile as BPF", () => {
  test("every system call of the list gets the answer of the list", () => {
    const conditional = new Set(["socket", "personality", "clone", "clone3"]);
    const allowed = new Set(
      (profile.syscalls ?? [])
        .filter((rule) => !rule.args && rule.action === "SCMP_ACT_ALLOW")
        .flatMap((rule) => rule.names),
    );
    for (const name of Object.keys(SYSCALL_NUMBER)) {
      if (conditional.has(name)) continue;
      const denial = numberOf(name) > highest ? ENOSYS : EPERM;
      expect([name, ask(name)]).toEqual([name, allowed.has(name) ? ALLOW : denial]);
    }
  });

  test("what Docker forbids is forbidden", () => {
    for (const name of [
      "mount",
      "umount2",
      "unshare",
      "setns",
      "reboot",
      "kexec_load",
      "init_module",
      "bpf",
      "keyctl",
      "add_key",
      "clock_settime",
      "clock_settime64",
      "settimeofday",
      "stime",
      "swapon",
      "pivot_root",
    ]) {
      if (SYSCALL_NUMBER[name] !== undefined) expect([name, ask(name)]).toEqual([name, EPERM]);
    }
  });

  test("clone may make processes but no namespaces", () => {
    const SIGCHLD = 17;
    expect(ask("clone", SIGCHLD)).toBe(ALLOW);
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(ask("clone", flag | SIGCHLD)).toBe(EPERM);
    }
  });

  test("clone3 is said not to exist", () => {
    expect(ask("clone3")).toBe(ENOSYS);
  });

  test("a socket of any family but vsock may be opened", () => {
    expect(ask("socket", 2)).toBe(ALLOW);
    expect(ask("socket", 40)).toBe(EPERM);
    expect(ask("socket", 41)).toBe(ALLOW);
  });

  test("five personalities are harmless", () => {
    for (const value of [0, 8, 0x20000, 0x20008, 0xffffffff]) expect(ask("personality", value)).toBe(ALLOW);
    expect(ask("personality", 0x40000)).toBe(EPERM);
  });

  test("a number from the future does not exist", () => {
    for (const number of [highest + 1, 600, 0x7fffffff, 0xffffffff]) {
      expect(runClassicBpf(program, { number })).toBe(ENOSYS);
    }
  });

  test("another table of the CPU kills the process", () => {
    const AUDIT_ARCH_X86_64 = 0xc000003e;
    expect(runClassicBpf(program, { number: numberOf("read"), architecture: AUDIT_ARCH_X86_64 })).toBe(KILL_PROCESS);
  });

  test("is a search and no list: every answer is found within twenty instructions", () => {
    const steps = Object.values(SYSCALL_NUMBER).map((number) => traceClassicBpf(program, { number }).steps);
    expect(Math.max(...steps)).toBeLessThanOrEqual(20);
  });

  test("containers with the same capabilities share one program", () => {
    expect(defaultSeccomp([...DEFAULT_CAPABILITIES])).toBe(profile);
    expect(compileSeccomp(profile).program).toBe(program);
  });

  test("CAP_SYS_ADMIN brings mount, CAP_SYS_TIME the clock", () => {
    const powerful = compileSeccomp(defaultSeccomp([...DEFAULT_CAPABILITIES, "CAP_SYS_ADMIN", "CAP_SYS_TIME"])).program;
    for (const name of ["mount", "unshare", "setns", "clone", "clone3", "clock_settime64", "stime"]) {
      expect([name, runClassicBpf(powerful, { number: numberOf(name), arguments: [0x20000] })]).toEqual([name, ALLOW]);
    }
  });
});

describe("any profile as BPF", () => {
  test("means the same as reading its rules one by one", () => {
    const random = seeded(20260501);
    for (let round = 0; round < 60; round += 1) {
      const any = randomProfile(random);
      const compiled = compileSeccomp(any).program;
      for (let call = 0; call < 150; call += 1) {
        const number = Math.floor(random() * 480);
        const args = Array.from({ length: 6 }, () => Math.floor(random() * 6));
        expect(runClassicBpf(compiled, { number, arguments: args })).toBe(readRules(any, number, args));
      }
    }
  });

  test("an unknown flag is refused", () => {
    expect(() => compileSeccomp({ defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_MAGIC"] })).toThrow(
      'unknown seccomp flag "SECCOMP_FILTER_FLAG_MAGIC"',
    );
  });

  test("without rules everything gets the default answer", () => {
    const open = compileSeccomp({ defaultAction: "SCMP_ACT_LOG" }).program;
    expect(runClassicBpf(open, { number: 5 })).toBe(0x7ffc0000);
  });
});

const mobyFile = resolve(import.meta.dirname, "../../../../../shared/data/seccomp-default-26.1.json");
const mobyHint = existsSync(mobyFile) ? "" : " (skipped: ../shared/data/seccomp-default-26.1.json is not here)";

describe.skipIf(mobyHint !== "")(`moby's own file${mobyHint}`, () => {
  for (const capabilities of [
    DEFAULT_CAPABILITIES,
    [],
    ["CAP_SYS_ADMIN"],
    ["CAP_SYS_PTRACE", "CAP_BPF", "CAP_PERFMON"],
    ["CAP_SYS_MODULE", "CAP_SYS_TIME", "CAP_SYS_NICE", "CAP_SYSLOG", "CAP_SYS_RAWIO", "CAP_SYS_PACCT"],
    ["CAP_DAC_READ_SEARCH", "CAP_SYS_BOOT", "CAP_SYS_TTY_CONFIG", "CAP_SYS_CHROOT"],
  ]) {
    test(`says what ours says for ${capabilities.length === 0 ? "no capabilities" : capabilities.join(" ")}`, () => {
      const theirs = mobyProfile(JSON.parse(readFileSync(mobyFile, "utf8")) as MobyProfile, capabilities);
      const ours = defaultSeccomp(capabilities);
      for (let number = 0; number <= 462; number += 1) {
        for (const first of [0, 1, 8, 17, 40, 0x20000, 0x10000000, 0x7e020000, 0xffffffff]) {
          const call = { number, arguments: [first] };
          expect([number, first, runClassicBpf(compileSeccomp(ours).program, call)]).toEqual([
            number,
            first,
            runClassicBpf(compileSeccomp(theirs).program, call),
          ]);
        }
      }
    });
  }
});

interface MobyFilter {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
}
interface MobyProfile {
  readonly syscalls: readonly (SeccompRule & { readonly includes?: MobyFilter; readonly excludes?: MobyFilter })[];
}

/** As the daemon resolves it for i386 (moby's "x86"). */
function mobyProfile({ syscalls }: MobyProfile, capabilities: readonly string[]): Seccomp {
  const holds = (names: readonly string[] | undefined, have: readonly string[]): boolean =>
    (names ?? []).every((name) => have.includes(name));
  const applies = (rule: MobyProfile["syscalls"][number]): boolean =>
    holds(rule.includes?.caps, capabilities) &&
    (rule.includes?.arches ?? ["x86"]).includes("x86") &&
    !(rule.excludes?.caps ?? []).some((name) => capabilities.includes(name)) &&
    !(rule.excludes?.arches ?? []).includes("x86");
  return { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1, syscalls: syscalls.filter(applies) };
}

/** What a profile says, told as slowly as possible. */
function readRules(any: Seccomp, number: number, args: readonly number[]): number {
  const known = (any.syscalls ?? []).flatMap(({ names }) => names.map((name) => SYSCALL_NUMBER[name] ?? -1));
  const highest = Math.max(-1, ...known);
  if (number > highest && highest >= 0) return ENOSYS;
  const rules = (any.syscalls ?? []).filter(({ names }) => names.some((name) => SYSCALL_NUMBER[name] === number));
  const plain = rules.filter((rule) => (rule.args ?? []).length === 0).at(-1);
  const matching = plain ?? rules.find((rule) => (rule.args ?? []).every((arg) => compare(args[arg.index] ?? 0, arg)));
  return matching === undefined ? EPERM : actionNumber(matching);
}

function compare(
  value: number,
  { op, value: wanted, valueTwo = 0 }: NonNullable<SeccompRule["args"]>[number],
): boolean {
  switch (op) {
    case "SCMP_CMP_EQ":
      return value === wanted;
    case "SCMP_CMP_NE":
      return value !== wanted;
    case "SCMP_CMP_LT":
      return value < wanted;
    case "SCMP_CMP_LE":
      return value <= wanted;
    case "SCMP_CMP_GT":
      return value > wanted;
    case "SCMP_CMP_GE":
      return value >= wanted;
    case "SCMP_CMP_MASKED_EQ":
      return (value & wanted) === valueTwo;
  }
}

function actionNumber({ action, errnoRet }: SeccompRule): number {
  return action === "SCMP_ACT_ALLOW" ? ALLOW : 0x50000 | (errnoRet ?? 1);
}

function randomProfile(random: () => number): Seccomp {
  const names = Object.keys(SYSCALL_NUMBER);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const operators = ["EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ"].map((name) => `SCMP_CMP_${name}`);
  const rules = Array.from({ length: Math.floor(random() * 40) }, (): SeccompRule => {
    const indices = [...new Set(Array.from({ length: Math.floor(random() * 3) }, () => Math.floor(random() * 6)))];
    const args = indices.map((index) => ({
      index,
      value: Math.floor(random() * 6),
      valueTwo: Math.floor(random() * 3),
      op: pick(operators) as NonNullable<SeccompRule["args"]>[number]["op"],
    }));
    const action = random() < 0.7 ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO";
    return {
      names: Array.from({ length: 1 + Math.floor(random() * 12) }, () => pick(names)),
      action,
      errnoRet: 7,
      args,
    };
  });
  return { defaultAction: "SCMP_ACT_ERRNO", syscalls: rules };
}

/** mulberry32: the same profiles in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
