import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TraceCall, TraceLine } from "../../guest/api/contract/drydock.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const ROOT = resolve(import.meta.dirname, "../..");
let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});

afterAll(async () => {
  await vm.stop();
});

/** The calls of a command, by `docker trace --format json`. */
async function traceOf(command: string): Promise<readonly TraceCall[]> {
  const { stderr } = await vm.run(`docker trace --format json ${command}`);
  return parseLines(stderr).filter((line) => line.kind === "call");
}

function parseLines(text: string): readonly TraceLine[] {
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as TraceLine);
}

test("a traced run prints what it prints, and the calls by which it was made", async () => {
  const { stdout, stderr, status } = await vm.run(
    "docker trace run --rm --name traced busybox sh -c 'echo hi; exit 7'",
  );
  expect({ stdout, status }).toEqual({ stdout: "hi\n", status: 7 });
  expect(stderr).toMatch(/^ +AT \(ms\) +TOOK +PROCESS +SOURCE +CALL\nPOST \/containers\/create\n/);
  expect(stderr).toMatch(
    /engine \d+ +runtime\/overlay\.ts:\d+ +mount\("overlay", "\/var\/lib\/docker\/overlay2\/\w{12}…\/merged"/,
  );
  expect(stderr).toMatch(/engine \d+ +runtime\/monitor\.ts:\d+ +clone3\(\{\}\) = \d+/);
  expect(stderr).toMatch(/shim \d+ .* {4}clone3\(\{flags=.*CLONE_NEWPID.*\}\) = \d+/);
  expect(stderr).toMatch(/init \d+ .* {6}pivot_root\("\.", "\."\)/);
  expect(stderr).toMatch(/init \d+ .* {6}execve\("\/bin\/sh", \["sh", "-c", "echo hi; exit 7"\]/);
  expect(stderr).toMatch(/\nexit\n.*memory\.events/);
  expect(stderr).toMatch(/\n\d+ calls in 3 processes, \d+ failed, [\d.]+ ms in the kernel\n$/);
});

test("every process has the pid that the machine knows, and the depth of its parent plus one", async () => {
  const calls = await traceOf("run -d --name pids busybox sleep 1000");
  const pid = Number(await vm.sh("docker inspect --format '{{.State.Pid}}' pids"));
  const processes = new Map(calls.map(({ process }) => [process.role, process]));
  expect(processes.get("init")).toEqual({ pid, role: "init", depth: 2 });
  const shim = Number((await vm.sh(`cut -d' ' -f4 /proc/${pid}/stat`)).trim());
  expect(processes.get("shim")).toEqual({ pid: shim, role: "shim", depth: 1 });
  expect(processes.get("engine")?.pid).toBe(Number(await vm.sh("cat /run/docker.pid")));
  await vm.sh("docker rm -f pids");
});

test("the line that is named makes the call that is named", async () => {
  const calls = await traceOf("run --rm -v /srv:/srv --memory 64m busybox true");
  const methods = { ...METHODS };
  const wrong = calls.filter(({ call, source }) => {
    if (source === null) return true;
    const lines = readFileSync(join(ROOT, source.file), "utf8").split("\n");
    // A call may begin a line or two above the place of its parenthesis.
    const near = lines.slice(source.line - 3, source.line + 2).join("\n");
    return !near.includes(`.${methods[call] ?? call}(`) && !near.includes(`.${OTHERS[call] ?? call}(`);
  });
  expect(calls.length).toBeGreaterThan(100);
  expect(wrong.map(({ call, source }) => `${call} at ${source?.file}:${source?.line}`)).toEqual([]);
});

/** How our method is called where the kernel says otherwise. */
const METHODS: Readonly<Record<string, string>> = {
  clone3: "vfork",
  execve: "program",
  keyctl: "joinSessionKeyring",
  umount2: "umount",
  pivot_root: "pivotRoot",
  close_range: "closeFrom",
  mount_setattr: "mountSetattr",
  bpf: "bpfAttachDevice",
  prctl: "prctl",
  getdents64: "readdir",
};
const OTHERS: Readonly<Record<string, string>> = { prctl: "capbsetDrop", bpf: "bpfLoadDeviceProgram" };

test("a command that needs nothing of the kernel says so", async () => {
  const { stdout, stderr, status } = await vm.run("docker trace ps -q");
  expect({ stdout, stderr, status }).toEqual({
    stdout: "",
    stderr: expect.stringMatching(
      /^ +AT .* CALL\nGET \/containers\/json\nThe engine asked the kernel for nothing: it answered from memory\.\n$/,
    ),
    status: 0,
  });
});

test("what went wrong is in the trace, and the command's own words and exit code stay", async () => {
  const { stderr, status } = await vm.run("docker trace run --rm --name broken busybox /nowhere");
  expect(status).toBe(127);
  expect(stderr).toContain('exec: "/nowhere": stat /nowhere: no such file or directory');
  expect(stderr).toMatch(/stat\("\/nowhere"\) = ENOENT/);
  expect((await vm.run("docker trace nonsense")).stderr).toContain("docker: 'nonsense' is not a docker command.");
  expect((await vm.run("docker trace")).stderr).toContain('"docker trace" requires at least 1 argument.');
});

test("GET /drydock/trace?container= tells of this container only, from another client's command on", async () => {
  await vm.sh("docker create --name mine busybox true && docker create --name other busybox true");
  const { engine: client } = vm;
  const lines: TraceLine[] = [];
  const { Id: id } = await client.inspectContainer("mine");
  const subscription = await client.trace({ container: "mine" }, (line) => lines.push(line));
  subscription.closed.catch(() => {});
  await vm.sh("docker start other mine && docker wait mine other");
  await expect.poll(() => lines.some((line) => line.kind === "call" && line.occasion === "exit")).toBe(true);
  expect(lines.every((line) => line.kind === "call" && line.container === id)).toBe(true);
  expect(lines).toContainEqual(
    expect.objectContaining({ occasion: `POST /containers/mine/start`, call: "pivot_root" }),
  );
  subscription.close();
  await expect(client.trace({ container: "nobody" }, () => {})).rejects.toThrow("No such container: nobody");
  await vm.sh("docker rm mine other");
});

test("the trace is printed as the calls come: while the container runs, its start can be read", async () => {
  await vm.sh("mkfifo /tmp/more && (docker trace run -i --rm busybox cat < /tmp/more > /tmp/out 2> /tmp/trace &)");
  await vm.sh(
    "exec 3> /tmp/more; for n in $(seq 300); do grep -q execve /tmp/trace && exit 0; sleep 0.1; done; exit 1",
  );
  await vm.until("grep -q 'in the kernel' /tmp/trace", 30);
  const trace = await vm.sh("cat /tmp/trace");
  expect(trace.indexOf("execve(")).toBeLessThan(trace.indexOf("\nexit\n"));
});

test("a container with the terminal has it for itself: its start is told before, its end after", async () => {
  const terminal = await vm.terminal({ rows: 24, columns: 200 });
  await terminal.waitFor("# ");
  await terminal.type("docker trace run -it --rm --name shell busybox sh\r");
  await terminal.waitFor(/execve\(.*\/ # /s, 60_000);
  terminal.resize(30, 200);
  await vm.until("docker exec shell stty -F /dev/pts/0 size | grep -q '30 200'", 30);
  await terminal.type("echo still h''ere; exit\r");
  const text = await terminal.waitFor(" in the kernel", 60_000);
  const begin = text.indexOf("/ # ");
  const end = text.indexOf("\nstill here");
  expect(text.slice(begin, end)).not.toContain("POST");
  expect(text.slice(end)).toMatch(/POST \/containers\/\w{12}…\/resize.*exit.*memory\.events/s);
  terminal.close();
});

test("a command that reads no trace while it waits takes no memory of the engine, and has its trace at the end", async () => {
  const memory = "grep VmRSS /proc/$(cat /run/docker.pid)/status | tr -dc 0-9";
  await vm.sh("docker run --rm busybox true");
  await vm.sh("(sleep 1000 | docker trace run -i --rm --name idle busybox cat) > /tmp/out 2> /tmp/trace &");
  await vm.sh("for n in $(seq 100); do docker ps | grep -q idle && break; sleep 0.1; done");
  for (let round = 0; round < 5; round++) await vm.sh("docker run --rm busybox true");
  const before = Number(await vm.sh(memory));
  for (let round = 0; round < 10; round++) await vm.sh("docker run --rm busybox true");
  expect(Number(await vm.sh(memory)) - before).toBeLessThan(1000);
  await vm.sh("docker kill idle; for n in $(seq 100); do grep -q 'in the kernel' /tmp/trace && break; sleep 0.1; done");
  expect(await vm.sh("tail -n 1 /tmp/trace")).toMatch(/^\d+ calls in 3 processes/);
  await vm.run("killall sleep");
});
