/** Our own program as the machine sees it: what the monitor becomes docker-shim with, and what --init binds. */
import type { Sys } from "../sys/sys.ts";

const paths = new WeakMap<Sys, string>();

export function hostBinary(sys: Sys): string {
  // The engine is a fork of PID 1, whose program was in the initramfs and is gone; its copy has the same path.
  const path = paths.get(sys) ?? sys.readlink("/proc/self/exe").replace(/ \(deleted\)$/, "");
  paths.set(sys, path);
  return path;
}
