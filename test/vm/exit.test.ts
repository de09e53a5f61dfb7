/** How a container ends: its exit code, the signals that reach it, and the time that it is given. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

async function inspect(format: string): Promise<string> {
  return (await vm.sh(`docker inspect -f '${format}' web`)).trim();
}

describe("the exit code", () => {
  test.each([
    ["busybox true", 0],
    ["busybox sh -c 'exit 42'", 42],
    ["busybox sh -c 'exit 255'", 255],
    ["--init busybox sh -c 'kill -TERM $$'", 143],
    ["--init busybox sh -c 'kill -SEGV $$'", 139],
    ["busybox nonesuch", 127],
    ["busybox /etc/passwd", 126],
    ["--nonesuch busybox true", 125],
    ["--memory 1k busybox true", 125],
  ])("of run %s is %i", async (line, code) => {
    expect((await vm.run(`docker run --rm ${line}`)).status).toBe(code);
  });

  test("is the same for wait, inspect, ps and the event", async () => {
    const since = (await vm.sh("date +%s")).trim();
    await vm.sh("docker run -d --name web busybox sh -c 'sleep 0.3; exit 9'");
    expect(await vm.sh("docker wait web")).toBe("9\n");
    expect(await inspect("{{.State.ExitCode}}")).toBe("9");
    expect(await vm.sh("docker ps -a --format '{{.Status}}'")).toMatch(/^Exited \(9\) /);
    expect(await vm.sh(`docker events --since ${since} --until $(($(date +%s) + 1)) --filter event=die`)).toContain(
      "exitCode=9",
    );
  });
});

describe("a signal", () => {
  test.each([
    ["-s HUP", "HUP"],
    ["--signal SIGUSR1", "USR1"],
    ["-s 12", "USR2"],
  ])("docker kill %s reaches the program", async (option, name) => {
    await vm.sh(
      `docker run -d --name web busybox sh -c 'trap "echo got; exit 5" ${name}; echo ready; while :; do sleep 0.1; done'`,
    );
    await vm.until("docker logs web | grep -q ready");
    await vm.sh(`docker kill ${option} web`);
    expect(await vm.sh("docker wait web; docker logs web")).toBe("5\nready\ngot\n");
  });

  test("sent to docker run is forwarded to the program, and its exit code is the client's", async () => {
    await vm.sh(
      "docker run --name web busybox sh -c 'trap \"exit 7\" INT; echo ready; while :; do sleep 0.1; done' > /tmp/out & " +
        "client=$!; for i in $(seq 100); do grep -q ready /tmp/out && break; sleep 0.1; done; " +
        "kill -INT $client; wait $client; [ $? = 7 ]",
    );
    expect(await inspect("{{.State.ExitCode}}")).toBe("7");
  });

  test("is kept from the program by --sig-proxy=false", async () => {
    await vm.run(
      "docker run --sig-proxy=false --name web busybox sh -c 'trap \"exit 7\" TERM; echo ready; while :; do sleep 0.1; done' > /tmp/out & " +
        "client=$!; for i in $(seq 100); do grep -q ready /tmp/out && break; sleep 0.1; done; kill -TERM $client; wait $client",
    );
    expect(await inspect("{{.State.Status}}")).toBe("running");
  });
});

describe("docker stop", () => {
  const STUBBORN = "busybox sh -c 'trap : TERM; echo ready; while :; do sleep 0.1; done'";

  /** A signal that comes before the trap is set finds none. */
  async function start(command: string): Promise<void> {
    await vm.sh(`docker run -d --name web ${command}`);
    await vm.until("docker logs web | grep -q ready");
  }

  async function seconds(command: string): Promise<number> {
    const text = await vm.sh(
      `read from rest < /proc/uptime; ${command} > /dev/null; read to rest < /proc/uptime; echo $from $to`,
    );
    const [from = 0, to = 0] = text.trim().split(" ").map(Number);
    return to - from;
  }

  test("gives the program its time, and not more", async () => {
    await start(STUBBORN);
    const taken = await seconds("docker stop -t 2 web");
    expect(taken).toBeGreaterThanOrEqual(2);
    expect(taken).toBeLessThan(4);
    expect(await inspect("{{.State.ExitCode}}")).toBe("137");
  });

  test("takes the time and the signal of the container", async () => {
    await start(`--stop-timeout 1 --stop-signal USR1 ${STUBBORN.replace("TERM", "USR1")}`);
    const taken = await seconds("docker stop web");
    expect(taken).toBeGreaterThanOrEqual(1);
    expect(taken).toBeLessThan(4);
    await vm.sh("docker rm web");
    await start(`--stop-signal USR1 ${STUBBORN.replace("trap : TERM", 'trap "exit 3" USR1')}`);
    await vm.sh("docker stop web");
    expect(await inspect("{{.State.ExitCode}}")).toBe("3");
  });

  test("with no time at all kills at once", async () => {
    await start(STUBBORN);
    expect(await seconds("docker stop -t 0 web")).toBeLessThan(2);
  });
});

describe("a process whose parent is gone", () => {
  const ORPHANS = "for i in 1 2 3 4 5; do sh -c 'sleep 0.2 &'; done; sleep 1; ps -o stat | grep -c Z";

  test("is taken over and reaped by --init", async () => {
    expect((await vm.run(["docker", "run", "--rm", "--init", "busybox", "sh", "-c", ORPHANS])).stdout).toBe("0\n");
  });

  test("stays a zombie under a first process that waits for nobody, and goes with the container", async () => {
    const script = "sh -c 'for i in 1 2 3; do sleep 0.1 & done'; exec sleep 1000";
    await vm.run(["docker", "run", "-d", "--name", "web", "busybox", "sh", "-c", script]);
    await vm.until("[ $(ps -o stat,comm | grep -c '^Z.*sleep') = 3 ]");
    await vm.sh("docker rm -f web");
    await vm.until("[ $(ps -o stat | grep -c ^Z) = 0 ]");
  });

  test("leaves no zombie on the machine, whatever the containers do", async () => {
    await vm.run("for i in 1 2 3; do docker run --rm busybox sh -c 'sleep 100 & sleep 100 & exit 1'; done");
    await vm.until("[ $(ps -o stat | grep -c ^Z) = 0 ]");
  });
});
