/** The processes behind `docker` take one command after the other: nothing of one may reach the next. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterAll(() => vm?.stop());

/** The workers are the children of the process that was warm first. */
const WARM = "$(for p in $(pidof docker); do [ \"$(awk '/PPid/{print $2}' /proc/$p/status)\" = 1 ] && echo $p; done)";
const WORKERS = `$(cat /proc/${WARM}/task/*/children)`;

async function workers(): Promise<readonly string[]> {
  return (await vm.sh(`echo ${WORKERS}`)).trim().split(" ");
}

async function untilWorkersAre(condition: string): Promise<void> {
  await vm.sh(`for i in $(seq 100); do set -- ${WORKERS}; ${condition} && exit 0; sleep 0.1; done; exit 1`);
}

test("one command after the other needs no new process", async () => {
  // Those of the saved machine have served already, and end when they have done their share.
  await vm.sh(`kill -9 ${WORKERS}; docker ps`);
  await untilWorkersAre("{ [ $# = 3 ] || { docker ps & docker ps & docker ps & wait; false; }; }");
  // One that was asked for may still be on its way.
  await untilWorkersAre(`docker ps; [ "$*" = "$(echo ${WORKERS})" ]`);
  const before = await workers();
  await vm.sh("docker ps; docker version; docker images; docker ps");
  expect(await workers()).toEqual(before);
});

test("environment, directory and options of one command mean nothing to the next", async () => {
  const { stderr, status } = await vm.run("cd /tmp; DOCKER_HOST=unix:///nobody docker ps");
  expect({ stderr, status }).toMatchObject({ status: 1, stderr: expect.stringContaining("unix:///nobody") });
  expect((await vm.run("docker ps -q --no-trunc")).status).toBe(0);
  expect(await vm.sh("docker ps | head -1")).toMatch(/^CONTAINER ID {3}IMAGE/);
});

test("the directory of a command is not kept busy", async () => {
  await vm.sh("mkdir -p /mnt/work && mount -t tmpfs none /mnt/work && (cd /mnt/work && docker ps) && umount /mnt/work");
});

test("a worker that waits holds nothing of the command before: the listener, its pipe, /dev/null, the engine's line", async () => {
  await vm.sh("docker ps; docker run --rm busybox true; docker ps < /dev/null | cat");
  await untilWorkersAre(`[ "$(for p in "$@"; do echo $(ls /proc/$p/fd); done | sort -u)" = "3 4 5 6" ]`);
});

test("whoever reads from a command comes to the end of it", async () => {
  expect(await vm.sh("timeout 20 sh -c 'docker ps -q | cat; docker version 2>&1 | tail -1 | wc -l'")).toBe("1\n");
});

test("what a command that was interrupted had in hand is gone with it", async () => {
  await vm.sh("docker run -d --name waits busybox sleep 1000");
  await vm.run("timeout -s INT 1 docker wait waits");
  expect((await vm.run("docker ps -q")).stdout.trim()).toHaveLength(12);
  await vm.sh("docker rm -f waits");
});

test("thirty at a time are all answered, and three workers stay", async () => {
  const out = await vm.sh(
    "for i in $(seq 30); do docker ps -q > /tmp/out.$i 2>&1 & done; wait; cat /tmp/out.* | wc -c",
    {
      timeout: 60_000,
    },
  );
  expect(out).toBe("0\n");
  await untilWorkersAre("[ $# -le 3 ]");
});

test("a worker that is killed while it waits is replaced", async () => {
  await vm.sh(`kill -9 ${WORKERS}`);
  expect((await vm.run("docker ps", { timeout: 20_000 })).status).toBe(0);
});

test("a command that a dying worker took is not lost", async () => {
  // A worker that sleeps in accept(2) takes the next connection after its death is decided.
  const out = await vm.sh(`for i in $(seq 20); do kill -9 ${WORKERS}; docker ps -q || echo lost; done`, {
    timeout: 60_000,
  });
  expect(out).toBe("");
});

test("when the warm process is killed its idle workers go, and another one comes", async () => {
  const before = await workers();
  await vm.sh(`kill -9 ${WARM}`);
  await vm.sh(`for i in $(seq 100); do kill -0 ${before[0]} 2>/dev/null || exit 0; sleep 0.1; done; exit 1`);
  expect((await vm.run("docker ps", { timeout: 20_000 })).status).toBe(0);
});

test("a worker ends after its share of commands, and nobody notices", async () => {
  await vm.sh(`kill -9 ${WORKERS}; docker ps`);
  const before = await workers();
  // Two or three take turns, and a command that asks nobody counts like any other.
  const twenty = "docker ps -q || exit 1; for j in $(seq 19); do docker -v > /dev/null || exit 1; done";
  const gone = before.map((pid) => `! kill -0 ${pid} 2> /dev/null`).join(" && ");
  await vm.sh(`for i in $(seq 33); do ${twenty}; ${gone} && exit 0; done; echo still there; exit 1`, {
    timeout: 200_000,
  });
}, 240_000);
