/** A complete i386 Linux program, byte by byte: it writes a text to standard output and exits. No compiler, no libc. */
import { BASE, ELF_HEADER, elfHeader, PROGRAM_HEADER } from "./elf.ts";

const ENTRY = ELF_HEADER + 2 * PROGRAM_HEADER;
const SYS_EXIT = 1;
const SYS_WRITE = 4;

export function helloProgram(text: string): Uint8Array {
  const message = Buffer.from(text);
  // The text lies behind the code, whose length does not depend on where that is.
  const codeLength = code(0, message.length).length;
  const program = code(BASE + ENTRY + codeLength, message.length);
  const size = ENTRY + program.length + message.length;
  return Buffer.concat([elfHeader(ENTRY, 2), loadSegment(size), stackSegment(), program, message]);
}

/** write(1, text, length); exit(0) */
function code(text: number, length: number): Buffer {
  return Buffer.concat([
    moveTo("eax", SYS_WRITE),
    moveTo("ebx", 1),
    moveTo("ecx", text),
    moveTo("edx", length),
    SYSTEM_CALL,
    moveTo("eax", SYS_EXIT),
    moveTo("ebx", 0),
    SYSTEM_CALL,
  ]);
}

const SYSTEM_CALL = Buffer.from([0xcd, 0x80]);
const REGISTERS = { eax: 0, ecx: 1, edx: 2, ebx: 3 } as const;

function moveTo(register: keyof typeof REGISTERS, value: number): Buffer {
  const instruction = Buffer.alloc(5);
  instruction.writeUInt8(0xb8 + REGISTERS[register]);
  instruction.writeUInt32LE(value, 1);
  return instruction;
}

/** PT_LOAD: the whole file, readable and executable. */
function loadSegment(size: number): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(BASE, 8);
  header.writeUInt32LE(BASE, 12);
  header.writeUInt32LE(size, 16);
  header.writeUInt32LE(size, 20);
  header.writeUInt32LE(5, 24);
  header.writeUInt32LE(0x1000, 28);
  return header;
}

/** PT_GNU_STACK: readable and writable, not executable. Without it the kernel warns and lets the stack be executed. */
function stackSegment(): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER);
  header.writeUInt32LE(0x6474e551, 0);
  header.writeUInt32LE(6, 24);
  return header;
}
