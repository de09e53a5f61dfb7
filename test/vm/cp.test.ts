/** `docker cp` both ways, of what runs and what does not; and those who would like it to reach out of a container. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { packTar } from "../../kernel-image/tar.ts";
import type { TreeEntry } from "../../kernel-image/tree.ts";
import { bootVm, type RunResult, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq); rm -rf /src /dst /vol /outside /fill"));
afterAll(() => vm?.stop());

const RUNNING = "docker run -d --name web";
const SOURCE = "mkdir -p /src/sub && echo one > /src/one && echo two > /src/sub/two && ln -s one /src/link";

function refused(message: string): RunResult {
  return { stdout: "", stderr: `${message}\n`, status: 1 };
}

/** Names below a directory of the container, sorted. */
async function namesIn(container: string, path: string): Promise<string> {
  return vm.sh(`docker cp ${container}:${path} - | tar t | sort | tr '\n' ' '`);
}

/** What no copy may leave: processes, mounts, half a file. */
async function leftovers(): Promise<string> {
  return vm.sh("ps -o comm | grep -c '^dockerd'; grep -c overlay2 /proc/mounts; find / -xdev -name '.docker-cp-part'");
}

describe("docker cp", () => {
  test("copies a file, a directory and what is in a directory, as the manual's cases say", async () => {
    await vm.sh(`${SOURCE}; docker create --name web busybox`);
    const cases: readonly (readonly [string, string, string])[] = [
      ["/src/one", "/new", "/new"],
      ["/src/one", "/tmp", "/tmp/one"],
      ["/src/one", "/tmp/", "/tmp/one"],
      ["/src", "/made", "/made/sub/two"],
      ["/src", "/tmp", "/tmp/src/sub/two"],
      ["/src/", "/tmp", "/tmp/src/one"],
      ["/src/.", "/etc", "/etc/sub/two"],
      ["/src/.", "/also", "/also/sub/two"],
    ];
    for (const [from, to, there] of cases) {
      expect(await vm.run(`docker cp ${from} web:${to}`)).toEqual({ stdout: "", stderr: "", status: 0 });
      const wanted = there.endsWith("two") ? "two\n" : "one\n";
      expect([there, await vm.sh(`docker cp web:${there} - | tar xO`)]).toEqual([there, wanted]);
    }
    await vm.sh("docker cp web:/made /dst && docker cp web:/made /dst && docker cp web:/made/. /dst/flat");
    expect(await vm.sh("cd /dst && find . -type f | sort | tr '\n' ' '")).toBe(
      "./flat/one ./flat/sub/two ./made/one ./made/sub/two ./one ./sub/two ",
    );
    expect(await vm.sh("readlink /dst/link")).toBe("one\n");
  });

  test("refuses the manual's other cases in Docker's words", async () => {
    await vm.sh(`${SOURCE}; ${RUNNING} busybox sleep 1000`);
    const gone = "Error response from daemon: Could not find the file";
    expect(await vm.run("docker cp /src web:/etc/passwd")).toEqual(refused("cannot copy directory"));
    expect(await vm.run("docker cp /src/one web:/gone/")).toEqual(refused("no such directory"));
    expect(await vm.run("docker cp /src/one web:/no/such/file")).toEqual(refused(`${gone} /no/such in container web`));
    expect(await vm.run("docker cp web:/gone /dst")).toEqual(refused(`${gone} /gone in container web`));
    expect(await vm.run("docker cp web:/proc/cpuinfo /dst")).toEqual(refused(`${gone} /proc/cpuinfo in container web`));
    expect(await vm.run("docker cp /gone web:/")).toEqual(refused("lstat /gone: no such file or directory"));
    expect(await vm.run("docker cp web:/etc/passwd /no/such/dir/")).toEqual(
      refused('invalid output path: directory "/no/such" does not exist'),
    );
    expect(await vm.run("docker cp - web:/etc/passwd < /dev/null")).toEqual(
      refused('destination "web:/etc/passwd" must be a directory'),
    );
    expect(await vm.run("docker cp web:/etc other:/etc")).toEqual(
      refused("copying between containers is not supported"),
    );
    expect(await vm.run("docker cp /src nobody:/")).toEqual(
      refused("Error response from daemon: No such container: nobody"),
    );
    expect(await vm.run("docker cp web:/etc/passwd /dev/null")).toEqual(
      refused('invalid output path: "/dev/null" must be a directory or a regular file: got a device'),
    );
    // A directory is not put in a file's place by an archive either.
    expect(await vm.run("cd /src && mkdir passwd && tar c passwd | docker cp - web:/etc")).toEqual(
      refused('Error response from daemon: cannot overwrite non-directory "/etc/passwd" with directory "/etc"'),
    );
  });

  test("says what it copied when somebody watches, and with -q nothing", async () => {
    await vm.sh(`${SOURCE}; docker create --name web busybox`);
    const { stdout, stderr } = await vm.run("docker cp --quiet=false /src/one web:/tmp");
    expect({ stdout, stderr }).toEqual({ stdout: "", stderr: "Successfully copied 2.05kB to web:/tmp\n" });
    expect((await vm.run("docker cp -q=false web:/tmp/one /dst")).stderr).toBe("Successfully copied 2.05kB to /dst\n");
    const terminal = await vm.terminal();
    await terminal.type("docker cp web:/tmp/one /dst; docker cp -q web:/tmp/one /dst; echo over$((1 + 1))\r");
    await terminal.waitFor("over2");
    expect(terminal.text.match(/Successfully copied 2.05kB to \/dst/g)).toHaveLength(1);
    terminal.close();
  });

  test("follows links that are asked for: with -L the last one, on the way to a target all", async () => {
    await vm.sh(`${SOURCE}; docker create --name web busybox; docker cp /src web:/tmp; ln -s /src/sub /src/deep`);
    await vm.sh("docker cp -L web:/tmp/src/link /dst && docker cp -L /src/deep web:/copied");
    expect(await vm.sh("ls -l /dst | cut -c1; cat /dst")).toBe("-\none\n");
    expect(await namesIn("web", "/copied")).toBe("copied/ copied/two ");
    await vm.sh("ln -s tmp /src/short; docker cp /src/short web:/short; docker cp /src/one web:/short");
    expect(await vm.sh("docker cp web:/tmp/one - | tar xO")).toBe("one\n");
  });

  test("streams archives, compressed ones too, and large ones", async () => {
    await vm.sh(`${RUNNING} busybox sleep 1000; mkdir /src; head -c 3000000 /dev/urandom > /src/big`);
    await vm.sh("tar cz -C / src | docker cp - web:/tmp; docker cp web:/tmp/src/big /dst");
    expect(await vm.sh("cmp /src/big /dst && docker exec web sha256sum /tmp/src/big | cut -c1-64")).toBe(
      (await vm.sh("sha256sum /src/big")).slice(0, 65).replace(" ", "\n"),
    );
    expect(await vm.run("echo no archive | docker cp - web:/tmp")).toEqual(
      refused("Error response from daemon: unexpected EOF"),
    );
    expect(await vm.run("head -c 2000 /dev/urandom | docker cp - web:/tmp")).toEqual(
      refused("Error response from daemon: archive/tar: invalid tar header"),
    );
  });

  test("shows volumes and tmpfs of what runs, volumes of what does not", async () => {
    await vm.sh(`mkdir /vol; ${SOURCE}; ${RUNNING} -v /vol:/vol --tmpfs /scratch busybox sleep 1000`);
    await vm.sh("docker create --name idle -v /vol:/vol/deep busybox");
    await vm.sh(
      "docker cp /src/one web:/scratch; docker cp /src/one web:/vol/first; docker cp /src/one idle:/vol/deep",
    );
    expect(await vm.sh("docker exec web cat /scratch/one; ls /vol")).toBe("one\nfirst\none\n");
    expect(await namesIn("idle", "/vol")).toBe("vol/ vol/deep/ vol/deep/first vol/deep/one ");
    expect(await vm.sh("docker cp web:/etc/hosts - | tar xO | head -1")).toBe("127.0.0.1\tlocalhost\n");
    // What the kernel makes up is not files.
    expect(await vm.sh("docker cp web:/ - | tar t | grep -c '^/proc/.'; true")).toBe("0\n");
  });

  test("keeps owners and modes; -a makes everything the container's user's", async () => {
    await vm.sh(`${SOURCE}; chown 12:34 /src/one; chmod 4711 /src/one; docker create --name web -u 1000 busybox`);
    await vm.sh("docker cp /src/one web:/tmp/plain && docker cp -a /src/one web:/tmp/archive");
    expect(await vm.sh("docker cp web:/tmp - | tar tv | awk '{print $1, $2, $6}' | sort")).toMatch(
      /-rws--x--x 1000\/\S+ tmp\/archive\n-rws--x--x 12\/34 tmp\/plain/,
    );
    // Here everything is ours.
    await vm.sh("docker cp web:/tmp/plain /dst");
    expect(await vm.sh("stat -c '%u %a' /dst")).toBe("0 4711\n");
  });

  test("refuses to write where the container may not", async () => {
    await vm.sh(`mkdir /vol; ${SOURCE}; ${RUNNING} --read-only --tmpfs /scratch -v /vol:/vol:ro busybox sleep 1000`);
    const daemon = "Error response from daemon: ";
    expect(await vm.run("docker cp /src web:/tmp")).toEqual(refused(`${daemon}container rootfs is marked read-only`));
    expect(await vm.run("docker cp /src web:/vol")).toEqual(refused(`${daemon}mounted volume is marked read-only`));
    expect(await vm.run("docker cp /src/one web:/scratch")).toEqual({ stdout: "", stderr: "", status: 0 });
    expect(await vm.run("docker cp web:/etc/passwd /dst")).toEqual({ stdout: "", stderr: "", status: 0 });
  });

  test("finds no space: says so, leaves no half file, and the one that was there", async () => {
    await vm.sh(`${RUNNING} --tmpfs /scratch:size=64k busybox sleep 1000; mkdir /src; echo old > /src/old`);
    await vm.sh("docker cp /src/old web:/scratch/file; head -c 200000 /dev/zero > /src/file");
    for (const name of ["file", "other"]) {
      expect(await vm.run(`docker cp /src/file web:/scratch/${name}`)).toEqual(
        refused(`Error response from daemon: write /scratch/${name}: no space left on device`),
      );
    }
    expect(await vm.sh("docker exec web ls -a /scratch; docker exec web cat /scratch/file")).toBe(".\n..\nfile\nold\n");
    expect(await leftovers()).toBe("1\n1\n");
  });

  test("tells what it did to whoever listens, and a start waits for it", async () => {
    // The second that it begins in may be the last of the test before, whose container had this name too.
    await vm.sh("docker create --name web busybox true > /src1; date +%s > /src0");
    await vm.sh("docker cp web:/etc/passwd /dst; docker cp /dst web:/tmp");
    const slow =
      "(echo; sleep 2) | docker cp - web:/tmp & sleep 0.5; start=$(cut -d. -f1 /proc/uptime); docker start web";
    const waited = await vm.sh(`${slow} >/dev/null; echo $(($(cut -d. -f1 /proc/uptime) - start)); wait`);
    expect(Number(waited)).toBeGreaterThanOrEqual(1);
    expect(
      await vm.sh(
        "docker events --since $(cat /src0) --until $(($(date +%s) + 1)) --filter container=$(cat /src1) --filter event=archive-path --filter event=extract-to-dir --format '{{.Action}}'",
      ),
    ).toBe("archive-path\nextract-to-dir\n");
    expect(await leftovers()).toBe("1\n0\n");
  });

  test("ends with the engine, and leaves a container that starts", async () => {
    await vm.sh("docker create --name web busybox echo fine");
    await vm.run(
      "(sleep 2; true) | docker cp - web:/tmp & sleep 0.5; old=$(cat /run/docker.pid); kill -9 $old; " +
        'for i in $(seq 100); do [ "$(cat /run/docker.pid)" != "$old" ] && docker ps >/dev/null 2>&1 && break; sleep 0.1; done; wait',
    );
    expect(await vm.sh("docker start -a web")).toBe("fine\n");
    expect(await leftovers()).toBe("1\n0\n");
  });
});

