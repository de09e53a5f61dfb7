import { type Sys, SysError } from "../sys/sys.ts";

/** No error when it is gone already. */
export function removeFile(sys: Sys, path: string): void {
  try {
    sys.unlink(path);
  } catch (error) {
    if (!(error instanceof SysError && error.code === "ENOENT")) throw error;
  }
}
