/** What goes wrong is told in Docker's words, with Docker's exit code, and leaves nothing behind. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { tracesOf } from "../support/traces.ts";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("rm -f /fill; docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

/** What an exec in a container that goes on could leave. */
const EXEC_TRACES = [
  "ls /run/docker/shim /run/docker/runtime/*",
  "cat /sys/fs/cgroup/docker/*/cgroup.procs | wc -l",
  "ps -o args | grep -c '^[d]ocker-shim'",
].join("; ");

const traces = (): Promise<string> => tracesOf(vm);

describe("a container that cannot be", () => {
  test.each([
    ["a missing image", "busybox:nope true", 125, "busybox:nope"],
    ["a missing program", "busybox nonesuch", 127, 'exec: "nonesuch": executable file not found in $PATH: unknown.'],
    ["a missing path", "busybox /no/such", 127, 'exec: "/no/such": stat /no/such: no such file or directory: unknown.'],
    ["a file that is no program", "busybox /etc/passwd", 126, 'exec: "/etc/passwd": permission denied: unknown.'],
    ["a directory", "busybox /etc", 126, 'exec: "/etc": is a directory: unknown.'],
    ["an unknown user", "-u nobody-at-all busybox true", 125, "unable to find user nobody-at-all"],
    ["a port", "-p 1.2.3.4:80:80 busybox true", 125, "listen tcp4 1.2.3.4:80: bind: cannot assign requested address"],
    ["a network", "--network mynet busybox true", 125, "network mynet not found"],
    ["a volume", "-v data:/data busybox true", 125, "named volumes are not supported by this engine yet"],
    ["too little memory", "-m 4m busybox true", 125, "Minimum memory limit allowed is 6MB"],
    ["a wrong name", "--name a/b busybox true", 125, "Invalid container name (a/b)"],
    [
      "a directory over a file",
      "-v /tmp:/etc/passwd busybox true",
      125,
      "Are you trying to mount a directory onto a file",
    ],
  ])("%s", async (_what, options, status, message) => {
    const before = await traces();
    const result = await vm.run(`docker run --rm ${options}`);
    expect(result.stderr).toContain(message);
    expect(result.status).toBe(status);
    expect(await traces()).toBe(before);
  });

  test("without --rm it stays as created, with the exit code, and can be removed", async () => {
    const before = await traces();
    expect((await vm.run("docker run --name broken busybox nonesuch")).status).toBe(127);
    expect(await vm.sh("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' broken")).toBe("created 127\n");
    await vm.sh("docker rm broken");
    expect(await traces()).toBe(before);
  });

  test("an exec of a missing program is 127 and does not touch the container", async () => {
    await vm.sh("docker run -d --name web busybox sleep 100");
    const result = await vm.run("docker exec web nonesuch");
    expect(result.stdout + result.stderr).toContain('exec: "nonesuch": executable file not found in $PATH: unknown');
    expect(result.status).toBe(127);
    expect(await vm.sh("docker exec web echo fine")).toBe("fine\n");
  });
});

describe("when the machine runs out of something", () => {
  test("a full disk is told, and everything works again when there is room", async () => {
    const before = await traces();
    await vm.run(
      "dd if=/dev/zero of=/fill bs=1M 2>/dev/null; dd if=/dev/zero of=/fill2 bs=1k 2>/dev/null; cat /fill2 >> /fill",
    );
    const full = await vm.run("docker run --rm busybox echo no");
    await vm.run("rm -f /fill /fill2");
    expect(full.status).toBe(125);
    expect(full.stderr).toContain("no space left on device");
    expect(await vm.sh("docker run --rm busybox echo yes")).toBe("yes\n");
    expect(await traces()).toBe(before);
  });

  test("a program over its memory limit is killed and the container says so", async () => {
    const result = await vm.run("docker run --name hog -m 8m busybox sh -c 'tail /dev/zero'");
    expect(result.status).toBe(137);
    expect(await vm.sh("docker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' hog")).toBe("true 137\n");
  });

  test("a fork bomb within a pids limit hurts nobody else", async () => {
    await vm.run(
      "docker run --rm --pids-limit 20 busybox sh -c 'for i in $(seq 60); do sleep 1 & done; wait' 2>/dev/null",
    );
    expect(await vm.sh("docker run --rm busybox echo fine")).toBe("fine\n");
  });
});

