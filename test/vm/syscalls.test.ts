import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SYSCALL_NUMBER } from "../../guest/runtime/syscalls.ts";
import { DECIMAL, type RawCall, syscallProgram } from "../support/syscall-program.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const EPERM = -1;
const ESRCH = -3;
const ENOSYS = -38;

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});

afterAll(async () => {
  await vm.stop();
});

/** What the kernel answers to these calls, made in a container of its own. */
async function answers(calls: readonly RawCall[], options = ""): Promise<readonly number[]> {
  await vm.put(syscallProgram(calls), "/root/calls", { mode: 0o755 });
  const text = await vm.sh(`docker run --rm ${options} -v /root/calls:/calls:ro busybox sh -c '/calls | ${DECIMAL}'`);
  const numbers = text.trim().split(/\s+/).map(Number);
  expect(numbers).toHaveLength(calls.length);
  return numbers;
}

/** Names with what the kernel answered, for a readable complaint. */
async function answersByName(names: readonly string[], options = ""): Promise<Readonly<Record<string, number>>> {
  const calls = names.map((name) => ({ number: SYSCALL_NUMBER[name] ?? -1 }));
  const numbers = await answers(calls, options);
  return Object.fromEntries(names.map((name, index) => [name, numbers[index] ?? 0]));
}

interface Rule {
  readonly names: readonly string[];
  readonly action: string;
  readonly args?: readonly unknown[] | null;
  readonly includes?: { readonly caps?: readonly string[]; readonly arches?: readonly string[] };
}

const mobyFile = resolve(import.meta.dirname, "../../../shared/data/seccomp-default-26.1.json");
const hint = existsSync(mobyFile) ? "" : " (skipped: ../shared/data/seccomp-default-26.1.json is not here)";

/** Docker's fourteen, as far as the profile asks for them. */
const HELD = new Set(["CAP_SYS_CHROOT"]);

interface Forbidden {
  /** Those that no rule of Docker's profile lets through, whatever their arguments. */
  readonly names: readonly string[];
  /** Younger than the profile: they are said not to exist, so that programs fall back on older ones. */
  readonly young: readonly string[];
}

function forbiddenCalls(): Forbidden {
  const { syscalls } = JSON.parse(readFileSync(mobyFile, "utf8")) as { readonly syscalls: readonly Rule[] };
  const applies = ({ action, includes }: Rule): boolean =>
    action === "SCMP_ACT_ALLOW" &&
    (includes?.caps ?? []).every((name) => HELD.has(name)) &&
    (includes?.arches ?? ["x86"]).includes("x86");
  const allowed = new Set(syscalls.filter(applies).flatMap(({ names }) => names));
  const newest = Math.max(...syscalls.flatMap(({ names }) => names.map((name) => SYSCALL_NUMBER[name] ?? 0)));
  const forbidden = Object.entries(SYSCALL_NUMBER).filter(([name]) => !allowed.has(name) && name !== "clone3");
  return {
    names: forbidden.filter(([, number]) => number <= newest).map(([name]) => name),
    young: forbidden.filter(([, number]) => number > newest).map(([name]) => name),
  };
}

describe.skipIf(!existsSync(mobyFile))(`system calls that are not on Docker's list${hint}`, () => {
  test("are refused from inside, every one, with what Docker answers", async () => {
    const { names, young } = forbiddenCalls();
    expect(names.length).toBeGreaterThan(50);
    expect(names).toEqual(
      expect.arrayContaining(["kexec_load", "swapon", "init_module", "perf_event_open", "bpf", "reboot", "mount"]),
    );
    const found = await answersByName([...names, ...young, "clone3"]);
    const wrong = Object.entries(found).filter(([name, answer]) => answer !== (names.includes(name) ? EPERM : ENOSYS));
    expect(wrong).toEqual([]);
  });

  test("are refused by the filter: without it the kernel has other words", async () => {
    const some = ["keyctl", "kcmp", "process_madvise", "sysfs", "ustat", "mbind"];
    expect(forbiddenCalls().names).toEqual(expect.arrayContaining(some));
    const found = await answersByName(some, "--security-opt seccomp=unconfined");
    expect(Object.entries(found).filter(([, answer]) => answer === EPERM)).toEqual([]);
  });

  test("are refused to an exec and to another user just the same", async () => {
    const calls = forbiddenCalls().names.map((name) => ({ number: SYSCALL_NUMBER[name] ?? -1 }));
    await vm.put(syscallProgram(calls), "/root/calls", { mode: 0o755 });
    await vm.sh("docker run -d --name execs -v /root/calls:/calls:ro busybox sleep 1000");
    for (const user of ["0", "1000"]) {
      const text = await vm.sh(`docker exec -u ${user} execs sh -c '/calls | ${DECIMAL}'`);
      expect(new Set(text.trim().split(/\s+/))).toEqual(new Set([String(EPERM)]));
    }
    await vm.sh("docker rm -f execs");
  });
});