/** Puts an archive of our own making into web:/in. */
async function putEntries(entries: readonly TreeEntry[]): Promise<RunResult> {
  await vm.put(packTar(entries), "/src/evil.tar");
  return vm.run("docker cp - web:/in < /src/evil.tar");
}

function file(path: string): TreeEntry {
  return { kind: "file", path, mode: 0o644, content: new TextEncoder().encode("x") };
}

function link(path: string, target: string): TreeEntry {
  return { kind: "symlink", path, target };
}

describe("an archive from a stranger", () => {
  const cases: readonly (readonly [string, TreeEntry, string])[] = [
    ["a name with ..", file("../../outside/x"), '"../../outside/x" is outside of "/in"'],
    ["a link that leads out", link("l", "../../outside"), 'invalid symlink "/in/l" -> "../../outside"'],
  ];

  test.each(cases)("%s is refused", async (_, entry, message) => {
    await vm.sh(`mkdir /outside; ${RUNNING} busybox sh -c 'mkdir /in; sleep 1000'`);
    await waitForIn();
    expect(await putEntries([entry])).toEqual(refused(`Error response from daemon: ${message}`));
    expect(await vm.sh("ls /outside")).toBe("");
  });

  test("an absolute name and an absolute link mean the container's own root", async () => {
    await vm.sh(`mkdir /outside; ${RUNNING} busybox sh -c 'mkdir /in /outside; sleep 1000'`);
    await waitForIn();
    const entries = [link("link", "/outside"), file("link/through"), file("/outside/absolute")];
    expect((await putEntries(entries)).status).toBe(0);
    expect(await vm.sh("ls /outside; docker exec web find /outside /in -type f | sort")).toBe(
      "/in/outside/absolute\n/outside/through\n",
    );
  });
});

