import { expect, test } from "vitest";
import { refuseSysctls } from "../../../../guest/runtime/sysctl.ts";

const OWN = { ipc: true, network: true };

test("what belongs to the container's own namespaces may be set", () => {
  expect(
    refuseSysctls(
      ["net.ipv4.ip_forward", "net/ipv4/conf/eth0.1/forwarding", "kernel.shmmax", "fs.mqueue.msg_max"],
      OWN,
    ),
  ).toBe(null);
});

test.each([
  ["net.ipv4.ip_forward", { ipc: true, network: false }, "not allowed in host network namespace"],
  ["kernel.shmmni", { ipc: false, network: true }, "is not allowed in the hosts ipc namespace"],
  ["fs.mqueue.msg_max", { ipc: false, network: true }, "is not allowed in the hosts ipc namespace"],
  ["vm.overcommit_memory", OWN, "is not in a separate kernel namespace"],
  ["kernel.panic", OWN, "is not in a separate kernel namespace"],
  ["net/../kernel/panic", OWN, "is not in a separate kernel namespace"],
  ["network.odd", OWN, "is not in a separate kernel namespace"],
])("%s of %j would be the machine's", (name, own, reason) => {
  expect(refuseSysctls([name], own)).toBe(`sysctl "${name}" ${reason}`);
});
