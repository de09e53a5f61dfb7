/** What is kept of a container's output, and given back: rotated, bounded, whole, and in order. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq); rm -f /tmp/log*"));
afterAll(() => vm?.stop());

const ROTATED = "--log-opt max-size=100k --log-opt max-file=3";

/** A program that prints that many numbered lines of about a kilobyte. */
function lines(count: number, pause = ""): string {
  return `awk 'BEGIN { s = sprintf("%990s", ""); for (i = 1; i <= ${count}; i++) { print i s; ${pause} } }'`;
}

/** Now and then it waits: whoever follows is never far behind. */
const PACED = 'if (i % 20 == 0) { fflush(); system("usleep 20000") }';

/** A restart or a rotation takes its time. */
function until(condition: string): Promise<void> {
  return vm.until(condition, 15);
}

/** The first and the last number of a log, when nothing between them is missing or out of place. */
async function range(command: string): Promise<readonly [first: number, last: number]> {
  const check =
    "awk 'NR == 1 { first = $1 } NR > 1 && $1 != last + 1 { exit 1 } { last = $1 } END { print first, last }'";
  const text = await vm.sh(`${command} > /tmp/log; ${check} /tmp/log`, { timeout: 120_000 });
  const [first = 0, last = 0] = text.trim().split(" ").map(Number);
  return [first, last];
}

/** Bytes below the directory of the container. */
async function bytesOnDisk(): Promise<number> {
  return Number(await vm.sh("du -sk /var/lib/docker/containers/ | cut -f 1")) * 1024;
}

describe("a container that writes 100 MB", () => {
  test("takes as much of the disk as its log may, at any time, and what is left is the end, whole", async () => {
    const free = async (): Promise<number> => Number(await vm.sh("df -k / | awk 'END { print $4 }'"));
    const before = await free();
    await vm.sh(`docker run -d --name web --log-opt max-size=1m --log-opt max-file=3 busybox ${lines(100_000)}`);
    let most = 0;
    while ((await vm.sh("docker ps -q")) !== "") {
      most = Math.max(most, await bytesOnDisk());
      await vm.sh("sleep 0.5");
    }
    expect(await vm.sh("docker wait web")).toBe("0\n");
    expect(most).toBeGreaterThan(2_000_000);
    expect(most).toBeLessThan(3_200_000);
    expect(before - (await free())).toBeLessThan(4000);
    const [first, last] = await range("docker logs web");
    expect(last).toBe(100_000);
    expect(last - first).toBeGreaterThan(1800);
    expect(await range("docker logs --tail 1500 web")).toEqual([98_501, 100_000]);
  }, 300_000);

  test("and has nobody limit it is limited by the engine, and another container still finds room", async () => {
    await vm.sh(`docker run -d --name web busybox ${lines(40_000)}; docker wait web`, { timeout: 120_000 });
    expect(await bytesOnDisk()).toBeLessThan(17_000_000);
    const [first, last] = await range("docker logs web");
    expect([last, last - first > 7000]).toEqual([40_000, true]);
    expect(await vm.sh("docker run --rm busybox echo fine")).toBe("fine\n");
  }, 180_000);
});

