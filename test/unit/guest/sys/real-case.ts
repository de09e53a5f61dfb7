/** A promise that only a kernel can keep, and how one is held against it. */
import type { LinuxSys } from "../../../../guest/sys/linux.ts";
import { SysError } from "../../../../guest/sys/sys.ts";

export interface RealCase {
  readonly name: string;
  readonly run: (sys: LinuxSys, directory: string) => void;
}

export function equal(actual: unknown, expected: unknown): void {
  const show = (value: unknown): string =>
    value instanceof Uint8Array ? `bytes ${[...value].join(" ")}` : JSON.stringify(value);
  if (show(actual) !== show(expected)) throw new Error(`expected ${show(expected)}, got ${show(actual)}`);
}

export function refuses(code: string, action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (error instanceof SysError && error.code === code) return;
    throw error;
  }
  throw new Error(`expected ${code}, but it succeeded`);
}

/** What `child` answers in a process of its own, made with these CLONE_*. */
export function fromChild(sys: LinuxSys, flags: number, child: () => string): string {
  let answer = "";
  const pid = sys.vfork(
    () => {
      answer = child();
      return null;
    },
    { flags },
  );
  sys.waitpid(pid, 0);
  return answer;
}
