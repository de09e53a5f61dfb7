/** The beginning of every i386 program: elf(5). */

/** Where Linux programs are loaded by old custom. */
export const BASE = 0x08048000;
/** Bytes of the header, and of each program header that follows it. */
export const ELF_HEADER = 52;
export const PROGRAM_HEADER = 32;

/** ELF32, little endian, executable, i386. `entry` counts from the beginning of the file. */
export function elfHeader(entry: number, programHeaders: number): Buffer {
  const header = Buffer.alloc(ELF_HEADER);
  header.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(3, 18);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(BASE + entry, 24);
  header.writeUInt32LE(ELF_HEADER, 28);
  header.writeUInt16LE(ELF_HEADER, 40);
  header.writeUInt16LE(PROGRAM_HEADER, 42);
  header.writeUInt16LE(programHeaders, 44);
  return header;
}
