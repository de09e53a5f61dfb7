/** The engine's memory: what it knew and what ran before it died is there when it comes back. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

/** kill -9, and wait until init's new engine answers. */
async function restartEngine(): Promise<void> {
  await vm.sh(
    "old=$(cat /run/docker.pid); kill -9 $old; " +
      'for i in $(seq 100); do [ "$(cat /run/docker.pid)" != "$old" ] && docker ps >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1',
  );
}

describe("after the engine was killed", () => {
  test("who comes before the next one has its answer a moment later, again and again", async () => {
    const command = "for i in 1 2 3; do kill -9 $(cat /run/docker.pid); docker ps -q || exit; done; docker version";
    expect(await vm.sh(command)).toContain("Server: Drydock Engine");
  });

  test("a running container runs on, and can be listed, entered, read and stopped", async () => {
    await vm.sh(
      "docker run -d --name web busybox sh -c 'echo before; trap \"exit 5\" TERM; while :; do sleep 0.1; done'",
    );
    const pid = await vm.sh("docker inspect -f '{{.State.Pid}}' web");
    await restartEngine();
    expect(await vm.sh("docker ps --format '{{.Names}} {{.State}}'")).toBe("web running\n");
    expect(await vm.sh("docker inspect -f '{{.State.Pid}}' web")).toBe(pid);
    expect(await vm.sh("docker exec web echo inside")).toBe("inside\n");
    expect(await vm.sh("docker logs web")).toBe("before\n");
    await vm.sh("docker stop -t 5 web");
    expect(await vm.sh("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' web")).toBe("exited 5\n");
  });

  test("a container that ended meanwhile has its true exit code", async () => {
    await vm.sh("docker run -d --name short busybox sh -c 'sleep 1; exit 7'");
    await restartEngine();
    expect(await vm.sh("docker wait short")).toBe("7\n");
  });

  test("one that was to be removed at its end is removed", async () => {
    await vm.sh("docker run -d --rm --name gone busybox sleep 1");
    await restartEngine();
    await vm.sh(
      "docker wait gone; for i in $(seq 50); do docker inspect gone >/dev/null 2>&1 || exit 0; sleep 0.1; done; exit 1",
    );
  });

  test("what does not run is remembered with its name, labels and exit code", async () => {
    await vm.sh(
      "docker create --name never -l tier=db busybox true; docker run --name once busybox sh -c 'exit 3'; true",
    );
    const list = "docker ps -a --format '{{.Names}} {{.State}} {{.Labels}}'";
    const before = await vm.sh(list);
    await restartEngine();
    expect(await vm.sh(list)).toBe(before);
    expect(await vm.sh("docker inspect -f '{{.State.ExitCode}}' once")).toBe("3\n");
    expect((await vm.run("docker create --name once busybox")).stderr).toContain("is already in use by container");
    await vm.sh("docker start never && docker wait never");
  });

  test("a terminal that is attached stays attached", async () => {
    const terminal = await vm.terminal();
    await terminal.type("docker run -it --rm --name tty busybox sh\n");
    await terminal.waitFor("/ #");
    await restartEngine();
    await terminal.type("echo still-$((40+2))\n");
    await terminal.waitFor("still-42");
    await terminal.type("exit\n");
  });
});

/** Of one exec, by the engine's API. */
async function inspectExec(id: string): Promise<string> {
  const { Running, ExitCode, Pid } = await vm.engine.inspectExec(id);
  return `${Running ? "running" : "ended"} ${ExitCode} ${Pid > 0 ? "pid" : "none"}`;
}