describe("a log of several files", () => {
  test("is followed from one to the next without a gap", async () => {
    await vm.sh(
      `docker run -d --name web ${ROTATED} busybox sh -c 'sleep 0.5; ${lines(1500, PACED).replaceAll("'", "'\\''")}'`,
    );
    expect(await range("docker logs -f web")).toEqual([1, 1500]);
    expect((await vm.sh("ls /var/lib/docker/containers/*/ | grep -c json.log")).trim()).toBe("3");
  });

  test("is followed from its tail", async () => {
    const more = "until [ -e /more ]; do sleep 0.1; done; echo 201";
    await vm.sh(`docker run -d --name web ${ROTATED} busybox sh -c '${lines(200).replaceAll("'", "'\\''")}; ${more}'`);
    await until("docker logs --tail 1 web | grep -q '^200 '");
    await vm.sh("(sleep 1; docker exec web touch /more) > /dev/null 2>&1 &");
    expect(await range("docker logs -f --tail 150 web")).toEqual([51, 201]);
  });

  test("of which only one is kept is followed too", async () => {
    await vm.sh(
      `docker run -d --name web --log-opt max-size=50k busybox sh -c 'sleep 0.5; ${lines(600, PACED).replaceAll("'", "'\\''")}'`,
    );
    expect(await range("docker logs -f web")).toEqual([1, 600]);
    expect((await vm.sh("ls /var/lib/docker/containers/*/ | grep -c json.log")).trim()).toBe("1");
  });

  test("says the time that stands in its file, and passes over what is no line of it", async () => {
    await vm.sh("docker run --name times busybox true");
    const line = (log: string, time: string): string =>
      `${JSON.stringify({ log: `${log}\n`, stream: "stdout", time })}\n`;
    const times = [
      "2024-02-29T23:59:59.123456789Z",
      "2024-03-01T00:00:00Z",
      "2024-03-01T00:00:07.5Z",
      "1970-01-01T00:00:01Z",
    ];
    const wrong = ["2024-03-01 00:00:00Z", "2024-03-01T00:00:00", "2024-03-01T0x:00:00Z", "2024-03-01T00:00:00.1x"];
    const lines = [...times, ...wrong].map((time, at) => line(`a \\ "quoted" ${at} é`, time)).join("");
    const log = (await vm.sh("docker inspect -f '{{.LogPath}}' times")).trim();
    await vm.put(new TextEncoder().encode(`${lines}no JSON\n`), log);
    const fixed = [
      "2024-02-29T23:59:59.123456789Z",
      "2024-03-01T00:00:00.000000000Z",
      "2024-03-01T00:00:07.500000000Z",
    ];
    const expected = [...fixed, "1970-01-01T00:00:01.000000000Z"].map((time, at) => `${time} a \\ "quoted" ${at} é\n`);
    expect(await vm.sh("docker logs -t times")).toBe(expected.join(""));
    expect(await vm.sh("docker logs -t --since 2024-03-01T00:00:07Z times")).toBe(expected[2]);
    await vm.sh("docker rm times");
  });

  test("is given from a time on, and up to a time", async () => {
    const script = `${lines(100)}; sleep 1.2; ${lines(100).replace("i = 1; i <= 100", "i = 101; i <= 200")}`;
    await vm.sh(
      `docker run -d --name web ${ROTATED} busybox sh -c '${script.replaceAll("'", "'\\''")}'; docker wait web`,
    );
    const time = async (line: string): Promise<string> =>
      (await vm.sh(`docker logs -t web | grep 'Z ${line} ' | cut -d ' ' -f 1`)).trim();
    expect(await range(`docker logs --since ${await time("101")} web`)).toEqual([101, 200]);
    expect((await range(`docker logs --until ${await time("100")} web`))[1]).toBe(100);
  });

  test("of both streams keeps each of them in order", async () => {
    const both = lines(3000, 'print i s > "/dev/stderr"');
    await vm.sh(`docker run -d --name web ${ROTATED} busybox ${both}; docker wait web`);
    const out = await range("docker logs web 2>/dev/null");
    const err = await range("(docker logs web 2>&1 > /dev/null)");
    expect([out[1], err[1]]).toEqual([3000, 3000]);
    expect(out[1] - out[0]).toBeGreaterThan(80);
    expect(err[1] - err[0]).toBeGreaterThan(80);
  });

  test("goes on when the engine is killed, and with the next start", async () => {
    await vm.sh(`docker run -d --name web ${ROTATED} busybox ${lines(800, PACED)}`);
    await until("docker logs web 2>/dev/null | tail -1 | grep -q '^[1-9][0-9][0-9] '");
    await vm.sh("kill -9 $(cat /run/docker.pid)");
    await until("docker ps -aq --filter status=exited | grep -q .");
    expect((await range("docker logs web"))[1]).toBe(800);
    await vm.sh("docker start web; docker wait web");
    expect((await range("docker logs --tail 50 web"))[1]).toBe(800);
  });

  test("that nobody reads fast enough does not make its container wait", async () => {
    await vm.sh(
      `docker run -d --name web ${ROTATED} busybox sh -c 'sleep 0.5; ${lines(3000).replaceAll("'", "'\\''")}'`,
    );
    await vm.sh("(docker logs -f web | (sleep 1000; cat)) > /dev/null 2>&1 & echo $! > /tmp/log.pid");
    await until("pidof docker-logs");
    expect(await vm.sh("docker wait web", { timeout: 30_000 })).toBe("0\n");
    await vm.sh("kill $(ps -o pid,args | awk '/[s]leep 1000/ { print $1 }')");
    await until("! pidof docker-logs");
  });

  test("goes with its container, all of it", async () => {
    await vm.sh(`docker run --name web ${ROTATED} busybox ${lines(500)} > /dev/null; docker rm web`);
    expect(await vm.sh("ls /var/lib/docker/containers")).toBe("");
  });
});

