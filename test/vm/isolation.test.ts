import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

const NAME = "prisoner";
const CAPABILITIES = "00000000a80425fb";
/** A machine's own namespaces that a container shares, as in Docker: no user namespaces, no time namespaces. */
const SHARED = ["user", "time"];
const OWN = ["cgroup", "ipc", "mnt", "net", "pid", "uts"];

let vm: Vm;
/** The container's first process, as the machine numbers it. */
let pid = "";

beforeAll(async () => {
  vm = await bootVm();
  await vm.sh(
    `docker run -d --name ${NAME} --memory 32m --cpus 0.5 --pids-limit 40 --cpu-shares 512 busybox sleep 100000`,
  );
  pid = (await inspect()).State.Pid.toString();
});

afterAll(async () => {
  await vm.stop();
});

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Pid: number };
}

async function inspect(): Promise<Inspected> {
  const [container] = JSON.parse(await vm.sh(`docker inspect ${NAME}`)) as readonly Inspected[];
  if (container === undefined) throw new Error(`docker inspect ${NAME} printed an empty list`);
  return container;
}

/** From inside, as the container's root. */
function inside(script: string): ReturnType<Vm["run"]> {
  return vm.run(["docker", "exec", NAME, "sh", "-c", script]);
}

/** "Name:\tvalue" lines of /proc/PID/status. */
function statusOf(text: string): ReadonlyMap<string, string> {
  return new Map(text.split("\n").map((line) => [line.split(":")[0] ?? "", line.split(":")[1]?.trim() ?? ""]));
}

describe("seen from outside, a container", () => {
  test("has namespaces of its own, all that Docker gives", async () => {
    const links = async (who: string): Promise<ReadonlyMap<string, string>> => {
      const all = [...OWN, ...SHARED].join(" ");
      const text = await vm.sh(`for n in ${all}; do echo $n $(readlink /proc/${who}/ns/$n); done`);
      return new Map(
        text
          .trim()
          .split("\n")
          .map((line) => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""]),
      );
    };
    const machine = await links("1");
    const container = await links(pid);
    for (const name of OWN) {
      expect(container.get(name)).toMatch(/^\w+:\[\d+\]$/);
      expect([name, container.get(name)]).not.toEqual([name, machine.get(name)]);
    }
    for (const name of SHARED) expect([name, container.get(name)]).toEqual([name, machine.get(name)]);
  });

  test("sees no mount of the machine but its three files in /etc", async () => {
    const mounts = await mountsOf(pid);
    const machine = new Set(
      (await mountsOf("1")).filter(({ type }) => !["proc", "sysfs"].includes(type)).map(({ device }) => device),
    );
    const foreign = mounts.filter(({ device, point }) => machine.has(device) && point !== "/");
    expect(foreign.map(({ point }) => point).filter((point) => !point.startsWith("/etc/"))).toEqual(
      foreign.filter(({ type }) => type === "cgroup2").map(({ point }) => point),
    );
    expect(mounts[0]).toMatchObject({ point: "/", type: "overlay" });
    expect(mounts.filter(({ point }) => /^\/(var|run|usr)/.test(point))).toEqual([]);
  });

  test("hears of no mount that is made outside, and the machine of none inside", async () => {
    const before = (await mountsOf(pid)).length;
    await vm.sh("mkdir -p /tmp/later && mount -t tmpfs later /tmp/later");
    expect((await mountsOf(pid)).length).toBe(before);
    await vm.sh("umount /tmp/later");
  });

  test("has Docker's fourteen capabilities, a filter, and no more", async () => {
    const status = statusOf(await vm.sh(`cat /proc/${pid}/status`));
    expect(status.get("CapBnd")).toBe(CAPABILITIES);
    expect(status.get("CapEff")).toBe(CAPABILITIES);
    expect(status.get("CapPrm")).toBe(CAPABILITIES);
    expect(status.get("CapInh")).toBe("0000000000000000");
    expect(status.get("CapAmb")).toBe("0000000000000000");
    expect(status.get("NoNewPrivs")).toBe("0");
    expect(status.get("Seccomp")).toBe("2");
    expect(status.get("NSpid")?.split("\t").at(-1)).toBe("1");
  });

  test("stands in a cgroup that holds its limits and its processes", async () => {
    const cgroup = `/sys/fs/cgroup${(await vm.sh(`sed -n 's/^0:://p' /proc/${pid}/cgroup`)).trim()}`;
    const read = async (file: string): Promise<string> => (await vm.sh(`cat ${cgroup}/${file}`)).trim();
    expect(cgroup).toBe(`/sys/fs/cgroup/docker/${(await inspect()).Id}`);
    expect(await read("memory.max")).toBe(String(32 << 20));
    expect(await read("pids.max")).toBe("40");
    expect(await read("cpu.max")).toBe("50000 100000");
    expect(await read("cpu.weight")).toBe("20");
    expect(await read("cgroup.procs")).toContain(pid);
  });

  test("runs what is executed in it under the same rules", async () => {
    const status = statusOf((await inside("cat /proc/self/status")).stdout);
    expect([status.get("CapEff"), status.get("CapBnd"), status.get("Seccomp")]).toEqual([
      CAPABILITIES,
      CAPABILITIES,
      "2",
    ]);
    const links = "for p in 1 self; do readlink /proc/$p/ns/mnt; readlink /proc/$p/ns/pid; done";
    const [mnt1, pid1, mntSelf, pidSelf] = (await inside(links)).stdout.trim().split("\n");
    expect(mnt1).toMatch(/^mnt:/);
    expect([mntSelf, pidSelf]).toEqual([mnt1, pid1]);
  });
});

