/** What the kernel answered: a negative number is its no, and becomes a SysError here and nowhere else. */
import { errnoName } from "./errno.ts";
import { SysError } from "./sys.ts";

export function fail(syscall: string, result: number, path?: string): never {
  throw new SysError({ syscall, code: errnoName(-result), errno: -result, path });
}

export function check(syscall: string, result: number, path?: string): number {
  if (result < 0) fail(syscall, result, path);
  return result;
}

/** For calls whose answer is more than a number: a number is the errno then. */
export function value<T>(syscall: string, result: T | number, path?: string): T {
  if (typeof result === "number") fail(syscall, result, path);
  return result;
}