async function waitForIn(): Promise<void> {
  await vm.sh("for i in $(seq 50); do docker exec web ls /in >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1");
}

describe("a container that plays with links while it is copied", () => {
  // CVE-2018-15664: the directory that was looked at is a link to the machine's a moment later.
  const SWAP =
    "mkdir -p /a/in /outside; while :; do mv /a/in /a/x; ln -s /outside /a/in; rm /a/in; mv /a/x /a/in; done";

  test("a copy into it never lands in the machine", async () => {
    await vm.sh(`mkdir /outside; ${SOURCE}; ${RUNNING} busybox sh -c '${SWAP}'`);
    await vm.run("for i in $(seq 25); do docker cp /src/one web:/a/in/mark$i; done");
    expect(await vm.sh("ls /outside")).toBe("");
    // It did land somewhere of the container's, most of the time.
    await vm.sh("docker stop -t 0 web");
    expect(Number(await vm.sh("docker cp web:/ - | tar t | grep -c mark"))).toBeGreaterThan(3);
  });

  test("a copy out of it never brings what is the machine's", async () => {
    await vm.sh(`mkdir /outside; echo secret > /outside/file; ${RUNNING} busybox sh -c 'echo own > /file; ${SWAP}'`);
    await vm.run(
      "for i in $(seq 25); do docker cp web:/a/in/file - | tar xO >> /dst; docker cp web:/a/in/. - >> /dst; done",
    );
    expect(await vm.sh("grep -c secret /dst; true")).toBe("0\n");
  });

  test("a volume whose source is swapped, and /proc as a way out, lead nowhere", async () => {
    await vm.sh(`${SOURCE}; mkdir /outside; ${RUNNING} --privileged busybox sh -c 'ln -s /proc/1/root /r; sleep 1000'`);
    await vm.sh("for i in $(seq 50); do docker exec web ls -d /r >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1");
    expect((await vm.run("docker cp /src/one web:/r/outside/")).status).toBe(1);
    expect((await vm.run("docker cp web:/r/etc/hostname -")).status).toBe(1);
    expect(await vm.sh("ls /outside")).toBe("");
  });

  test("a device of an archive is there and cannot be opened", async () => {
    await vm.sh(
      `${RUNNING} busybox sleep 1000; mkdir -p /src; mknod /src/memory c 1 1; docker cp /src/memory web:/tmp`,
    );
    expect(await vm.sh("docker exec web ls -l /tmp/memory | cut -c1")).toBe("c\n");
    const { stderr, status } = await vm.run("docker exec web head -c 1 /tmp/memory");
    expect({ status, denied: stderr.includes("Operation not permitted") }).toEqual({ status: 1, denied: true });
  });
});