interface MountLine {
  readonly device: string;
  readonly point: string;
  readonly type: string;
}

async function mountsOf(who: string): Promise<readonly MountLine[]> {
  const text = await vm.sh(`cat /proc/${who}/mountinfo`);
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [, , device = "", , point = ""] = line.split(" ");
      const type = line.slice(line.indexOf(" - ") + 3).split(" ")[0] ?? "";
      return { device, point, type };
    });
}

describe("the options of docker run change the walls, and only as asked", () => {
  const status = async (options: string): Promise<ReadonlyMap<string, string>> =>
    statusOf(await vm.sh(`docker run --rm ${options} busybox cat /proc/self/status`));

  test("another user has no capabilities in force, within the same bounds", async () => {
    const seen = await status("--user 1000");
    expect([seen.get("CapEff"), seen.get("CapBnd")]).toEqual(["0000000000000000", CAPABILITIES]);
    expect(seen.get("Uid")).toBe("1000\t1000\t1000\t1000");
  });

  test("--security-opt no-new-privileges sets the bit", async () => {
    expect((await status("--security-opt no-new-privileges")).get("NoNewPrivs")).toBe("1");
  });

  test("--cap-drop ALL leaves none", async () => {
    expect((await status("--cap-drop ALL")).get("CapBnd")).toBe("0000000000000000");
  });

  test("--privileged has all of them and no filter", async () => {
    const seen = await status("--privileged");
    expect([seen.get("CapBnd"), seen.get("Seccomp")]).toEqual(["000001ffffffffff", "0"]);
  });

  test("--read-only is", async () => {
    const result = await vm.run("docker run --rm --read-only busybox touch /x");
    expect([result.status, result.stderr]).toEqual([1, "touch: /x: Read-only file system\n"]);
  });
});

describe("nothing is left behind", () => {
  test("by a container that ran", async () => {
    const before = await traces();
    await vm.sh("docker run --rm busybox true");
    expect(await traces()).toEqual(before);
  });

  test("by one whose program is not there", async () => {
    const before = await traces();
    const result = await vm.run("docker run --rm busybox nothing");
    expect(result.status).toBe(127);
    expect(await traces()).toEqual(before);
  });

  test("by one whose program may not be executed", async () => {
    const before = await traces();
    const result = await vm.run("docker run --rm busybox /etc/passwd");
    expect(result.status).toBe(126);
    expect(result.stderr).toContain('exec: "/etc/passwd": permission denied');
    expect(await traces()).toEqual(before);
  });

  /** What the kernel keeps: mounts, cgroups, shims, network namespaces, sockets. The engine makes a spare namespace a moment
   *  after it has given one away: only then is their number true. */
  async function traces(): Promise<readonly string[]> {
    const settled =
      "sleep 0.6; for i in $(seq 50); do [ $(ls /run/docker/netns | wc -l) -ge 2 ] && break; sleep 0.2; done";
    const counts = [
      "grep -c /var/lib/docker /proc/mounts",
      "ls -d /sys/fs/cgroup/docker/*/ | wc -l",
      "pidof docker-shim | wc -w",
      "ls /run/docker/netns | wc -l",
      "ls /run/docker/shim | wc -l",
    ];
    const text = await vm.sh(`${settled}; ${counts.join("; ")}`);
    return text.trim().split("\n");
  }
});
