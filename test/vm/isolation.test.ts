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

/** Each is tried by the container's root, and must fail for the reason told. */
const ESCAPES: readonly (readonly [what: string, script: string, refusal: RegExp])[] = [
  ["mounting anything", "mount -t tmpfs none /mnt || mount -t tmpfs none /tmp", /permission denied|not permitted/i],
  ["mounting procfs anew", "mount -t proc proc /tmp", /permission denied|not permitted/i],
  ["remounting /sys writable", "mount -o remount,rw /sys", /permission denied|not permitted/i],
  [
    "opening a disk by a node of one's own",
    "mknod /tmp/disk b 8 0 && dd if=/tmp/disk of=/dev/null count=1",
    /not permitted/,
  ],
  ["opening the machine's memory", "mknod /tmp/mem c 1 1 && dd if=/tmp/mem of=/dev/null count=1", /not permitted/],
  ["opening the machine's console", "mknod /tmp/tty0 c 4 0 && cat /tmp/tty0", /not permitted/],
  ["writing a sysctl", "echo 1 > /proc/sys/kernel/panic", /Read-only file system/],
  [
    "pulling the emergency brake",
    "echo b > /proc/sysrq-trigger",
    /Read-only file system|nonexistent|Permission denied/,
  ],
  ["writing to /sys", "mkdir /sys/kernel/mine", /Read-only file system|not permitted/],
  ["raising its own limit", "echo max > /sys/fs/cgroup/pids.max", /Read-only file system/],
  ["making a cgroup", "mkdir /sys/fs/cgroup/mine", /Read-only file system/],
  ["rebooting the machine", "reboot -f", /not permitted/],
  ["a user namespace", "unshare -U true", /not permitted/],
  ["a mount namespace", "unshare -m true", /not permitted/],
  ["joining the machine's namespaces", "nsenter -t 1 -n true", /not permitted|Permission denied/],
  ["setting the clock", "date -s 2001-01-01; [ $(date +%Y) = 2001 ]", /not permitted/],
  ["loading a module, of which the kernel has none", "cat /proc/modules", /No such file/],
  ["changing its host name", "hostname other", /not permitted/],
  ["writing the kernel's log level", "dmesg -n 8", /not permitted/],
  ["renicing upwards", "nice -n -5 true", /Permission denied|not permitted/],
  ["bringing up an interface", "ip link add dummy0 type dummy", /not permitted/],
];

describe("from inside, there is no way out by", () => {
  for (const [what, script, refusal] of ESCAPES) {
    test(what, async () => {
      const result = await inside(script);
      expect(result.status, result.stdout).not.toBe(0);
      expect(result.stderr).toMatch(refusal);
    });
  }
});

