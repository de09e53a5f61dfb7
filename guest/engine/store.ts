import { type Sys, SysError } from "../sys/sys.ts";

/** Atomic JSON: a reader finds the old text or the new one, after any crash. Throws SysError (ENOSPC on a full disk). */
export function writeJson(sys: Sys, path: string, value: unknown): void {
  sys.writeFile(path, JSON.stringify(value), { atomic: true, mode: 0o600 });
}

/** null when the file is not there or is not JSON: in either case nobody had finished writing it. */
export function readJson(sys: Sys, path: string): unknown {
  let text: string;
  try {
    text = sys.readFile(path);
  } catch (error) {
    if (error instanceof SysError && (error.code === "ENOENT" || error.code === "ENOTDIR")) return null;
    throw error;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
