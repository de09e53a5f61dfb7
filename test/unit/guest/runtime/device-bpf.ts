/** An interpreter of the few eBPF instructions that a device program is made of (kernel/bpf/core.c). */
export interface DeviceQuestion {
  readonly type: "b" | "c";
  readonly major: number;
  readonly minor: number;
  /** Any of r, w, m. */
  readonly access: string;
}

/** True: the kernel lets it pass. */
export function runDeviceBpf(program: Uint8Array, question: DeviceQuestion): boolean {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const context = [
    (accessBits(question.access) << 16) | (question.type === "b" ? 1 : 2),
    question.major,
    question.minor,
  ];
  const registers = new Array<number>(11).fill(0);
  for (let at = 0; at * 8 < program.length; at += 1) {
    const code = view.getUint8(at * 8);
    const destination = view.getUint8(at * 8 + 1) & 0xf;
    const source = view.getUint8(at * 8 + 1) >> 4;
    const offset = view.getInt16(at * 8 + 2, true);
    const immediate = view.getInt32(at * 8 + 4, true);
    const value = registers[destination] ?? 0;
    switch (code) {
      case 0x61:
        if (source !== 1 || offset % 4 !== 0 || offset > 8) throw new Error(`load outside the context at ${at}`);
        registers[destination] = context[offset / 4] ?? 0;
        break;
      case 0xbc:
        registers[destination] = registers[source] ?? 0;
        break;
      case 0xb4:
        registers[destination] = immediate;
        break;
      case 0x54:
        registers[destination] = (value & immediate) >>> 0;
        break;
      case 0x74:
        registers[destination] = value >>> immediate;
        break;
      case 0x55:
        if (value !== immediate) at += offset;
        break;
      case 0x5d:
        if (value !== (registers[source] ?? 0)) at += offset;
        break;
      case 0x95:
        return registers[0] === 1;
      default:
        throw new Error(`unknown instruction ${code.toString(16)} at ${at}`);
    }
  }
  throw new Error("fell off the end of the program");
}

function accessBits(access: string): number {
  return (access.includes("m") ? 1 : 0) | (access.includes("r") ? 2 : 0) | (access.includes("w") ? 4 : 0);
}