describe("from inside", () => {
  test("no process of the machine can be seen or signalled", async () => {
    const seen = (await inside("ls /proc | grep '^[0-9]'")).stdout.trim().split("\n").map(Number);
    expect(seen.length).toBeLessThanOrEqual(5);
    expect(Math.max(...seen)).toBeLessThan(500);
    const kill = await inside(`kill -0 ${pid}`);
    expect(kill.status).not.toBe(0);
    expect(kill.stderr).toContain("No such process");
  });

  test("/proc/1/root is the container's own, and the machine's files are nowhere", async () => {
    const { stdout } = await inside(
      "cat /proc/1/root/etc/hostname; hostname; ls /usr/lib/drydock /var/lib/docker 2>&1; ls /proc/1/cwd/run/docker 2>&1",
    );
    const lines = stdout.trim().split("\n");
    expect(lines[0]).toBe(lines[1]);
    expect(lines.slice(2).every((line) => line.includes("No such file"))).toBe(true);
    expect(lines).toHaveLength(5);
  });

  test("masked files are empty and masked directories too", async () => {
    const masked = ["kcore", "keys", "timer_list", "sched_debug", "latency_stats"].map((name) => `/proc/${name}`);
    const { stdout } = await inside(
      `for f in ${masked.join(" ")}; do [ -e $f ] && head -c 10 $f | wc -c; done; for d in /proc/acpi /proc/scsi /sys/firmware; do [ -e $d ] && ls -A $d | wc -l; done; echo end`,
    );
    expect(
      stdout
        .trim()
        .split("\n")
        .filter((line) => line !== "0"),
    ).toEqual(["end"]);
  });

  test("there is no release_agent, and the cgroup root is the container's", async () => {
    const { stdout } = await inside(
      "find /sys/fs/cgroup -name 'release_agent'; cat /proc/self/cgroup; cat /sys/fs/cgroup/pids.max",
    );
    expect(stdout).toBe("0::/\n40\n");
  });

  test("/dev has the harmless nodes and no disk", async () => {
    const { stdout } = await inside("ls /dev");
    expect(stdout.trim().split("\n")).toEqual([
      "fd",
      "full",
      "mqueue",
      "null",
      "ptmx",
      "pts",
      "random",
      "shm",
      "stderr",
      "stdin",
      "stdout",
      "tty",
      "urandom",
      "zero",
    ]);
  });

  test("a program starts with three descriptors and none of ours", async () => {
    const list = "ls /proc/self/fd";
    // The fourth is the directory that ls itself reads.
    expect((await vm.sh(`docker run --rm busybox ${list}`)).trim().split(/\s+/)).toEqual(["0", "1", "2", "3"]);
    expect((await inside(list)).stdout.trim().split(/\s+/)).toEqual(["0", "1", "2", "3"]);
  });

  test("a working directory cannot be one of the machine's by a leaked descriptor", async () => {
    for (const fd of [3, 5, 7, 9]) {
      const result = await vm.run(`docker run --rm -w /proc/self/fd/${fd} busybox ls`);
      expect(result.status, `${result.stdout}${result.stderr}`).not.toBe(0);
      expect(result.stdout).toBe("");
    }
  });

  test("chroot leads deeper, never out", async () => {
    const { stdout } = await inside(
      "mkdir -p /tmp/deep && cp /bin/busybox /tmp/deep/ && chroot /tmp/deep /busybox ls /../../../..",
    );
    expect(stdout).toBe("busybox\n");
  });

  test("the reaper that --init puts there cannot be overwritten", async () => {
    await vm.sh("docker run -d --init --name reaped busybox sleep 100000");
    const { stdout } = await vm.run(
      "docker exec reaped sh -c 'cat /proc/1/comm; (echo x > /sbin/docker-init) 2>&1; (echo x > /proc/1/exe) 2>&1; true'",
    );
    await vm.sh("docker rm -f reaped");
    const [comm, file, link] = stdout.trim().split("\n");
    expect(comm).toBe("docker-init");
    expect(file).toMatch(/Read-only file system|Text file busy/);
    expect(link).toMatch(/Read-only file system|Text file busy/);
  });

  test("a hundred forks meet pids.max, and the machine goes on", async () => {
    const { stderr } = await inside("for i in $(seq 100); do sleep 3 & done; wait");
    expect(stderr).toMatch(/can't fork|Resource temporarily unavailable/);
    expect(await vm.sh("echo alive")).toBe("alive\n");
  });
});

/**
 * CVE-2019-5736: the program to be executed is a script whose interpreter is /proc/self/exe. At that moment this is still
 * the program that enters the container: the machine's. Root in the container runs it, and may try what it likes on it.
 */
describe("the machine's program, run from inside by way of /proc/self/exe,", () => {
  const REFUSED = [-26, -30]; // ETXTBSY, EROFS
  const file = "sha256sum /usr/bin/drydock; stat -c '%a %u %g %s %Y' /usr/bin/drydock";
  let before = "";

  beforeAll(async () => {
    await vm.put(new TextEncoder().encode(OVERWRITE), "/root/overwrite", { mode: 0o755 });
    // One of their own: the others are full of processes that a test has left running.
    await vm.sh("docker run -d --name entered -v /usr/bin/drydock:/probe:ro busybox sleep 1000");
    await vm.sh("docker exec -i entered sh -c 'cat > /tmp/overwrite; chmod 755 /tmp/overwrite' < /root/overwrite");
    before = await vm.sh(file);
  });
  afterAll(() => vm.run("docker rm -f entered tracer"));

  const attack = async (command: string): Promise<void> => {
    const { link, reads, attempts } = JSON.parse(await vm.sh(command)) as Overwrite;
    // So it was ours that ran and was attacked, and its file was in reach: not a copy, and not nothing.
    expect(link).toMatch(/\/drydock$/);
    expect(reads).toBe("\u007fELF");
    expect(Object.keys(attempts)).toHaveLength(8);
    for (const [name, result] of Object.entries(attempts))
      expect([name, REFUSED]).toEqual([name, expect.arrayContaining([result])]);
    expect(await vm.sh(file)).toBe(before);
    expect(await vm.sh("docker run --rm busybox echo fine")).toBe("fine\n");
  };

  test("cannot be changed by the first process", () =>
    attack("docker run --rm -v /root/overwrite:/overwrite:ro busybox /overwrite"));

  test("under --init it is the reaper, which runs nothing that it is given and cannot be changed either", async () => {
    const tools = "sha256sum /usr/bin/drydock-tools; stat -c '%a %u %g %s %Y' /usr/bin/drydock-tools";
    const untouched = await vm.sh(tools);
    const script = await vm.run([
      "docker",
      "run",
      "--rm",
      "--init",
      "-v",
      "/root/overwrite:/overwrite:ro",
      "busybox",
      "/overwrite",
    ]);
    expect(script).toMatchObject({ status: 127, stderr: "exe: there is no such program\n" });
    const tries = ["chmod 4777 /proc/1/exe", "chown 1:1 /proc/1/exe", "echo x >> /proc/1/exe"];
    for (const command of tries) {
      const { status, stderr } = await vm.run(["docker", "run", "--rm", "--init", "busybox", "sh", "-c", command]);
      expect([command, status]).toEqual([command, 1]);
      expect(stderr).toMatch(/Read-only file system|Text file busy/);
    }
    expect(await vm.sh(tools)).toBe(untouched);
  });

  test("cannot be changed by an exec", () => attack("docker exec entered /tmp/overwrite"));

  /** "found", as often as another process of the container sees our file behind /proc/PID/exe of one who is entering. */
  const watchEntering = async (container: string): Promise<string> => {
    // All of it is built into the shell: the moment is shorter than a fork.
    const watch =
      "while [ ! -e /tmp/enough ]; do for p in /proc/[0-9]*; do " +
      "if [ $p/exe -ef /probe ]; then echo x >> $p/exe; echo found; fi; done; done";
    await vm.run(["docker", "exec", "-d", container, "sh", "-c", `(${watch}) > /tmp/seen 2>&1`]);
    await vm.sh(
      `for i in $(seq 20); do docker exec ${container} true; done; docker exec ${container} touch /tmp/enough`,
    );
    return vm.sh(`docker exec ${container} cat /tmp/seen`);
  };

  test("is out of reach of another process while somebody is entering", async () => {
    expect(await watchEntering("entered")).toBe("");
    expect(await vm.sh(file)).toBe(before);
  });

  test("is found by one that may trace others, and cannot be changed by it either", async () => {
    await vm.sh("docker run -d --name tracer --cap-add SYS_PTRACE -v /usr/bin/drydock:/probe:ro busybox sleep 1000");
    const seen = await watchEntering("tracer");
    expect(seen).toContain("found");
    expect(await vm.sh(file)).toBe(before);
  });
});

interface Overwrite {
  readonly link: string;
  readonly reads: string;
  readonly attempts: Readonly<Record<string, number>>;
}

const OVERWRITE = `#!/proc/self/exe --script
import * as native from "drydock:sys";
const HERE = -100;
const self = "/proc/self/exe";
const fd = native.openat(HERE, self, 0, 0);
const attempts = {
  write: native.openat(HERE, self, 1, 0),
  truncate: native.openat(HERE, self, 513, 0),
  writeByDescriptor: native.openat(HERE, "/proc/self/fd/" + fd, 1, 0),
  writeFile: native.writeFile(self, "mine", 0o755, false),
  chmod: native.chmod(self, 0o4777),
  chown: native.chown(self, 1, 1),
  setxattr: native.setxattr(self, "user.mine", new Uint8Array([1])),
  utimens: native.utimens(self, 0n, 0n),
};
const reads = native.utf8Decode(native.read(fd, 4), 0, -1);
print(JSON.stringify({ link: native.readlink(self), reads, attempts }));
`;

describe("raw system calls", () => {
  test("are refused one by one, by the filter or for want of a capability", async () => {
    await vm.put(new TextEncoder().encode(PROBE), "/root/probe.js");
    const text = await vm.sh(
      "docker run --rm -v /usr/bin/drydock:/probe:ro -v /root/probe.js:/probe.js:ro busybox /probe --script /probe.js",
    );
    const results = JSON.parse(text) as Readonly<Record<string, number>>;
    const EPERM = -1;
    for (const [name, result] of Object.entries(results)) expect([name, result]).toEqual([name, EPERM]);
    expect(Object.keys(results)).toHaveLength(12);
  });
});

/** Runs in the container on our own program, whose native module is as near to the kernel as a script can be. */
const PROBE = `
import * as native from "drydock:sys";
const answer = (call) => {
  const result = call();
  return Array.isArray(result) ? 0 : Number(result);
};
const program = new Uint8Array([0xb4, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);
const results = {
  keyctl: answer(() => native.joinSessionKeyring("mine")),
  bpf: answer(() => native.bpfLoadDeviceProgram(program)),
  clock_settime: answer(() => native.setClock(0n)),
  reboot: answer(() => native.reboot(0x01234567)),
  unshare_user: answer(() => native.unshare(0x10000000)),
  unshare_net: answer(() => native.unshare(0x40000000)),
  mount: answer(() => native.mount("none", "/tmp", "tmpfs", 0, null)),
  umount2: answer(() => native.umount("/proc", 2)),
  pivot_root: answer(() => native.pivotRoot("/", "/")),
  fsopen: answer(() => native.fsopen("tmpfs")),
  open_tree: answer(() => native.openTree(-100, "/", 1)),
  sethostname: answer(() => native.sethostname("other")),
};
print(JSON.stringify(results));
`;

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
