/**
 * A program that makes system calls and nothing else, for what no program of a container would do: it makes each call
 * once and writes what the kernel answered (negative: an errno) to standard output, 32 bits each. i386, no libc.
 */
import { BASE, ELF_HEADER, elfHeader, PROGRAM_HEADER } from "../../kernel-image/elf.ts";

export interface RawCall {
  readonly number: number;
  /** Up to six; 0 where there is none. */
  readonly args?: readonly number[];
}

const ENTRY = ELF_HEADER + PROGRAM_HEADER;
const SYS_EXIT = 1;
const SYS_WRITE = 4;
/** Of `mov REGISTER, imm32`, in the order in which the kernel takes arguments: ebx, ecx, edx, esi, edi, ebp. */
const MOVES = [0xbb, 0xb9, 0xba, 0xbe, 0xbf, 0xbd];
const MOVE_EAX = 0xb8;
const STORE_EAX = 0xa3;
const INT_80 = [0xcd, 0x80];

export function syscallProgram(calls: readonly RawCall[]): Uint8Array {
  // The answers lie behind the code, whose length does not depend on where that is.
  const size = ENTRY + code(calls, 0).length;
  const answers = BASE + size;
  return Buffer.concat([elfHeader(ENTRY, 1), segment(size, size + calls.length * 4), code(calls, answers)]);
}

/** The shell words that make its output readable: one decimal number a line. */
export const DECIMAL = "od -An -v -w4 -td4";

function code(calls: readonly RawCall[], answers: number): Buffer {
  const each = calls.map(({ number, args = [] }, index) => [
    ...makeCall(number, args),
    STORE_EAX,
    ...u32(answers + index * 4),
  ]);
  const last = [...makeCall(SYS_WRITE, [1, answers, calls.length * 4]), ...makeCall(SYS_EXIT, [0])];
  return Buffer.from([...each.flat(), ...last]);
}

function makeCall(number: number, args: readonly number[]): readonly number[] {
  const moves = MOVES.flatMap((move, index) => [move, ...u32(args[index] ?? 0)]);
  return [...moves, MOVE_EAX, ...u32(number), ...INT_80];
}

function u32(value: number): readonly number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
}

/** PT_LOAD: the whole file and the answers; readable, writable, executable. */
function segment(fileSize: number, memorySize: number): Buffer {
  const fields = [1, 0, BASE, BASE, fileSize, memorySize, 7, 0x1000];
  return Buffer.from(fields.flatMap(u32));
}
