/** Everything that containers could leave in the machine: mounts, namespaces, cgroups, processes, directories. */
import type { Vm } from "./vm.ts";

const TRACES = [
  "grep -c /var/lib/docker/overlay2 /proc/self/mountinfo",
  "grep -c /run/docker/netns /proc/self/mountinfo",
  "ls /run/docker/shim /run/docker/runtime /var/lib/docker/containers",
  "ls /var/lib/docker/overlay2 | wc -l",
  "ls -d /sys/fs/cgroup/docker/*/ 2>/dev/null | wc -l",
  "ls /run/docker/netns | wc -l",
  "ls -d /sys/class/net/veth* | wc -l",
  "ps -o args | grep -c '^docker-shim'",
].join("; ");

/** Two answers are equal when nothing was left in between. The spare network namespace is made again a moment after it was used. */
export async function tracesOf(vm: Vm): Promise<string> {
  await vm.run(
    "for i in $(seq 50); do [ $(ls /run/docker/netns | wc -l)$(ls -d /sys/class/net/veth* | wc -l) = 11 ] && exit; sleep 0.1; done",
  );
  return (await vm.run(TRACES)).stdout;
}
