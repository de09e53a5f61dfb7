/** What can be asked about a container and its files in the real machine: top, diff, port, prune, export. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestTerminal } from "../support/test-terminal.ts";
import { bootVm, type RunResult, type Vm } from "../support/vm.ts";
import { hasSwagger, problemsOf } from "../unit/guest/api/swagger.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

function docker(line: string): Promise<RunResult> {
  return vm.run(`docker ${line}`);
}

function printed(stdout: string): RunResult {
  return { stdout, stderr: "", status: 0 };
}

function refused(stderr: string): RunResult {
  return { stdout: "", stderr, status: 1 };
}

describe("docker top", () => {
  test("shows every process of the container and no other, as the machine sees them", async () => {
    await vm.sh("docker run -d --name web busybox sh -c 'sleep 1000 & exec sleep 2000'");
    await vm.sh("docker exec -d -u 65534 web sleep 3000");
    const pid = (await vm.sh("docker inspect -f '{{.State.Pid}}' web")).trim();
    const { stdout } = await docker("top web");
    const [heading = "", ...rows] = stdout.trimEnd().split("\n");
    expect(heading.split(/ +/)).toEqual(["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]);
    const words = rows.map((row) => row.split(/ {2,}/));
    expect(words.map((row) => row.at(-1)).sort()).toEqual(["sleep 1000", "sleep 2000", "sleep 3000"]);
    expect(words.find((row) => row.at(-1) === "sleep 2000")?.slice(0, 2)).toEqual(["root", pid]);
    expect(words.find((row) => row.at(-1) === "sleep 1000")?.[2]).toBe(pid);
    expect(words.find((row) => row.at(-1) === "sleep 3000")?.[0]).toBe("nobody");
    for (const row of words) expect(row.slice(4).join(" ")).toMatch(/^\d\d:\d\d \? \d\d:\d\d:\d\d sleep \d000$/);
  });

  test("has the columns that ps was asked for", async () => {
    await vm.sh("docker run -dt --name web busybox sleep 1000");
    expect((await docker("container top web -o pid,tty,stat,comm")).stdout).toMatch(
      /^PID {17}TT {18}STAT {16}COMMAND\n\d+ +pts\/0 +Ss\+ +sleep\n$/,
    );
    expect((await docker("top web aux")).stdout).toMatch(
      /^USER +PID +%CPU [\s\S]*\nroot +\d+ +\d+\.\d .* sleep 1000\n$/,
    );
  });

  test("refuses what does not run, and is an event otherwise", async () => {
    const id = (await vm.sh("docker create --name web busybox sleep 1000")).trim();
    expect(await docker("top web")).toEqual(refused(`Error response from daemon: container ${id} is not running\n`));
    await vm.sh("docker start web && docker top web");
    expect(await vm.sh("docker events --since 1 --until $(date +%s).9 --filter event=top")).toContain("container top");
  });
});

describe("docker diff", () => {
  test("tells what was added, changed and removed, also while it runs", async () => {
    const script = [
      "echo x > /etc/new",
      "echo more >> /etc/passwd",
      "rm /etc/group",
      "mkdir -p /srv/a",
      "touch /srv/a/b",
      "rm -r /www",
      "mkdir /www",
      "touch /www/mine",
      "chmod 700 /tmp",
      "echo done",
      "exec sleep 1000",
    ];
    await vm.sh(`docker run -d --name web busybox sh -c '${script.join("; ")}'`);
    await expect.poll(() => vm.sh("docker logs web"), { timeout: 10_000 }).toContain("done");
    const running = await docker("diff web");
    const lines = running.stdout.split("\n");
    for (const line of ["C /etc", "A /etc/new", "C /etc/passwd", "D /etc/group", "A /srv/a/b", "C /tmp"]) {
      expect(lines).toContain(line);
    }
    expect(lines.indexOf("C /etc")).toBeLessThan(lines.indexOf("A /etc/new"));
    expect(running.stdout).not.toMatch(/hosts|resolv|dockerenv|proc|sys\b|\/dev/);
    await vm.sh("docker stop -t 0 web");
    expect(await docker("container diff web")).toEqual(running);
  });

  test("is silent about a container that changed nothing, and leaves no mount", async () => {
    const mounts = (): Promise<string> => vm.sh("grep -c overlay /proc/mounts || true");
    const before = await mounts();
    await vm.sh("docker run --name web -v /srv:/deep/volume --tmpfs /t busybox cat /etc/passwd");
    const { stdout } = await docker("diff web");
    expect(stdout).not.toMatch(/etc/);
    await vm.sh("docker create --name new busybox");
    expect(await docker("diff new")).toEqual(printed(""));
    expect(await docker("diff nobody")).toEqual(refused("Error response from daemon: No such container: nobody\n"));
    expect(await mounts()).toBe(before);
  });
});

describe.skipIf(!hasSwagger)("the answers are as the specification says", () => {
  test("of top and changes", async () => {
    await vm.sh("docker run -d --name web busybox sh -c 'touch /new; exec sleep 1000'");
    await expect.poll(() => vm.engine.containerChanges("web")).toEqual([{ Path: "/new", Kind: 1 }]);
    expect(problemsOf("get", "/containers/{id}/changes", 200, await vm.engine.containerChanges("web"))).toEqual([]);
    expect(problemsOf("get", "/containers/{id}/top", 200, await vm.engine.topContainer("web"))).toEqual([]);
  });
});

describe("docker port", () => {
  test("has nothing to tell yet", async () => {
    await vm.sh("docker run -d --name web busybox sleep 1000");
    expect(await docker("port web")).toEqual(printed(""));
    expect(await docker("port web 80")).toEqual(refused("Error: No public port '80' published for web\n"));
    expect(await docker("container port web 80/tcp")).toEqual(
      refused("Error: No public port '80/tcp' published for web\n"),
    );
  });
});

describe("docker container prune", () => {
  test("asks first, and removes what does not run", async () => {
    const old = (await vm.sh("docker create --name old busybox")).trim();
    const web = (await vm.sh("docker run -d --name web busybox sleep 1000")).trim();
    const question = "WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ";
    expect(await vm.run("echo n | docker container prune")).toEqual(printed(question));
    expect(await docker("container prune < /dev/null")).toEqual(printed(question));
    expect(await docker("container prune -f --filter until=1h")).toEqual(printed("Total reclaimed space: 0B\n"));
    expect(await vm.run("echo y | docker container prune")).toEqual(
      printed(`${question}Deleted Containers:\n${old}\n\nTotal reclaimed space: 0B\n`),
    );
    expect(await vm.sh("docker ps -aq --no-trunc")).toBe(`${web}\n`);
  });

  test("counts what it made room for", async () => {
    await vm.sh("docker run --name big -l a=b busybox sh -c 'head -c 100000 /dev/zero > /big'");
    expect((await docker("container prune -f --filter label!=a")).stdout).toBe("Total reclaimed space: 0B\n");
    expect((await docker("container prune -f --filter label=a=b")).stdout).toMatch(
      /^Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: 1\d\d(\.\d)?kB\n$/,
    );
  });

  test("hears ctrl-c at the question", async () => {
    const terminal = await TestTerminal.open(vm.machine, { rows: 24, columns: 80 }, ["docker", "container", "prune"]);
    await terminal.waitFor("[y/N]");
    await terminal.type("\x03");
    expect(await terminal.waitForEnd()).toBe(130);
  });
});

describe("docker export", () => {
  const change = "sh -c 'echo mine > /etc/mine; rm /etc/group; mkdir -p /srv/deep; ln -s /etc/mine /srv/link'";

  test("is the container's files as a tar, whether it runs or not", async () => {
    await vm.sh(`docker run --name old busybox ${change}`);
    await vm.sh("docker export old > /tmp/old.tar && docker container export -o /tmp/again.tar old");
    expect(await vm.sh("cmp /tmp/old.tar /tmp/again.tar && tar -xOf /tmp/old.tar etc/mine")).toBe("mine\n");
    const names = (await vm.sh("tar -tf /tmp/old.tar")).split("\n");
    for (const name of [".dockerenv", "bin/busybox", "etc/passwd", "srv/deep/", "srv/link"])
      expect(names).toContain(name);
    expect(names).not.toContain("etc/group");
    expect(names.some((name) => name.includes(".wh."))).toBe(false);
    await vm.sh("docker start old; docker run -d --name web -v /srv:/volume busybox sh -c 'echo x > /new; sleep 1000'");
    await expect.poll(() => vm.sh("docker export web | tar -tf - | grep -cx new || true")).toBe("1\n");
    expect(await vm.sh("docker export web | tar -tf - | grep -c '^volume/.' || true")).toBe("0\n");
    expect(await vm.sh("ls /tmp; rm /tmp/*.tar")).not.toContain("docker_temp");
    expect(await docker("ps -q --filter name=web")).toMatchObject({ status: 0 });
  });

  test("writes to no terminal, and says what it cannot do", async () => {
    await vm.sh("docker create --name web busybox");
    const terminal = await TestTerminal.open(vm.machine, { rows: 24, columns: 80 }, ["docker", "export", "web"]);
    await terminal.waitFor("cowardly refusing to save to a terminal. Use the -o flag or redirect\r\n");
    expect(await terminal.waitForEnd()).toBe(1);
    expect(await docker("export nobody | cat")).toMatchObject({
      stdout: "",
      stderr: "Error response from daemon: No such container: nobody\n",
    });
  });

  test("a reader that stops reading holds up nobody, and the packer goes with it", async () => {
    await vm.sh("docker run --name web busybox sh -c 'head -c 4000000 /dev/urandom > /big'");
    await vm.sh("(docker export web | { head -c 512 > /dev/null; sleep 2; }) > /dev/null 2>&1 & sleep 0.5");
    expect((await docker("ps -aq")).stdout).toMatch(/^[0-9a-f]{12}\n$/);
    const packers = "ls /proc/[0-9]*/fd/0 -l 2> /dev/null | grep -c overlay || true";
    await expect.poll(() => vm.sh(packers), { timeout: 10_000 }).toBe("0\n");
  });
});