/** Every point of engine/crash.ts, and what the container is afterwards. */
const POINTS = [
  ["create:directory", "gone"],
  ["create:layer", "gone"],
  ["create:config", "created"],
  ["start:mounted", "created"],
  ["start:created", "created"],
  ["start:recorded", "exited"],
  ["start:running", "exited"],
  ["exit:seen", "exited"],
  ["exit:recorded", "exited"],
  ["exit:cleaned", "exited"],
  ["stop:signalled", "exited"],
  ["remove:unlisted", "gone"],
  ["remove:layer", "gone"],
] as const;

describe("kill -9 of the engine", () => {
  const waitForEngine =
    "for i in $(seq 150); do [ ! -e /run/docker-crash-at ] && docker ps >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1";

  async function crashAt(point: string): Promise<void> {
    await vm.sh(`echo ${point} > /run/docker-crash-at; kill -9 $(cat /run/docker.pid); ${waitForEngine}`);
  }

  test.each(POINTS)("at %s leaves the container %s, and nothing else", async (point, state) => {
    const before = await traces();
    await crashAt(point);
    const engine = await vm.sh("cat /run/docker.pid");
    await vm.run(
      // It lives until the stop comes, also when that takes its time.
      "docker run -d --name victim busybox sh -c 'trap \"exit 7\" TERM; for i in $(seq 30); do sleep 0.1; done; exit 7' && " +
        "docker stop -t 3 victim && docker rm victim",
      { timeout: 30_000 },
    );
    await vm.sh(waitForEngine);
    expect(await vm.sh("cat /run/docker.pid")).not.toBe(engine);
    await vm.run("docker wait victim");
    const now = await vm.run("docker inspect -f '{{.State.Status}}' victim");
    expect(now.status === 0 ? now.stdout.trim() : "gone").toBe(state);
    expect(await vm.sh("docker run --rm busybox echo fine")).toBe("fine\n");
    await vm.run("docker rm -f victim");
    expect(await traces()).toBe(before);
  });

  /** What a client is told of its exec: the engine that it asks may know no more than that it is over. */
  const EXEC_POINTS = [
    ["exec:recorded", "255"],
    ["exec:listening", "255"],
    ["exec:running", "5"],
    ["exec:ended", "5"],
  ] as const;

  test.each(EXEC_POINTS)("at %s leaves the exec ended with %s, and nothing else", async (point, code) => {
    await vm.sh("docker run -d --name web busybox sleep 1000");
    const before = await vm.sh(EXEC_TRACES);
    await crashAt(point);
    const engine = await vm.sh("cat /run/docker.pid");
    const { Id: id } = await vm.engine.createExec("web", { Cmd: ["sh", "-c", "sleep 0.3; exit 5"] });
    await vm.engine.startExecDetached(id, {}).catch(() => {});
    await vm.sh(`while [ "$(cat /run/docker.pid)" = ${engine.trim()} ]; do sleep 0.1; done; ${waitForEngine}`);
    await vm.sh(
      "for i in $(seq 50); do docker inspect -f '{{range .ExecIDs}}{{.}}{{end}}' web | grep -q . || exit 0; sleep 0.1; done; exit 1",
    );
    expect(String((await vm.engine.inspectExec(id)).ExitCode)).toBe(code);
    expect(await vm.sh("docker exec web echo fine")).toBe("fine\n");
    expect(await vm.sh(EXEC_TRACES)).toBe(before);
  });

  test("while programs are executed, again and again, leaves nothing of those that ended", async () => {
    await vm.sh("docker run -d --name web busybox sleep 1000");
    const before = await vm.sh(EXEC_TRACES);
    await vm.run(
      "for i in $(seq 6); do (for j in 1 2 3 4; do docker exec web true; done >/dev/null 2>&1) & " +
        "sleep 0.$((i * 15)); kill -9 $(cat /run/docker.pid); wait; sleep 1; done",
      { timeout: 60_000 },
    );
    await vm.sh(waitForEngine);
    expect(await vm.sh("docker exec web echo fine")).toBe("fine\n");
    expect(await vm.sh(EXEC_TRACES)).toBe(before);
  });

  test("again and again, at random moments, leaves nothing of what was removed", async () => {
    const before = await traces();
    await vm.run(
      "for i in $(seq 6); do (for j in 1 2 3; do docker run --rm busybox echo hi; done >/dev/null 2>&1) & " +
        "sleep 0.$i; kill -9 $(cat /run/docker.pid); wait; sleep 1; done",
      { timeout: 60_000 },
    );
    await vm.sh(waitForEngine);
    await vm.run("docker rm -f $(docker ps -aq)");
    expect(await vm.sh("docker run --rm busybox echo fine")).toBe("fine\n");
    expect(await traces()).toBe(before);
  });
});