describe("after the engine was killed, an exec", () => {
  const ids = "docker inspect -f '{{range .ExecIDs}}{{.}} {{end}}' web";
  /** What an exec leaves behind while it runs: its socket, its record, its exit file, its shim. */
  const traces = "ls /run/docker/shim /run/docker/runtime/*; ps -o args | grep -c '^[d]ocker-shim'";

  test("that runs on is known by its id, its pid and its end", async () => {
    await vm.sh("docker run -d --name web busybox sleep 1000");
    const before = await vm.sh(traces);
    await vm.sh("docker exec -d web sh -c 'while [ ! -e /go ]; do sleep 0.1; done; exit 6'");
    const id = (await vm.sh(ids)).trim();
    const { Pid: pid } = await vm.engine.inspectExec(id);
    await restartEngine();
    expect((await vm.sh(ids)).trim()).toBe(id);
    expect(await inspectExec(id)).toBe("running null pid");
    expect((await vm.engine.inspectExec(id)).Pid).toBe(pid);
    expect(await vm.sh(`tr '\\0' ' ' < /proc/${pid}/cmdline`)).toContain("/go");
    await vm.sh("docker exec web touch /go");
    await vm.sh(`for i in $(seq 50); do [ -z "$(${ids} | tr -d ' \n')" ] && exit 0; sleep 0.1; done; exit 1`);
    expect(await inspectExec(id)).toBe("ended 6 none");
    expect(await vm.sh("docker events --since 1m --until $(($(date +%s) + 1)) --filter event=exec_die")).toContain(
      "exitCode=6",
    );
    expect(await vm.sh(traces)).toBe(before);
  });

  test("that ended meanwhile has its true exit code", async () => {
    await vm.sh("docker run -d --name web busybox sleep 1000");
    const before = await vm.sh(traces);
    await vm.sh("docker exec -d web sh -c 'until [ -e /go ]; do sleep 0.05; done; exit 7'");
    const id = (await vm.sh(ids)).trim();
    const pid = (await vm.sh("docker inspect -f '{{.State.Pid}}' web")).trim();
    // Init starts a new engine at once: that one must find it ended already.
    await vm.sh(
      `old=$(cat /run/docker.pid); kill -STOP $old; touch /proc/${pid}/root/go; wait_for() { for i in $(seq 100); do eval "$1" && return; sleep 0.1; done; false; }; ` +
        `wait_for "[ -e /run/docker/runtime/*/exec-${id}.json ]"; seen=$?; kill -9 $old; ` +
        "wait_for '[ \"$(cat /run/docker.pid)\" != $old ] && docker ps >/dev/null 2>&1' && exit $seen",
    );
    expect(await inspectExec(id)).toBe("ended 7 none");
    expect(await vm.sh(traces)).toBe(before);
  });

  test("that is attached to a terminal stays so, and gives its exit code to its client", async () => {
    await vm.sh("docker run -d --name web busybox sleep 1000");
    const terminal = await vm.terminal();
    await terminal.type("docker exec -it web sh\n");
    await terminal.waitFor("/ #");
    await restartEngine();
    await terminal.type("echo still-$((40+2))\n");
    await terminal.waitFor("still-42");
    terminal.clear();
    await terminal.type("exit 9\n");
    await terminal.waitFor("root@drydock");
    await terminal.type("echo status=$?\n");
    await terminal.waitFor("status=9");
    terminal.close();
  });

  test("goes with its container, and leaves nothing", async () => {
    const before = await vm.run(`${traces}; ls -d /sys/fs/cgroup/docker/*/; pgrep sleep`);
    await vm.sh("docker run -d --name web busybox sleep 1000; docker exec -d web sleep 1001");
    await restartEngine();
    await vm.sh("docker exec -d web sleep 1002; docker rm -f web");
    await vm.sh("for i in $(seq 50); do pidof docker-shim >/dev/null || exit 0; sleep 0.1; done; exit 1");
    expect((await vm.run(`${traces}; ls -d /sys/fs/cgroup/docker/*/; pgrep sleep`)).stdout).toBe(before.stdout);
  });
});

describe("the engine", () => {
  test("does nothing while nobody asks", async () => {
    await vm.sh("docker run -d --name idle busybox sleep 100; sleep 1");
    // Fields 14 and 15 of proc_pid_stat(5): user and system time in hundredths of a second.
    const ticks = "cut -d' ' -f14,15 /proc/$(cat /run/docker.pid)/stat";
    const before = await vm.sh(ticks);
    await vm.sh("sleep 3");
    const spent = (text: string): number =>
      text
        .trim()
        .split(" ")
        .map(Number)
        .reduce((sum, value) => sum + value, 0);
    expect(spent(await vm.sh(ticks)) - spent(before)).toBeLessThanOrEqual(3);
  });

  test("removes what a container had from the machine", async () => {
    const things =
      "mount | grep -c overlay2; ls /run/docker/shim /run/docker/runtime /var/lib/docker/containers; " +
      "ls -d /sys/fs/cgroup/docker/*/; ps | grep -c '[d]ocker-shim'";
    await vm.run("docker run --rm busybox true");
    const before = await vm.run(things);
    for (const command of ["run --rm busybox true", "run -it --rm busybox true", "run --name left busybox false"]) {
      await vm.run(`docker ${command}`);
    }
    await vm.sh("docker rm left");
    expect((await vm.run(things)).stdout).toBe(before.stdout);
  });
});
