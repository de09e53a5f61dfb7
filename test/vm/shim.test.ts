import { createHash, randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

const MEGABYTE = 1024 * 1024;

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

describe("a container's shim", () => {
  test("carries 1 MB in and out of a container", async () => {
    const bytes = randomBytes(MEGABYTE);
    const { stdout, status } = await vm.run("docker run --rm -i busybox cat | sha256sum", { stdin: bytes });
    expect(status).toBe(0);
    expect(stdout.split(" ")[0]).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  test("keeps standard output and standard error apart", async () => {
    const result = await vm.run(["docker", "run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect(result).toEqual({ stdout: "out\n", stderr: "err\n", status: 3 });
  });

  test("reports the signal that ended a container", async () => {
    const { status } = await vm.run(["docker", "run", "--rm", "--init", "busybox", "sh", "-c", "kill -9 $$"]);
    expect(status).toBe(137);
  });

  test("loses nothing of what a short program prints before the client has looked", async () => {
    for (let round = 0; round < 5; round++)
      expect(await vm.sh("docker run --rm busybox seq 1 500 | tail -1")).toBe("500\n");
  });

  test("writes a log that docker logs gives back byte for byte", async () => {
    await vm.sh(`docker run --name log busybox printf 'one\\n<&>"\\\\\\n\\tthree'`);
    expect(await vm.sh("docker logs log")).toBe('one\n<&>"\\\n\tthree');
    expect(await vm.sh("docker logs --tail 1 log")).toBe("\tthree");
  });

  test("writes Docker's json-file format", async () => {
    await vm.sh('docker run --name format busybox sh -c \'echo "<a>"; printf "\\377\\n" >&2\'');
    const lines = (await vm.sh("cat /var/lib/docker/containers/*/*-json.log")).trimEnd().split("\n");
    const time = String.raw`"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z"`;
    expect(lines.sort()).toEqual([
      expect.stringMatching(new RegExp(String.raw`^\{"log":"\\u003ca\\u003e\\n","stream":"stdout",${time}\}$`)),
      expect.stringMatching(new RegExp(String.raw`^\{"log":"\\ufffd\\n","stream":"stderr",${time}\}$`)),
    ]);
  });

  test("follows a log to the container's end", async () => {
    await vm.sh("docker run -d --name follow busybox sh -c 'for i in 1 2 3; do echo $i; sleep 0.3; done'");
    expect(await vm.sh("docker logs -f follow")).toBe("1\n2\n3\n");
  });

  test("gives the log of a stopped container to who follows it, and ends", async () => {
    await vm.sh("docker run --name stopped busybox printf 'one\\ntwo\\n'");
    expect(await vm.sh("docker logs -f stopped", { timeout: 10_000 })).toBe("one\ntwo\n");
  });

  test("does not make who follows wait for a container that was never started: as Docker does", async () => {
    await vm.sh("docker create --name never busybox echo hi");
    expect(await vm.sh("docker logs -f never", { timeout: 10_000 })).toBe("");
  });

  test("lets who follows go when the container is removed", async () => {
    await vm.sh("docker run -d --name doomed busybox sh -c 'echo here; sleep 1000'");
    await vm.sh("docker logs -f doomed > /tmp/doomed & echo $! > /tmp/pid");
    await vm.until("grep -q here /tmp/doomed");
    await vm.sh("docker rm -f doomed");
    await vm.until("! kill -0 $(cat /tmp/pid) 2>/dev/null");
    await vm.until("! pidof docker-logs");
  });

  test("lets a slow reader have all of the log, and go, when the container is removed meanwhile", async () => {
    const last = 60_000;
    await vm.sh(
      `docker run -d --name slow busybox sh -c 'while [ ! -e /go ]; do sleep 0.1; done; seq ${last}; sleep 1000'`,
    );
    await vm.sh(
      "docker logs -f slow | (while [ ! -e /tmp/read ]; do sleep 0.1; done; tail -1) > /tmp/last & echo $! > /tmp/pid",
    );
    await vm.until("pidof docker-logs");
    await vm.sh("docker exec slow touch /go");
    await vm.until(`docker logs --tail 1 slow | grep -q ${last}`);
    await vm.sh("docker rm -f slow; touch /tmp/read");
    await vm.until("! pidof docker-logs", 30);
    await vm.until("[ -s /tmp/last ]", 30);
    expect(await vm.sh("cat /tmp/last")).toBe(`${last}\n`);
  });

  test("lives on when its client is killed", async () => {
    await vm.sh(
      "docker run --name orphan busybox sh -c 'while :; do echo tick; sleep 0.1; done' > /tmp/orphan & echo $! > /tmp/pid",
    );
    await vm.until("grep -q tick /tmp/orphan");
    await vm.sh("kill -9 $(cat /tmp/pid)");
    const before = Number(await vm.sh("docker logs orphan | wc -l"));
    await vm.until(`test $(docker logs orphan | wc -l) -gt ${before + 3}`);
    expect(await vm.sh("docker inspect -f '{{.State.Running}}' orphan")).toBe("true\n");
  });

  test("leaves the container running when the detach keys are pressed", async () => {
    const terminal = await vm.terminal();
    await terminal.type("docker run -it --name keys busybox sh\n");
    await terminal.waitFor("/ #");
    await terminal.type("echo in$((1+1))side\n");
    await terminal.waitFor("in2side");
    terminal.clear();
    await terminal.type("\x10\x11");
    // What is typed before the prompt is back is still the client's.
    await terminal.waitFor("root@drydock");
    await terminal.type("echo out$((2+2))side=$?\n");
    await terminal.waitFor("out4side=0");
    expect(await vm.sh("docker inspect -f '{{.State.Running}}' keys")).toBe("true\n");
    terminal.close();
  });

  test("gives a terminal's size to the container, and each new one", async () => {
    const terminal = await vm.terminal({ rows: 30, columns: 90 });
    const script = "trap 'echo size is $(stty size)' WINCH; echo first $(stty size); read word; exit 5";
    await terminal.type(`docker run -it --rm busybox sh -c "${script.replaceAll("$", "\\$")}"\n`);
    await terminal.waitFor("first 30 90");
    terminal.resize(21, 61);
    await terminal.waitFor("size is 21 61");
    terminal.clear();
    await terminal.type("\n");
    await terminal.waitFor("root@drydock");
    await terminal.type("echo status=$?\n");
    await terminal.waitFor("status=5");
    terminal.close();
  });

  test("outlives the engine, and tells the next one how the container ended", async () => {
    await vm.sh("docker run -d --name survivor busybox sh -c 'echo before; sleep 4; echo after; exit 9'");
    await vm.sh("kill -9 $(pidof dockerd)");
    await vm.until("docker ps > /dev/null 2>&1");
    expect(await vm.sh("docker wait survivor")).toBe("9\n");
    expect(await vm.sh("docker logs survivor")).toBe("before\nafter\n");
  });

  test("takes less than 150 kB of memory of its own", async () => {
    await vm.sh("docker run -d --name small busybox sleep 1000");
    const dirty = await vm.sh("grep Private_Dirty /proc/$(pidof docker-shim)/smaps_rollup");
    expect(Number(/(\d+) kB/.exec(dirty)?.[1])).toBeLessThan(150);
  });
});

/** Runs until somebody touches /go in it. */
const WAIT = "while [ ! -e /go ]; do sleep 0.1; done";
const SHIM = "$(pidof docker-shim)";

describe("a shim, seen from the machine", () => {
  test("is ended by no signal that can be kept from it", async () => {
    await vm.sh(`docker run -d --name deaf busybox sh -c '${WAIT}; echo after; exit 7'`);
    await vm.sh(`for s in PIPE TERM INT HUP QUIT TSTP TTIN TTOU CHLD; do kill -$s ${SHIM}; done`);
    await vm.sh("docker exec deaf touch /go");
    expect(await vm.sh("docker wait deaf")).toBe("7\n");
    expect(await vm.sh("docker logs deaf")).toBe("after\n");
  });

  test("has nothing open but what it serves", async () => {
    await vm.sh("docker run -d --name bare busybox sleep 1000");
    await vm.until(`[ $(ls /proc/${SHIM}/fd | wc -l) = 6 ]`);
    const links = await vm.sh(
      `cd /proc/${SHIM}/fd; for fd in *; do readlink $fd; done | sed 's/:.*//; s/.*-//' | sort`,
    );
    // The container's first process, the log, both outputs, the listener and the engine's line.
    expect(links.trim().split("\n")).toEqual(["anon_inode", "json.log", "pipe", "pipe", "socket", "socket"]);
  });

  test("leads a session of its own in the root directory, under its own name", async () => {
    await vm.sh("cd /tmp && docker run -d --name placed busybox sleep 1000");
    const place = `cd /proc/${SHIM}; cat comm; readlink cwd; [ $(cut -d' ' -f6 stat) = ${SHIM} ] && echo leader`;
    expect(await vm.sh(place)).toBe("docker-shim\n/\nleader\n");
  });

  test("is the last that a want of memory ends: the container goes first, then the engine", async () => {
    await vm.sh("docker run -d --name hungry busybox sleep 1000");
    const pids = "$(docker inspect -f '{{.State.Pid}}' hungry) $(pidof dockerd) $(pidof docker-shim)";
    const scores = (await vm.sh(`for p in ${pids}; do cat /proc/$p/oom_score; done`)).trim().split("\n").map(Number);
    const [container = 0, engine = 0, shim = 0] = scores;
    expect(container).toBeGreaterThan(engine);
    expect(engine).toBeGreaterThan(shim);
    expect(await vm.sh(`cat /proc/${SHIM}/oom_score_adj`)).toBe("-998\n");
  });

  test("takes a container that is stopped and continued for one that runs", async () => {
    await vm.sh(`docker run -d --name paused busybox sh -c '${WAIT}; exit 6'`);
    await vm.sh("pid=$(docker inspect -f '{{.State.Pid}}' paused); kill -STOP $pid; sleep 0.3; kill -CONT $pid");
    expect(await vm.sh("docker inspect -f '{{.State.Running}}' paused")).toBe("true\n");
    await vm.run("docker exec paused touch /go");
    expect(await vm.sh("docker wait paused")).toBe("6\n");
  });
});

/** Attaches, and types in the same breath. Gives what has come so far. */
async function attachRaw(container: string, query: string, typed = ""): Promise<() => string> {
  let seen = "";
  const channel = await vm.open(
    { kind: "unix", path: "/run/docker.sock" },
    {
      data: (_stream, data) => {
        seen += Buffer.from(data).toString("latin1");
      },
      closed() {},
    },
  );
  const head = `POST /v1.45/containers/${container}/attach?stream=1&${query} HTTP/1.1`;
  await channel.write(Buffer.from(`${head}\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n${typed}`));
  await expect.poll(() => seen).toContain("UPGRADED");
  return () => seen;
}

describe("clients of a shim", () => {
  test("all have what came since the start, however many attached before it", async () => {
    await vm.sh("docker create --name many busybox seq 1000 1999");
    const clients = [];
    for (let count = 0; count < 7; count++) clients.push(await attachRaw("many", "stdout=1"));
    await vm.sh("docker start many; docker wait many");
    for (const seen of clients) {
      await expect.poll(seen).toContain("1999\n");
      expect(seen().match(/\d{4}\n/g)).toHaveLength(1000);
    }
  });

  test("may have typed thousands of bytes before there was a container", async () => {
    await vm.sh("docker create -i --name typed busybox sh -c 'head -c 15000 | sha256sum'");
    const typed = randomBytes(7500).toString("hex");
    await attachRaw("typed", "stdin=1", typed);
    await vm.sh("docker start typed; docker wait typed");
    expect(await vm.sh("docker logs typed")).toBe(`${createHash("sha256").update(typed).digest("hex")}  -\n`);
  });

  test("may go away in the middle of what they are given", async () => {
    await vm.sh("docker run -d --name chatty busybox sh -c 'while [ ! -e /go ]; do echo line; done; exit 3'");
    await vm.run("docker attach chatty | head -c 20000 > /dev/null");
    await vm.sh("docker attach chatty > /dev/null & sleep 0.5; kill -9 $!");
    expect(await vm.sh("docker attach chatty | head -1")).toBe("line\n");
    // The container may be over before touch is, which ends with it then.
    await vm.run("docker exec chatty touch /go");
    expect(await vm.sh("docker wait chatty")).toBe("3\n");
  });
});
