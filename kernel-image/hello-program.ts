/** A complete i386 Linux program, byte by byte: it writes a text to standard output and exits. No compiler, no libc. */

const BASE = 0x08048000;
const ELF_HEADER = 52;
const PROGRAM_HEADER = 32;
const ENTRY = ELF_HEADER + 2 * PROGRAM_HEADER;
const SYS_EXIT = 1;
const SYS_WRITE = 4;

export function helloProgram(text: string): Uint8Array {
  const message = Buffer.from(text);
  // The text lies behind the code, whose length does not depend on where that is.
  const codeLength = code(0, message.length).length;
  const program = code(BASE + ENTRY + codeLength, message.length);
  const size = ENTRY + program.length + message.length;
  return Buffer.concat([elfHeader(), loadSegment(size), stackSegment(), program, message]);
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

/** elf(5): ELF32, little endian, executable, i386. */
function elfHeader(): Buffer {
  const header = Buffer.alloc(ELF_HEADER);
  header.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(3, 18);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(BASE + ENTRY, 24);
  header.writeUInt32LE(ELF_HEADER, 28);
  header.writeUInt16LE(ELF_HEADER, 40);
  header.writeUInt16LE(PROGRAM_HEADER, 42);
  header.writeUInt16LE(2, 44);
  return header;
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
