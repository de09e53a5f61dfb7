/** No space left: what needs some is refused in Docker's words and leaves nothing; what runs goes on, and so does the engine. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { tracesOf } from "../support/traces.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const NO_SPACE = "no space left on device";
/** To the last byte: large pieces first, then what is left between them. */
const FILL = "dd if=/dev/zero of=/fill bs=1M 2>/dev/null; dd if=/dev/zero of=/fill-rest bs=512 2>/dev/null; true";
const EMPTY = "rm -f /fill /fill-rest";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run(`${EMPTY}; docker rm -f $(docker ps -aq)`));
afterAll(() => vm?.stop());

async function onFullDisk<T>(action: () => Promise<T>): Promise<T> {
  await vm.sh(FILL);
  try {
    return await action();
  } finally {
    await vm.sh(EMPTY);
  }
}

describe("on a full disk", () => {
  test("a start is refused and leaves the container as it was; with room again it starts", async () => {
    await vm.sh("docker create --name idle busybox echo hi");
    const before = await tracesOf(vm);
    await onFullDisk(async () => {
      const { stdout, stderr, status } = await vm.run("docker start -a idle");
      expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
      expect(stderr).toMatch(
        /^Error response from daemon: write \/var\/lib\/docker\/containers\/\S+: no space left on device\n/,
      );
      expect(await vm.sh("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' idle")).toBe("created 128\n");
      expect(await tracesOf(vm)).toBe(before);
    });
    expect(await vm.sh("docker start -a idle")).toBe("hi\n");
    expect(await vm.sh("docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' idle")).toBe("exited 0\n");
  });

  test("what runs is listed, entered, paused, stopped and removed", async () => {
    await vm.sh("docker run -d --name web busybox sh -c 'echo up; exec sleep 1000'");
    await onFullDisk(async () => {
      expect(await vm.sh("docker ps --format '{{.Names}} {{.State}}'; docker logs web")).toBe("web running\nup\n");
      expect(await vm.sh("docker exec web echo inside; echo piped | docker exec -i web cat")).toBe("inside\npiped\n");
      expect((await vm.run("docker exec web sh -c 'echo x > /x'")).stderr).toContain(
        "write error: No space left on device",
      );
      expect(
        await vm.sh(
          "docker pause web; docker unpause web; docker top web | wc -l; docker stats --no-stream web | wc -l",
        ),
      ).toBe("web\nweb\n2\n2\n");
      expect((await vm.run("docker info")).status).toBe(0);
      expect(await vm.sh("docker stop -t 0 web; docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' web")).toBe(
        "web\nexited 137\n",
      );
      expect(await vm.sh("docker rm web; docker ps -aq")).toBe("web\n");
    });
  });

  test("what a container says is lost in whole lines, and kept again when there is room", async () => {
    const program = "p=$(seq -s . 300); n=0; while :; do n=$((n+1)); echo $n $p end; sleep 0.05; done";
    await vm.sh(`docker run -d --name web busybox sh -c '${program}'`);
    const numbers = async (): Promise<readonly number[]> =>
      (await vm.sh("docker logs web"))
        .trimEnd()
        .split("\n")
        .map((line) => Number(/^(\d+) 1\.2\.3\..*\.300 end$/.exec(line)?.[1] ?? `"${line}" is half a line`));
    await vm.until("docker logs web | grep -q '^5 '");
    await onFullDisk(() => vm.sh("sleep 2"));
    const kept = Math.max(...(await numbers()));
    await vm.until(`docker logs web | tail -1 | awk '{exit $1 < ${kept + 5}}'`);
    const all = await numbers();
    expect(all).toEqual([...all].sort((a, b) => a - b));
    // What was said meanwhile is not there, and nothing else is missing.
    const gaps = all.filter((number, index) => index > 0 && number !== (all[index - 1] ?? 0) + 1);
    expect(gaps).toHaveLength(1);
  });

  test("a new name and a new limit that cannot be written are not taken", async () => {
    await vm.sh("docker run -d --name web -m 16m busybox sleep 1000");
    await onFullDisk(async () => {
      for (const command of ["rename web other", "update -m 20m --memory-swap 40m web"]) {
        const { stderr, status } = await vm.run(`docker ${command}`);
        expect([status, stderr]).toEqual([1, expect.stringContaining(NO_SPACE)]);
      }
    });
    const seen = "docker inspect -f '{{.Name}} {{.HostConfig.Memory}} {{.State.Status}}' web";
    expect(await vm.sh(seen)).toBe("/web 16777216 running\n");
    await vm.sh("cat /sys/fs/cgroup/docker/*/memory.max | grep -qx 16777216; kill -9 $(pidof dockerd)");
    expect(await vm.sh(seen)).toBe("/web 16777216 running\n");
    expect(await vm.sh("ls /var/lib/docker/containers/*/ | grep -v -e json -e '^host' -e resolv.conf; true")).toBe("");
  });

  test("a policy's start that finds no room is the last, and costs nobody the engine", async () => {
    await vm.sh(
      "docker run -d --name web --restart always busybox sh -c 'sleep 1'; docker run -d --name other busybox sleep 1000",
    );
    const engine = await vm.sh("pidof dockerd");
    await onFullDisk(() =>
      vm.until("docker inspect -f '{{.State.Status}} {{.State.Error}}' web | grep -q 'exited .*no space left'"),
    );
    expect(await vm.sh("pidof dockerd")).toBe(engine);
    expect(await vm.sh("docker start web; docker ps --format '{{.Names}}' | sort")).toBe("web\nother\nweb\n");
  });

  test("an engine that is killed comes back, and finds what runs", async () => {
    await vm.sh(
      "docker run -d --name web --health-cmd true --health-interval 300ms busybox sh -c 'echo up; exec sleep 1000'",
    );
    await onFullDisk(async () => {
      await vm.sh("kill -9 $(pidof dockerd)");
      expect(await vm.sh("docker exec web echo inside; docker logs web; docker ps --format '{{.Names}}'")).toBe(
        "inside\nup\nweb\n",
      );
      expect((await vm.run("docker run --rm busybox true")).stderr).toContain(NO_SPACE);
    });
    await vm.until("docker ps --filter health=healthy -q | grep -q .");
    expect(await vm.sh("docker run --rm busybox echo fine; docker stop -t 0 web")).toBe("fine\nweb\n");
  });
});