describe("with every capability, a call that would end or change the machine", () => {
  const CLONE_NEWUSER = 0x10000000;
  const call = (name: string, ...args: readonly number[]): RawCall => ({ number: SYSCALL_NUMBER[name] ?? -1, args });

  test("is possible only where Docker lets it", async () => {
    const calls = [call("kexec_load"), call("swapon"), call("swapoff"), call("keyctl"), call("unshare", CLONE_NEWUSER)];
    expect(await answers(calls)).toEqual([EPERM, EPERM, EPERM, EPERM, EPERM]);
    // CAP_SYS_ADMIN brings unshare, as in Docker; kexec, swap and keys stay shut whatever is held.
    const all = await answers(calls, "--cap-add ALL");
    expect(all.slice(0, 4)).toEqual([EPERM, EPERM, EPERM, EPERM]);
    expect(all[4]).toBe(0);
  });
});

describe("ptrace", () => {
  const PTRACE_ATTACH = 16;
  const PTRACE_TRACEME = 0;

  test("finds no process of the machine, also with the right to trace any", async () => {
    const engine = Number(await vm.sh("cat /run/docker.pid"));
    const number = SYSCALL_NUMBER["ptrace"] ?? -1;
    const calls = [
      { number, args: [PTRACE_ATTACH, engine] },
      { number, args: [PTRACE_ATTACH, 0x7fff] },
      { number, args: [PTRACE_TRACEME] },
    ];
    expect(await answers(calls, "--cap-add SYS_PTRACE")).toEqual([ESRCH, ESRCH, 0]);
    expect(await vm.sh("grep TracerPid /proc/$(cat /run/docker.pid)/status")).toBe("TracerPid:\t0\n");
  });
});

describe("raw system calls", () => {
  test("are refused one by one, by the filter or for want of a capability", async () => {
    await vm.put(new TextEncoder().encode(PROBE), "/root/probe.js");
    const text = await vm.sh(
      "docker run --rm -v /usr/bin/drydock:/probe:ro -v /root/probe.js:/probe.js:ro busybox /probe --script /probe.js",
    );
    const results = JSON.parse(text) as Readonly<Record<string, number>>;
    const EPERM = -1;
    for (const [name, result] of Object.entries(results)) expect([name, result]).toEqual([name, EPERM]);
    expect(Object.keys(results)).toHaveLength(12);
  });
});

/** Runs in the container on our own program, whose native module is as near to the kernel as a script can be. */
const PROBE = `
import * as native from "drydock:sys";
const answer = (call) => {
  const result = call();
  return Array.isArray(result) ? 0 : Number(result);
};
const program = new Uint8Array([0xb4, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);
const results = {
  keyctl: answer(() => native.joinSessionKeyring("mine")),
  bpf: answer(() => native.bpfLoadDeviceProgram(program)),
  clock_settime: answer(() => native.setClock(0n)),
  reboot: answer(() => native.reboot(0x01234567)),
  unshare_user: answer(() => native.unshare(0x10000000)),
  unshare_net: answer(() => native.unshare(0x40000000)),
  mount: answer(() => native.mount("none", "/tmp", "tmpfs", 0, null)),
  umount2: answer(() => native.umount("/proc", 2)),
  pivot_root: answer(() => native.pivotRoot("/", "/")),
  fsopen: answer(() => native.fsopen("tmpfs")),
  open_tree: answer(() => native.openTree(-100, "/", 1)),
  sethostname: answer(() => native.sethostname("other")),
};
print(JSON.stringify(results));
`;
