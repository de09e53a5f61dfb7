/** An interpreter of classic BPF as seccomp uses it (net/core/filter.c): what the kernel would answer to one call. */
export interface SeccompData {
  readonly number: number;
  readonly architecture?: number;
  readonly arguments?: readonly number[];
}

const I386 = 0x40000003;

export function runClassicBpf(program: Uint8Array, data: SeccompData): number {
  return traceClassicBpf(program, data).answer;
}

/** Also how many instructions it took. */
export function traceClassicBpf(
  program: Uint8Array,
  data: SeccompData,
): { readonly answer: number; readonly steps: number } {
  const words = packData(data);
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let accumulator = 0;
  let steps = 0;
  for (let at = 0; at * 8 < program.length; at += 1) {
    steps += 1;
    const code = view.getUint16(at * 8, true);
    const jt = view.getUint8(at * 8 + 2);
    const jf = view.getUint8(at * 8 + 3);
    const k = view.getUint32(at * 8 + 4, true);
    switch (code) {
      case 0x20:
        if (k % 4 !== 0 || k >= words.length * 4) throw new Error(`load outside seccomp_data at ${at}`);
        accumulator = words[k / 4] ?? 0;
        break;
      case 0x05:
        at += k;
        break;
      case 0x15:
        at += accumulator === k ? jt : jf;
        break;
      case 0x25:
        at += accumulator > k ? jt : jf;
        break;
      case 0x35:
        at += accumulator >= k ? jt : jf;
        break;
      case 0x54:
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x06:
        return { answer: k, steps };
      default:
        throw new Error(`unknown instruction ${code.toString(16)} at ${at}`);
    }
  }
  throw new Error("fell off the end of the program");
}

/** struct seccomp_data: number, architecture, instruction pointer (64 bits), six arguments (64 bits each). */
function packData({ number, architecture = I386, arguments: args = [] }: SeccompData): readonly number[] {
  const words = [number >>> 0, architecture, 0, 0];
  for (let index = 0; index < 6; index += 1) words.push((args[index] ?? 0) >>> 0, 0);
  return words;
}
