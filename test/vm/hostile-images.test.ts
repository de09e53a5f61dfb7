import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

/**
 * What an image or a former run of the container has put into its own root filesystem before the runtime mounts things
 * there: links that lead to the machine's files, if anybody follows them outside of the container's root.
 */
let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
  await vm.sh("mkdir -p /srv/data /root/prey && echo ours > /srv/data/file && echo prey > /root/prey/file");
});

beforeEach(() => vm.run("docker rm -f evil"));

afterAll(async () => {
  await vm.stop();
});

/** A container whose layer is prepared by `script`, with $ROOT as its writable layer; then it is started. */
async function startEvil(options: string, script: string, command = "true"): ReturnType<Vm["run"]> {
  const id = (await vm.sh(`docker create --name evil ${options} busybox ${command}`)).trim();
  await vm.sh(`ROOT=/var/lib/docker/overlay2/${id}/diff; ${script}`);
  return vm.run("docker start -a evil");
}

/** Everything of the machine that such a link could have reached. */
async function machine(): Promise<string> {
  return vm.sh(
    "ls -lR /root /srv/data /etc; sort /proc/1/mountinfo | grep -v -e /var/lib/docker -e /run/docker | cut -d' ' -f4-6; cat /proc/sys/kernel/hostname",
  );
}

/** Followed inside of the container's root, where "prey" is another directory; links of /proc that are none are not. */
const LINKS: readonly (readonly [what: string, target: string, outcome: RegExp])[] = [
  ["an absolute link", "/root/prey", /^ours\n$/],
  ["a link with more .. than there are directories", "../../../../../../../root/prey", /^ours\n$/],
  ["a link to what the container has not", "/root/nothing", /^ours\n$/],
  ["a link to nothing, by more .. than there are directories", "../../../../../root/none/at/all", /^ours\n$/],
  [
    "a link to the first process's root, in which there is nothing",
    "/proc/1/root/root/none",
    /too many levels of symbolic/,
  ],
  ["a link through the first process's root", "/proc/1/root/root/prey", /too many levels of symbolic links/],
  ["a link through a descriptor of the runtime", "/proc/self/fd/7", /too many levels of symbolic links/],
];

describe("a volume's target", () => {
  for (const [what, target, outcome] of LINKS) {
    test.each([
      ["below", "/link/deep"],
      ["at the end of", "/link"],
    ])(`%s ${what} never is the machine's`, async (_, point) => {
      const before = await machine();
      const script = `mkdir -p $ROOT/root/prey; ln -s ${target} $ROOT/link`;
      const { stdout, stderr } = await startEvil(`-v /srv/data:${point}`, script, `cat ${point}/file`);
      expect(stdout + stderr).toMatch(outcome);
      expect(await machine()).toBe(before);
    });
  }

  test("is never the machine's while another container turns it into a link and back (CVE-2021-30465)", async () => {
    const flip =
      "cd /v; while :; do mkdir d; rmdir d; ln -s /root/prey d; rm d; ln -s ../../../../root/prey d; rm d; done";
    await vm.sh(`mkdir -p /srv/shared && docker run -d --name flipper -v /srv/shared:/v busybox sh -c '${flip}'`);
    const before = await machine();
    const starts =
      "for n in $(seq 25); do docker run --rm -v /srv/shared:/v -v /srv/data:/v/d busybox " +
      "sh -c 'cat /v/d/file /root/prey/file; true' 2> /dev/null; done";
    const { stdout } = await vm.run(starts, { timeout: 120_000 });
    // Where it could be mounted it is our own; what the machine has under that name nobody ever sees.
    expect(new Set(stdout.split("\n").filter((line) => line !== ""))).toEqual(new Set(["ours"]));
    expect(await machine()).toBe(before);
    await vm.sh("docker rm -f flipper; rm -rf /srv/shared/d");
  });

  test("of a file that is a link is that file of the container's", async () => {
    const before = await machine();
    const { stdout } = await startEvil(
      "-v /srv/data/file:/link",
      "mkdir -p $ROOT/root/prey; echo own > $ROOT/root/prey/file; ln -s /root/prey/file $ROOT/link",
      "cat /root/prey/file",
    );
    expect(stdout).toBe("ours\n");
    expect(await machine()).toBe(before);
  });
});

