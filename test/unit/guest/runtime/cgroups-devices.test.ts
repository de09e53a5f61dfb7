import { describe, expect, test } from "vitest";
import { compileDeviceProgram } from "../../../../guest/runtime/cgroups/devices.ts";
import { DEFAULT_DEVICE_RULES, PRIVILEGED_DEVICE_RULES } from "../../../../guest/runtime/default-spec.ts";
import { type DeviceQuestion, runDeviceBpf } from "./device-bpf.ts";

const standard = compileDeviceProgram(DEFAULT_DEVICE_RULES);
const may = (program: Uint8Array, type: "b" | "c", major: number, minor: number, access: string): boolean =>
  runDeviceBpf(program, { type, major, minor, access });

describe("Docker's device rules", () => {
  test("null, zero, full, random, urandom, tty, console, ptmx and the ptys can be used", () => {
    const harmless = [
      [1, 3],
      [1, 5],
      [1, 7],
      [1, 8],
      [1, 9],
      [5, 0],
      [5, 1],
      [5, 2],
      [136, 0],
      [136, 77],
    ] as const;
    for (const [major, minor] of harmless) expect(may(standard, "c", major, minor, "rw")).toBe(true);
  });

  test("a node of any device can be made, and then not opened", () => {
    const disks: readonly DeviceQuestion[] = [
      { type: "b", major: 8, minor: 0, access: "m" },
      { type: "b", major: 254, minor: 0, access: "m" },
      { type: "c", major: 1, minor: 1, access: "m" },
    ];
    for (const disk of disks) {
      expect(runDeviceBpf(standard, disk)).toBe(true);
      for (const access of ["r", "w", "rw", "rm", "rwm"])
        expect(runDeviceBpf(standard, { ...disk, access })).toBe(false);
    }
  });

  test("memory, kernel log, fuse and tun stay shut", () => {
    for (const [major, minor] of [
      [1, 1],
      [1, 2],
      [1, 4],
      [1, 11],
      [10, 229],
      [10, 200],
      [4, 0],
    ] as const) {
      expect(may(standard, "c", major, minor, "r")).toBe(false);
    }
  });

  test("a block device does not pass for the character device of its number", () => {
    expect(may(standard, "b", 1, 3, "r")).toBe(false);
  });
});

describe("a device program", () => {
  test("lets privileged containers have everything", () => {
    const open = compileDeviceProgram(PRIVILEGED_DEVICE_RULES);
    expect(may(open, "b", 8, 0, "rwm")).toBe(true);
    expect(may(open, "c", 1, 1, "rw")).toBe(true);
  });

  test("denies without rules", () => {
    expect(may(compileDeviceProgram([]), "b", 8, 0, "r")).toBe(false);
  });

  test("takes the last rule that matches", () => {
    const program = compileDeviceProgram([
      { allow: true, type: "b", major: 8, access: "rwm" },
      { allow: false, type: "b", major: 8, minor: 1, access: "rw" },
    ]);
    expect(may(program, "b", 8, 0, "rw")).toBe(true);
    expect(may(program, "b", 8, 1, "r")).toBe(false);
  });

  test("gives no more access than a rule names", () => {
    const program = compileDeviceProgram([{ allow: true, type: "b", major: 8, minor: 0, access: "r" }]);
    expect(may(program, "b", 8, 0, "r")).toBe(true);
    expect(may(program, "b", 8, 0, "w")).toBe(false);
    expect(may(program, "b", 8, 0, "rw")).toBe(false);
  });

  test("has no instruction that cannot be reached", () => {
    // The kernel's verifier refuses one: everything behind an unconditional answer must be a jump's target.
    for (const rules of [DEFAULT_DEVICE_RULES, PRIVILEGED_DEVICE_RULES, []]) {
      const program = compileDeviceProgram(rules);
      expect(unreachable(program)).toEqual([]);
    }
  });
});

function unreachable(program: Uint8Array): readonly number[] {
  const view = new DataView(program.buffer);
  const reached = new Set<number>();
  const visit = [0];
  for (let at = visit.pop(); at !== undefined; at = visit.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    const code = view.getUint8(at * 8);
    if (code === 0x55 || code === 0x5d) visit.push(at + 1 + view.getInt16(at * 8 + 2, true));
    if (code !== 0x95) visit.push(at + 1);
  }
  return Array.from({ length: program.length / 8 }, (_, at) => at).filter((at) => !reached.has(at));
}
