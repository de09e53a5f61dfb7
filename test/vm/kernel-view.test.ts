import { afterAll, beforeAll, expect, test } from "vitest";
import type { KernelView } from "../../guest/api/contract/drydock.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const OPTIONS =
  "--memory 48m --cpus 0.5 --pids-limit 60 --cap-drop NET_RAW -v '/srv/a b:/data:ro' --user 1000:1000 --init";

let vm: Vm;
let view: KernelView;

beforeAll(async () => {
  vm = await bootVm();
  await vm.sh("mkdir -p '/srv/a b'");
  await vm.sh(`docker run -d --name seen ${OPTIONS} busybox sh -c 'sleep 1000 & httpd -f -p 8080'`);
  await vm.sh("for n in $(seq 100); do docker exec seen netstat -ltn | grep -q :8080 && break; sleep 0.1; done");
  view = await vm.engine.kernel("seen");
});

afterAll(async () => {
  await vm.stop();
});

const inside = (command: string): Promise<string> => vm.sh(`docker exec -u root seen ${command}`);

test("the namespaces are those of the first process, and the shared ones the machine's", async () => {
  for (const { type, inode, host, shared } of view.namespaces) {
    const links = await vm.sh(`readlink /proc/${view.pid}/ns/${type}; readlink /proc/1/ns/${type}`);
    expect(links.trim().split("\n")).toEqual([`${type}:[${inode}]`, `${type}:[${host}]`]);
    expect(shared).toBe(inode === host);
  }
  const shared = view.namespaces.filter((each) => each.shared).map(({ type }) => type);
  expect(shared).toEqual(["time", "user"]);
});

test("the mounts are what the container reads in its own mountinfo", async () => {
  const own = (await inside("cat /proc/1/mountinfo")).trim().split("\n");
  expect(view.mounts.map(({ id, point }) => `${id} ${point.replaceAll(" ", "\\040")}`)).toEqual(
    own.map((line) => `${line.split(" ")[0]} ${line.split(" ")[4]}`),
  );
  expect(view.mounts[0]).toMatchObject({ point: "/", type: "overlay", propagation: [] });
  expect(view.mounts.find(({ point }) => point === "/data")).toMatchObject({ root: "/srv/a b", type: "tmpfs" });
  expect(view.mounts.find(({ point }) => point === "/data")?.options).toContain("ro");
});

test("the cgroup is where its limits are, with the values of the moment", async () => {
  expect(view.cgroup.path).toBe(`/docker/${view.id}`);
  const { files } = view.cgroup;
  expect(files).toMatchObject({ "memory.max": "50331648", "pids.max": "60", "cpu.max": "50000 100000" });
  expect(Number(files["memory.current"])).toBeGreaterThan(0);
  expect(files["cpu.stat"]).toMatch(/^usage_usec \d+\n/);
  await vm.sh("docker pause seen");
  expect((await vm.engine.kernel("seen")).cgroup.files).toMatchObject({
    "cgroup.freeze": "1",
    "cgroup.events": "populated 1\nfrozen 1",
  });
  await vm.sh("docker unpause seen");
});

test("every process has both of its pids, and stands below its parent", async () => {
  const ps = (await inside("ps -o pid,ppid,args")).split("\n").slice(1);
  const own = ps
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , command]) => command !== "ps" && command !== undefined);
  expect(view.processes.map(({ inside: pid }) => String(pid)).sort()).toEqual(own.map(([pid]) => pid).sort());
  expect(view.processes[0]).toMatchObject({ pid: view.pid, inside: 1, depth: 0, uid: 1000 });
  for (const process of view.processes) {
    expect(await vm.sh(`cat /proc/${process.pid}/comm`)).toBe(`${process.name}\n`);
    const parent = view.processes.find(({ pid }) => pid === process.parent);
    if (parent !== undefined) expect(process.depth).toBe(parent.depth + 1);
  }
  expect(view.processes.map(({ command }) => command.join(" "))).toContain("sleep 1000");
});

