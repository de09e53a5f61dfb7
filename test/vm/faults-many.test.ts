/** The engine dies again and again while many containers come and go: nothing is lost, nothing is left. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

const STEADY = ["one", "two", "three"];
const COMING = 20;
const DEATHS = 8;

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm({ memoryMegabytes: 256 });
});
afterAll(() => vm?.stop());

/** What containers and engine hold, as numbers. The namespace that waits for the next container is one of each. */
async function held(): Promise<Readonly<Record<string, number>>> {
  const counts = {
    mounts: "grep -c /var/lib/docker/overlay2 /proc/self/mountinfo",
    namespaces: "ls /run/docker/netns | wc -l",
    cables: "ls -d /sys/class/net/veth* | wc -l",
    cgroups: "ls -d /sys/fs/cgroup/docker/*/ | wc -l",
    bundles: "ls /run/docker/runtime | wc -l",
    sockets: "ls /run/docker/shim | wc -l",
    layers: "ls /var/lib/docker/overlay2 | wc -l",
    records: "ls /var/lib/docker/containers | wc -l",
    shims: "ps -o args | grep -c '^[d]ocker-shim'",
    ports: "nft list map ip docker published | grep -o comment | wc -l",
  };
  const names = Object.keys(counts);
  const text = await vm.sh(Object.values(counts).join("; "));
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line, index) => [names[index] ?? "", Number(line)]),
  );
}

async function descriptors(): Promise<number> {
  return Number(await vm.sh("ls /proc/$(cat /run/docker.pid)/fd | wc -l"));
}

async function waitForEngine(): Promise<void> {
  await vm.sh("until docker ps >/dev/null 2>&1; do :; done", { timeout: 30_000 });
  await vm.sh("until [ $(ls /run/docker/netns | wc -l) = $(($(docker ps -q | wc -l) + 1)) ]; do :; done", {
    timeout: 30_000,
  });
}

async function pids(): Promise<string> {
  return vm.sh(`docker inspect -f '{{.Name}} {{.State.Pid}} {{.NetworkSettings.IPAddress}}' ${STEADY.join(" ")}`);
}

test("twenty containers start and stop under an engine that is killed", { timeout: 300_000 }, async () => {
  for (const [index, name] of STEADY.entries()) {
    await vm.sh(`docker run -d -p ${8100 + index}:80 --name ${name} busybox sh -c 'httpd -p 80 -h /etc; sleep 100000'`);
  }
  // A fresh engine: what it holds at rest is what it has to be again.
  await vm.sh("kill -9 $(cat /run/docker.pid)");
  await waitForEngine();
  const before = await held();
  const open = await descriptors();
  const alive = await pids();

  // Names that are not the beginning of an id, too: that would be meant when there is no such name.
  const script = `
    for n in $(seq ${COMING}); do
      (docker run -d -p 80 --name n$n busybox sleep 1000; docker stop -t 0 n$n; docker start n$n; docker rm -f n$n) &
    done >/dev/null 2>&1
    for death in $(seq ${DEATHS}); do
      usleep $((300000 + death * 170000)); kill -9 $(cat /run/docker.pid)
    done
    wait`;
  await vm.run(script, { timeout: 240_000 });
  await waitForEngine();

  expect(await pids()).toBe(alive);
  for (const index of STEADY.keys()) {
    expect(await vm.sh(`wget -qO- http://127.0.0.1:${8100 + index}/hostname`)).toMatch(/^[0-9a-f]{12}$/m);
  }
  await vm.run("docker ps -a --format '{{.Names}}' | grep '^n[0-9]' | xargs -r docker rm -f");
  await waitForEngine();
  expect(await held()).toEqual(before);
  // Docker's command keeps up to three idle connections for the next one.
  expect(await descriptors()).toBeLessThanOrEqual(open + 3);

  // The next one gets what the lowest of those that are gone had; the end of one that lived through it all is seen.
  await vm.sh("docker run -d --name next busybox sleep 1000");
  expect(await vm.sh("docker inspect -f '{{.NetworkSettings.IPAddress}}' next")).toBe("172.17.0.5\n");
  await vm.sh("kill -9 $(docker inspect -f '{{.State.Pid}}' two)");
  expect(await vm.sh("docker wait two")).toBe("137\n");
});

test("when the machine's memory is used up, a container dies and the engine does not", {
  timeout: 120_000,
}, async () => {
  const engine = await vm.sh("cat /run/docker.pid");
  await vm.run("docker run --name hog busybox tail /dev/zero", { timeout: 100_000 });
  expect(await vm.sh("docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' hog")).toBe("137 true\n");
  expect(await vm.sh("cat /run/docker.pid")).toBe(engine);
  expect(await vm.sh("docker run --rm busybox echo fine")).toBe("fine\n");
});
