import { fetchRuntimes, installRuntime } from "../support/oci-runtime.ts";
import type { Vm } from "../support/vm.ts";

/** How to run Debian's crun on a bundle of ours in this guest, or why that cannot be. */
export type CrunCommand =
  | { readonly kind: "here"; readonly command: readonly string[] }
  | { readonly kind: "missing"; readonly reason: string };

const BUNDLE = "/root/bench-bundle";

/**
 * The bundle is that of a container which stays up meanwhile, so that its root filesystem is mounted; the program and the
 * cgroup are others. The network namespace is crun's to make, as each `docker run` has one of its own made, too.
 */
export async function installCrun(vm: Vm): Promise<CrunCommand> {
  const fetched = await fetchRuntimes();
  if (fetched.kind === "missing")
    return { kind: "missing", reason: `Debian's crun cannot be fetched: ${fetched.reason}` };
  await installRuntime(vm, fetched.folder, "crun");
  const id = (await vm.sh("docker run -d --name bench-bundle busybox sleep 100000")).trim();
  const spec = JSON.parse(await vm.sh(`cat /run/docker/runtime/${id}/config.json`));
  spec.process.args = ["echo", "hi"];
  spec.linux.cgroupsPath = "/docker/bench-crun";
  for (const namespace of spec.linux.namespaces) if (namespace.type === "network") delete namespace.path;
  await vm.put(new TextEncoder().encode(JSON.stringify(spec)), `${BUNDLE}/config.json`);
  return {
    kind: "here",
    command: ["crun", "--cgroup-manager=cgroupfs", "--root", "/run/crun", "run", "--bundle", BUNDLE, "bench"],
  };
}