test("the credentials are those of its status", async () => {
  const { capabilities, seccomp, noNewPrivileges, uidMap, gidMap } = view.credentials;
  const status = await vm.sh(`cat /proc/${view.pid}/status`);
  const mask = (names: readonly string[]): string => toMask(names).toString(16).padStart(16, "0");
  expect(status).toContain(`CapBnd:\t${mask(capabilities.bounding)}\n`);
  expect(status).toContain(`CapEff:\t${mask(capabilities.effective)}\n`);
  expect(capabilities.bounding).toHaveLength(13);
  expect(capabilities.bounding).not.toContain("CAP_NET_RAW");
  expect(capabilities.effective).toEqual([]);
  expect(seccomp).toEqual({ mode: "filter", filters: 1 });
  expect(noNewPrivileges).toBe(false);
  expect({ uidMap, gidMap }).toEqual({
    uidMap: [{ inside: 0, outside: 0, count: 4294967295 }],
    gidMap: [{ inside: 0, outside: 0, count: 4294967295 }],
  });
});

/** Numbers of capabilities(7), as far as Docker's default goes. */
const NUMBERS: Readonly<Record<string, number>> = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_FOWNER: 3,
  CAP_FSETID: 4,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_NET_BIND_SERVICE: 10,
  CAP_SYS_CHROOT: 18,
  CAP_MKNOD: 27,
  CAP_AUDIT_WRITE: 29,
  CAP_SETFCAP: 31,
};

function toMask(names: readonly string[]): bigint {
  return names.reduce((mask, name) => mask | (1n << BigInt(NUMBERS[name] ?? 63)), 0n);
}

test("links, addresses and routes are those that ip shows inside, and the listening port is there", async () => {
  const { links, routes, listening } = view.network;
  const shown = await inside("ip addr");
  const own = await inside("ip route");
  expect(links.map(({ name }) => name)).toEqual([...shown.matchAll(/^\d+: ([^:@]+)/gm)].map(([, name]) => name));
  const eth = links.find(({ name }) => name === "eth0");
  expect(eth).toMatchObject({ kind: "veth", up: true, mtu: 1500, master: null });
  expect(shown).toContain(`link/ether ${eth?.mac} `);
  expect(shown).toContain(`inet ${eth?.addresses[0]} `);
  expect(own).toContain(`default via ${routes.find(({ to }) => to === "default")?.via} dev eth0`);
  expect(routes.find(({ to }) => to !== "default")).toMatchObject({ to: "172.17.0.0/16", device: "eth0" });
  expect(listening).toEqual([{ protocol: "tcp", address: "0.0.0.0", port: 8080 }]);
});

test("the machine's own network is seen with --network host, and the engine stays in it", async () => {
  const before = await vm.sh("readlink /proc/$(cat /run/docker.pid)/ns/net");
  await vm.sh("docker run -d --name open --network host --pid host --privileged busybox sleep 1000");
  const open = await vm.engine.kernel("open");
  expect(open.namespaces.filter(({ shared }) => shared).map(({ type }) => type)).toContain("net");
  expect(open.network.links).toContainEqual(expect.objectContaining({ name: "docker0", kind: "bridge", up: true }));
  expect(open.network.links.some(({ kind, master }) => kind === "veth" && master !== null)).toBe(true);
  expect(open.processes).toMatchObject([{ pid: open.pid, inside: open.pid }]);
  expect(open.credentials.seccomp).toEqual({ mode: "disabled", filters: 0 });
  expect(open.credentials.capabilities.effective).toHaveLength(41);
  expect(await vm.sh("readlink /proc/$(cat /run/docker.pid)/ns/net")).toBe(before);
  await vm.sh("docker rm -f open");
});

test("one that does not run has nothing to show, and there must be one", async () => {
  await vm.sh("docker create --name still busybox true");
  await expect(vm.engine.kernel("still")).rejects.toMatchObject({
    kind: "conflict",
    message: expect.stringMatching(/^container \w{64} is not running$/),
  });
  await expect(vm.engine.kernel("nobody")).rejects.toMatchObject({
    kind: "notFound",
    message: "No such container: nobody",
  });
});

test("asking a hundred times leaves no descriptor and no process behind", async () => {
  // Threads of the kernel, which come and go, have no program.
  const engine = "/proc/$(cat /run/docker.pid)";
  const count = `echo $(ls ${engine}/fd | wc -l) $(ls ${engine}/task | wc -l) $(readlink /proc/[0-9]*/exe | wc -l)`;
  // The engine makes its spare network namespace a little after a start: two looks that see the same are after that.
  await vm.until(`one=$(${count}); sleep 0.5; [ "$one" = "$(${count})" ]`);
  const before = (await vm.sh(count)).trim();
  for (let round = 0; round < 100; round++) await vm.engine.kernel("seen");
  await vm.until(`[ "$(${count})" = "${before}" ]`);
});
