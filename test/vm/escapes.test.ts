import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

const NAME = "prisoner";

let vm: Vm;
/** The container's first process, as the machine numbers it. */
let pid = "";

beforeAll(async () => {
  vm = await bootVm();
  await vm.sh(`docker run -d --name ${NAME} --memory 32m --pids-limit 40 busybox sleep 100000`);
  pid = (await vm.sh(`docker inspect --format '{{.State.Pid}}' ${NAME}`)).trim();
});

afterAll(async () => {
  await vm.stop();
});

/** From inside, as the container's root. */
function inside(script: string, timeout = 100_000): ReturnType<Vm["run"]> {
  return vm.run(["docker", "exec", NAME, "sh", "-c", script], { timeout });
}

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
  ["swapping to a file", "dd if=/dev/zero of=/tmp/swap bs=4k count=16 2> /dev/null; swapon /tmp/swap", /not permitted/],
  [
    "tracing the machine's first process by its pid",
    `cat /proc/${"$"}((1 + 1))/root/etc/shadow; cat /proc/2/maps`,
    /No such file/,
  ],
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

  test("nothing below the paths that Docker holds read-only can be written", async () => {
    const paths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
    const files =
      `for p in ${paths.join(" ")}; do [ -e $p ] && find $p -type f -perm -200 2> /dev/null; done | ` +
      'while read f; do (: >> "$f") 2> /dev/null && echo "$f"; done; true';
    expect((await inside(files)).stdout).toBe("");
    const count = `find ${paths.join(" ")} -type f -perm -200 2> /dev/null | wc -l`;
    expect(Number((await inside(count)).stdout)).toBeGreaterThan(20);
    for (const path of paths) {
      const { stderr } = await inside(`mount -o remount,rw,bind ${path}`);
      expect(stderr).toMatch(/permission denied|not permitted/i);
    }
  });

  test("of all device numbers only the harmless ones can be opened", async () => {
    const tryAll =
      "mkdir -p /tmp/d; for t in b c; do for major in 1 2 4 5 7 8 9 10 11 29 89 108 136 180 226 229 240 250 254; do " +
      "for minor in 0 1 2 3 4 5 6 7 8 9 11 64 128 200 229 237; do mknod /tmp/d/x $t $major $minor 2> /dev/null && " +
      "(: < /tmp/d/x) 2> /dev/null && echo $t $major:$minor; rm -f /tmp/d/x; done; done; done; true";
    // Two thousand processes.
    const opened = (await inside(tryAll, 280_000)).stdout.trim().split("\n");
    const harmless = ["c 1:3", "c 1:5", "c 1:7", "c 1:8", "c 1:9"];
    // Docker's rules let through a terminal's numbers, too.
    expect(opened.filter((device) => !/^c (5:[012]|136:\d+)$/.test(device))).toEqual(harmless);
  }, 300_000);

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
