/** Debian's own OCI runtimes, crun and runc, for the guest: fetched through the build's private apt root, when there is a net. */
import { copyFileSync, existsSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DebianArchive } from "../../kernel-image/debian.ts";
import type { Vm } from "./vm.ts";

export type OciRuntime = "crun" | "runc";

/** Either a folder to put into the guest at /, or why there is none. */
export type FetchedRuntimes =
  | { readonly kind: "here"; readonly folder: string }
  | { readonly kind: "missing"; readonly reason: string };

const BUILD = resolve(import.meta.dirname, "../../build");
const PACKAGES = ["crun", "runc", "libc6", "libcap2", "libseccomp2", "libsystemd0", "libyajl2"];
const LIBRARIES = "lib/i386-linux-gnu";
/** Names in the guest, and where the packages have them. */
const FILES: Readonly<Record<string, string>> = {
  "usr/bin/crun": "usr/bin/crun",
  "usr/bin/runc": "usr/sbin/runc",
  "lib/ld-linux.so.2": `usr/${LIBRARIES}/ld-linux.so.2`,
  ...Object.fromEntries(
    ["libc.so.6", "libm.so.6", "libcap.so.2", "libseccomp.so.2", "libsystemd.so.0", "libyajl.so.2"].map((name) => [
      `${LIBRARIES}/${name}`,
      `usr/${LIBRARIES}/${name}`,
    ]),
  ),
};

export function fetchRuntimes(): FetchedRuntimes {
  const folder = join(BUILD, "oci-runtimes/guest");
  try {
    if (!existsSync(join(folder, "usr/bin/runc"))) fetchInto(folder);
    return { kind: "here", folder };
  } catch (error) {
    return { kind: "missing", reason: (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "" };
  }
}

/** Only what `runtime` needs goes over the pipe. */
export async function installRuntime(vm: Vm, folder: string, runtime: OciRuntime): Promise<void> {
  for (const path of Object.keys(FILES)) {
    const other = path.startsWith("usr/bin/") && path !== `usr/bin/${runtime}`;
    const there = (await vm.run(["test", "-e", `/${path}`])).status === 0;
    if (!other && !there) await vm.put(join(folder, path), `/${path}`);
  }
}

function fetchInto(folder: string): void {
  const debian = new DebianArchive(join(BUILD, "prebuilt/debian"));
  const unpacked = join(BUILD, "oci-runtimes/unpacked");
  for (const name of PACKAGES) debian.unpackPackage(debian.downloadPackage(`${name}:i386`), unpacked);
  for (const [to, from] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    copyFileSync(realpathSync(join(unpacked, from)), join(folder, to));
  }
}
