/** The engine on TCP, when its configuration says so: everything that goes over its socket goes there, too. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

/** The engine ends, PID 1 starts it again, and it reads its configuration anew. */
async function configure(config: unknown): Promise<void> {
  await vm.put(new TextEncoder().encode(JSON.stringify(config)), "/etc/docker/daemon.json");
  const old = (await vm.sh("cat /run/docker.pid")).trim();
  await vm.sh(`kill ${old}`);
  await vm.until(`[ "$(cat /run/docker.pid)" != ${old} ] && docker ps >/dev/null 2>&1`, 30);
}

beforeAll(async () => {
  vm = await bootVm();
  await configure({ hosts: ["unix:///var/run/docker.sock", "tcp://127.0.0.1:2375", "unix:///run/second.sock"] });
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

const TCP = "docker -H tcp://127.0.0.1:2375";

describe("the engine on TCP", () => {
  test("answers where it is told to listen, and warns that nobody is kept out", async () => {
    expect((await vm.run(`${TCP} ps -q`)).status).toBe(0);
    expect((await vm.run("DOCKER_HOST=tcp://localhost docker ps -q")).status).toBe(0);
    expect((await vm.run("docker -H unix:///run/second.sock ps -q")).status).toBe(0);
    expect((await vm.run("docker info")).stderr).toContain(
      "WARNING: API is accessible on http://127.0.0.1:2375 without encryption.",
    );
    expect((await vm.run("docker -H tcp://127.0.0.1:1 ps")).stderr).toBe(
      "Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?\n",
    );
  });

  test("carries what is typed, its end, both streams and the exit code", async () => {
    const run = await vm.run(`${TCP} run -i --rm busybox sh -c 'cat; echo err >&2; exit 7'`, { stdin: "typed\n" });
    expect(run).toEqual({ stdout: "typed\n", stderr: "err\n", status: 7 });
    await vm.sh(`${TCP} run -d --name web busybox sh -c 'echo up; exec sleep 1000'`);
    expect(await vm.run(`${TCP} exec -i web sh -c 'cat; exit 3'`, { stdin: "in" })).toEqual({
      stdout: "in",
      stderr: "",
      status: 3,
    });
    expect(await vm.sh(`${TCP} logs web`)).toBe("up\n");
    expect(await vm.sh(`echo x > /file; ${TCP} cp /file web:/file; ${TCP} cp web:/file - | tar xO`)).toBe("x\n");
    expect(await vm.sh(`${TCP} export web | tar t | grep ^file`)).toBe("file\n");
    expect(await vm.sh(`${TCP} stats --no-stream --format '{{.Name}}'`)).toBe("web\n");
  });

  test("carries a terminal, its size and the detach keys", async () => {
    await vm.sh("docker context create far --docker host=tcp://127.0.0.1:2375; docker context use far");
    const terminal = await vm.terminal({ rows: 30, columns: 90 });
    await terminal.type("docker run -it --name tty busybox sh\r");
    await terminal.waitFor("/ #");
    await terminal.type("stty size\r");
    await terminal.waitFor("30 90");
    await terminal.type("\u0010\u0011");
    await terminal.waitFor(/30 90[\s\S]*~/);
    await terminal.type("echo out$((1 + 1))\r");
    await terminal.waitFor("out2");
    terminal.close();
    expect(await vm.sh("docker ps --format '{{.Names}}'")).toBe("tty\n");
    await vm.sh("docker context use default; docker context rm far");
  });

  test("a context leads there, and the real API's clean-up too", async () => {
    await vm.sh("docker context create far --docker host=tcp://127.0.0.1:2375");
    expect(await vm.sh("docker -c far run --rm busybox echo there")).toBe("there\n");
    expect(await vm.sh("DOCKER_CONTEXT=far docker version -f '{{.Client.Context}}'")).toBe("far\n");
    await vm.sh("docker context rm far");
  });

  test("an address that cannot be had, and an option that nobody knows, are told and no more", async () => {
    await configure({ hosts: ["tcp://10.99.99.99:2375", "tcp://127.0.0.1:2375"], "registry-mirrors": [] });
    const { stderr } = await vm.run("docker info");
    expect(stderr).toContain("WARNING: failed to load listeners: listen tcp 10.99.99.99:2375");
    expect(stderr).toContain("registry-mirrors: not supported by this engine yet, and ignored");
    expect((await vm.run(`${TCP} ps -q`)).status).toBe(0);
    await configure({});
    expect((await vm.run(`${TCP} ps`)).status).toBe(1);
    // What the kernel lacks is told all the same.
    const warnings = (await vm.run("docker info")).stderr.trim().split("\n");
    expect(
      warnings.filter((line) => !/^WARNING: (No \w+ support|bridge-nf-call-ip6?tables is disabled)$/.test(line)),
    ).toEqual([]);
  });
});
