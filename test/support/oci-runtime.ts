/** Debian's own OCI runtimes, crun and runc, for the guest. */
import { join } from "node:path";
import { type DebianFiles, type Fetched, fetchDebianFiles, guestPaths } from "./debian-files.ts";
import type { Vm } from "./vm.ts";

export type OciRuntime = "crun" | "runc";

const RUNTIMES: DebianFiles = {
  name: "oci-runtimes",
  packages: ["crun", "runc", "libc6", "libcap2", "libseccomp2", "libsystemd0", "libyajl2"],
  files: { "usr/bin/crun": "usr/bin/crun", "usr/bin/runc": "usr/sbin/runc" },
  libraries: ["libc.so.6", "libm.so.6", "libcap.so.2", "libseccomp.so.2", "libsystemd.so.0", "libyajl.so.2"],
};

export function fetchRuntimes(): Promise<Fetched> {
  return fetchDebianFiles(RUNTIMES);
}

/** Only what `runtime` needs goes over the pipe. */
export async function installRuntime(vm: Vm, folder: string, runtime: OciRuntime): Promise<void> {
  for (const path of guestPaths(RUNTIMES)) {
    const other = path.startsWith("usr/bin/") && path !== `usr/bin/${runtime}`;
    const there = (await vm.run(["test", "-e", `/${path}`])).status === 0;
    if (!other && !there) await vm.put(join(folder, path), `/${path}`);
  }
}