describe("a log driver", () => {
  test("local keeps its own files, and gives them back", async () => {
    await vm.sh("docker run --name web --log-driver local busybox sh -c 'echo out; echo err >&2'");
    expect((await vm.run("docker logs web")).stdout).toBe("out\n");
    expect((await vm.run("docker logs web")).stderr).toBe("err\n");
    expect(await vm.sh("docker inspect -f '{{.HostConfig.LogConfig.Type}}:{{.LogPath}}' web")).toBe("local:\n");
    expect(await vm.sh("docker info -f '{{.Plugins.Log}}'")).toBe("[json-file local]\n");
  });

  test("local is followed over a rotation", async () => {
    const options = "--log-driver local --log-opt max-size=50k --log-opt max-file=2";
    await vm.sh(
      `docker run -d --name web ${options} busybox sh -c 'sleep 0.5; ${lines(400, PACED).replaceAll("'", "'\\''")}'`,
    );
    expect(await range("docker logs -f web")).toEqual([1, 400]);
  });

  test("json-file writes what it is asked for beside each line, and --details shows it", async () => {
    const options = "--label tier=db -e NAME='a b' --log-opt labels=tier --log-opt env=NAME --log-opt tag={{.Name}}";
    await vm.sh(`docker run --name web ${options} busybox sh -c 'echo one; echo two >&2' 2>/dev/null`);
    expect(await vm.sh("cat /var/lib/docker/containers/*/*-json.log | head -1")).toMatch(
      /^\{"log":"one\\n","stream":"stdout","attrs":\{"NAME":"a b","tag":"web","tier":"db"\},"time":"[^"]+"\}\n$/,
    );
    expect((await vm.run("docker logs web")).stdout).toBe("one\n");
    expect((await vm.run("docker logs --details web")).stdout).toBe("NAME=a+b,tag=web,tier=db one\n");
    expect((await vm.run("docker logs -t --details web")).stdout).toMatch(/^\S+Z NAME=a\+b,tag=web,tier=db one\n$/);
    await vm.sh("docker rm web; docker run --name web busybox echo plain");
    expect(await vm.sh("docker logs --details web")).toBe(" plain\n");
  });

  test("none keeps nothing, and says so", async () => {
    await vm.sh("docker run --name web --log-driver none busybox echo hi");
    const result = await vm.run("docker logs web");
    expect(result).toMatchObject({
      status: 1,
      stderr: "Error response from daemon: configured logging driver does not support reading\n",
    });
    expect(await vm.sh("ls /var/lib/docker/containers/*/ | grep -c log || true")).toBe("0\n");
  });

  test.each([
    ["--log-driver syslog", "logger: no log driver named 'syslog' is registered"],
    ["--log-opt max-size=x", "failed to initialize logging driver: invalid size: 'x'"],
    ["--log-opt tag={{.Nope}}", "log option 'tag': {{.Nope}} is not supported by this engine"],
    ["--log-opt max-size=1m --log-opt max-file=2 --log-opt compress=true", "log option 'compress': not supported"],
  ])("refuses %s", async (options, message) => {
    const result = await vm.run(`docker run --rm ${options} busybox true`);
    expect([result.status, result.stderr.includes(message)]).toEqual([125, true]);
  });
});