describe("where the runtime mounts its own", () => {
  const paths = ["proc", "sys", "dev", "etc", "etc/hosts", "etc/resolv.conf"];

  test.each(paths)("/%s as a link to nothing is made where the link leads to in the container", async (path) => {
    const before = await machine();
    const parent = path.includes("/") ? `mkdir -p $ROOT/${path.split("/")[0]}; ` : "";
    const { stdout, stderr, status } = await startEvil(
      "",
      `${parent}ln -sfn /root/prey $ROOT/${path}`,
      "ls -d /root/prey",
    );
    expect(await machine()).toBe(before);
    if (path === "proc" || path === "sys") {
      // As runc: what is mounted there must be there.
      expect(stderr).toMatch(/filesystem "(proc|sysfs)" must be mounted on ordinary directory/);
      expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
    } else {
      expect({ stdout, stderr, status }).toEqual({ stdout: "/root/prey\n", stderr: "", status: 0 });
    }
  });

  test("what lies below /dev in an image is covered by the container's own /dev", async () => {
    const script = "mkdir -p $ROOT/dev; ln -s /root/prey $ROOT/dev/shm; ln -s /etc/shadow $ROOT/dev/null";
    const { stdout } = await startEvil("", script, "sh -c 'stat -c %F /dev/shm /dev/null'");
    expect(stdout).toBe("directory\ncharacter special file\n");
  });

  test("a volume may not cover /proc, by which the masks would mask nothing (CVE-2019-16884)", async () => {
    await vm.sh("mkdir -p /srv/fake/self/attr && echo x > /srv/fake/self/attr/exec");
    const { status, stdout } = await vm.run("docker run --rm -v /srv/fake:/proc busybox ls /proc");
    expect({ status, stdout }).toEqual({ status: expect.any(Number), stdout: "" });
    expect(status).not.toBe(0);
    const below = await vm.run("docker run --rm -v /srv/fake:/proc/sys busybox ls /proc/sys");
    expect(below.status).not.toBe(0);
    const through = await startEvil("-v /srv/fake:/link", "ln -s /proc $ROOT/link", "ls /proc");
    expect(through.status).not.toBe(0);
    expect(through.stdout).toBe("");
  });
});

describe("a working directory", () => {
  const descriptors = Array.from({ length: 30 }, (_, number) => number + 3);

  /** Finds the machine's files from wherever it is started, if that is outside of the container's root. */
  const LOOK = "ls -d root/prey var/lib/docker ../var/lib/docker ../../../../../../../../var/lib/docker";

  const FOUND_OUT = "outside of container mount namespace root -- possible container breakout detected";

  test("is never a directory of ours by way of a descriptor, of a run nor of an exec (CVE-2024-21626)", async () => {
    await vm.sh("docker run -d --name held busybox sleep 1000");
    const all = descriptors.map(
      (fd) =>
        `docker run --rm -w /proc/self/fd/${fd} busybox ${LOOK} 2>> /tmp/said; ` +
        `docker exec -w /proc/self/fd/${fd} held ${LOOK} 2>> /tmp/said`,
    );
    // One of them has to be the machine's, and found out; which number that has differs from one time to the next.
    let said = "";
    for (let round = 0; round < 5 && !said.includes(FOUND_OUT); round++) {
      const { stdout } = await vm.run(all.join("\n"), { timeout: 200_000 });
      // Docker itself sends the words of its runtime for an exec through the stream.
      const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("OCI runtime exec failed"));
      expect(lines).toEqual([]);
      said += stdout + (await vm.sh("cat /tmp/said"));
    }
    expect(said).toContain(FOUND_OUT);
    await vm.sh("docker rm -f held");
  }, 400_000);

  test("that is a link to such a descriptor is none either", async () => {
    const links = descriptors.map((fd) => `ln -s /proc/self/fd/${fd} $ROOT/w${fd}`).join("; ");
    for (const fd of [7, 8, 9, 13]) {
      await vm.run("docker rm -f evil");
      const { stdout, status } = await startEvil(`-w /w${fd}`, links, LOOK);
      expect(stdout).toBe("");
      expect(status).not.toBe(0);
    }
  });
});

describe("names", () => {
  const BAD = ["../evil", "/etc/evil", "..", ".", "a/../../b", "evil/../../x", "-evil", "évil", "a b", "a\\nb"];

  for (const name of BAD) {
    test(`a container cannot be called ${JSON.stringify(name)}`, async () => {
      const before = await vm.sh("ls -a /var/lib/docker /var/lib/docker/containers /run/docker /");
      await expect(vm.engine.createContainer({ Image: "busybox" }, { name })).rejects.toMatchObject({
        kind: "invalid",
        message: expect.stringContaining("Invalid container name"),
      });
      expect(await vm.sh("ls -a /var/lib/docker /var/lib/docker/containers /run/docker /")).toBe(before);
    });
  }

  test("of labels, hosts and environment are text and nothing else", async () => {
    const odd = "../../../root/prey";
    const { Id: id } = await vm.engine.createContainer(
      { Image: "busybox", Cmd: ["true"], Labels: { [odd]: odd }, Env: [`A=${odd}`] },
      { name: "evil" },
    );
    expect((await vm.engine.inspectContainer(id)).Config.Labels).toEqual({ [odd]: odd });
    expect((await vm.run("docker start -a evil")).status).toBe(0);
    expect(await vm.sh("ls /root/prey")).toBe("file\n");
  });

  test("of other containers are looked up, never opened", async () => {
    for (const name of ["../../containers", "..%2f..%2f", "%2e%2e"]) {
      await expect(vm.engine.inspectContainer(name)).rejects.toMatchObject({ kind: "notFound" });
      await expect(vm.engine.startContainer(name)).rejects.toMatchObject({ kind: "notFound" });
    }
  });
});
