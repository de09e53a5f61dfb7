/** `--health-cmd`: a container says how it is, by a program that runs inside it now and then. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

const QUICK = "--health-interval 300ms --health-retries 2";

async function untilHealth(status: string): Promise<void> {
  await vm.until(`docker inspect -f '{{.State.Health.Status}}' web | grep -qx ${status}`);
}

async function inspect(format: string): Promise<string> {
  return (await vm.sh(`docker inspect -f '${format}' web`)).trim();
}

describe("a health check", () => {
  test("turns a container from starting to healthy, to unhealthy and back", async () => {
    const since = (await vm.sh("date +%s")).trim();
    // It starts until it is told that it is well.
    const start = "--health-start-period 1m --health-start-interval 300ms";
    const cmd = "test -e /well && echo fine";
    await vm.sh(`docker run -d --name web --health-cmd '${cmd}' ${start} ${QUICK} busybox sleep 1000`);
    expect(await vm.sh("docker ps --format '{{.Status}}'")).toMatch(/^Up .* \(health: starting\)\n$/);
    await vm.sh("docker exec web touch /well");
    await untilHealth("healthy");
    expect(await vm.sh("docker ps --filter health=healthy --format '{{.Status}}'")).toMatch(/^Up .* \(healthy\)\n$/);
    await vm.sh("docker exec web rm /well");
    await untilHealth("unhealthy");
    await vm.sh("docker exec web touch /well");
    await untilHealth("healthy");
    const events = `docker events --since ${since} --until $(($(date +%s) + 1)) --format '{{.Action}}'`;
    expect(await vm.sh(`${events} --filter event=health_status`)).toBe(
      "health_status: healthy\nhealth_status: unhealthy\nhealth_status: healthy\n",
    );
    expect(await vm.sh(events)).toContain(`exec_create: /bin/sh -c ${cmd}\n`);
    expect(await vm.sh(events)).toMatch(/exec_start: \/bin\/sh -c test .*\nexec_die\n/);
    expect(await inspect("{{range .State.Health.Log}}{{.ExitCode}}{{.Output}} {{end}}")).toMatch(
      /^(0fine\n |1 )*0fine$/,
    );
  });

  test("runs inside: as the container's user, in its directory, and seen from the machine in its cgroup", async () => {
    const probe = 'id -u; pwd; echo $NAME; hostname; cat /proc/self/cgroup; cat /proc/1/cmdline | tr \\\\0 " "';
    await vm.sh(
      `docker run -d --name web -u 1234 -w /tmp -e NAME=value --hostname inside --health-cmd '${probe}' ${QUICK} ` +
        "busybox sleep 1000",
    );
    await untilHealth("healthy");
    expect(await inspect("{{(index .State.Health.Log 0).Output}}")).toBe("1234\n/tmp\nvalue\ninside\n0::/\nsleep 1000");
  });

  test("that takes too long is killed, and leaves nothing", async () => {
    await vm.sh(
      `docker run -d --name web --health-cmd 'echo here; exec sleep 500' --health-timeout 1s ${QUICK} busybox sleep 1000`,
    );
    await untilHealth("unhealthy");
    expect(await inspect("{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}")).toMatch(
      /^(-1 Health check exceeded timeout \(1s\): here\n?)+$/,
    );
    await vm.sh("docker pause web");
    await vm.until(
      "[ $(ps -o args | grep -c '^[s]leep 500') = 0 ] && [ $(ps -o args | grep -c '^[d]ocker-shim') = 1 ]",
    );
  });

  test("has the beginning of its output kept, however much there is", async () => {
    await vm.sh(`docker run -d --name web --health-cmd 'yes | head -c 500000' ${QUICK} busybox sleep 1000`);
    await untilHealth("healthy");
    const output = await vm.sh("docker inspect -f '{{(index .State.Health.Log 0).Output}}' web");
    expect(output).toBe(`${"y\n".repeat(2048)}...\n`);
  });

  test("whose program is not there says so", async () => {
    await vm.sh(
      "docker create --name web --health-cmd x --health-interval 300ms --health-retries 1 busybox sleep 1000",
    );
    await vm.sh("docker rm web");
    const Healthcheck = { Test: ["CMD", "nonesuch"], Interval: 300e6, Retries: 1 };
    await vm.engine.createContainer({ Image: "busybox", Cmd: ["sleep", "1000"], Healthcheck }, { name: "web" });
    await vm.sh("docker start web");
    await untilHealth("unhealthy");
    expect(await inspect("{{(index .State.Health.Log 0).ExitCode}} {{(index .State.Health.Log 0).Output}}")).toContain(
      '-1 OCI runtime exec failed: exec failed: unable to start container process: exec: "nonesuch"',
    );
  });

  test("is silent while the container is paused", async () => {
    await vm.sh(`docker run -d --name web --health-cmd true ${QUICK} busybox sleep 1000`);
    await untilHealth("healthy");
    await vm.sh("docker pause web");
    const last = "{{range .State.Health.Log}}{{.Start}} {{end}}";
    const before = await inspect(last);
    await vm.sh("sleep 1");
    expect(await inspect(last)).toBe(before);
    await vm.sh("docker unpause web");
    await untilHealth("healthy");
    expect(await inspect(last)).not.toBe(before);
  });

  test("goes on with a new engine, and a probe of the old one is not left behind", async () => {
    await vm.sh(
      `docker run -d --name web --health-cmd 'test ! -e /slow || exec sleep 500' ${QUICK} busybox sleep 1000`,
    );
    await untilHealth("healthy");
    await vm.sh("docker exec web touch /slow");
    await vm.until("ps -o args | grep -q '^[s]leep 500'");
    const old = (await vm.sh("ps -o pid,args | awk '/[s]leep 500/ { print $1 }'")).trim();
    await vm.sh("docker exec web rm /slow; kill -9 $(cat /run/docker.pid); docker ps");
    await vm.until(`[ ! -e /proc/${old} ]`);
    expect(await inspect("{{.State.Health.Status}}")).toBe("healthy");
    await vm.until("[ $(docker inspect -f '{{len .State.Health.Log}}' web) -ge 2 ]");
  });

  test("starts anew with each start by a policy", async () => {
    await vm.sh(
      `docker run -d --name web --restart always --health-cmd true --health-interval 1s busybox sh -c 'sleep 3'`,
    );
    await untilHealth("healthy");
    await vm.until("[ $(docker inspect -f '{{.RestartCount}}' web) -ge 1 ]");
    await untilHealth("starting");
    await untilHealth("healthy");
  });

  test("costs one timer, and nothing without one", async () => {
    await vm.sh("docker run -d --name web --health-cmd true busybox sleep 1000; sleep 1");
    const ticks = "cut -d' ' -f14,15 /proc/$(cat /run/docker.pid)/stat | tr ' ' '+'";
    const before = Number(await vm.sh(`echo $(( $(${ticks}) ))`));
    await vm.sh("sleep 3");
    expect(Number(await vm.sh(`echo $(( $(${ticks}) ))`)) - before).toBeLessThanOrEqual(3);
  });
});
