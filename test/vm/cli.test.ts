/** The docker command as a person types it, in the real machine: what it prints, on which stream, with which exit code. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestTerminal } from "../support/test-terminal.ts";
import { bootVm, type RunResult, type Vm } from "../support/vm.ts";

const SIZE = { rows: 24, columns: 80 };
const REFUSAL = "docker: Error response from daemon: ";
const CANNOT_START =
  "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: " +
  "unable to start container process: ";
const NO_FILE = 'exec: "nope": executable file not found in $PATH: unknown';
const DIRECTORY = 'exec: "/etc": is a directory: unknown';

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

/** `docker LINE` in a shell of the guest. */
function docker(line: string): Promise<RunResult> {
  return vm.run(`docker ${line}`);
}

function printed(stdout: string): RunResult {
  return { stdout, stderr: "", status: 0 };
}

function refused(status: number, stderr: string): RunResult {
  return { stdout: "", stderr, status };
}

/** `docker WORDS` on a terminal of its own. */
function type(...words: readonly string[]): Promise<TestTerminal> {
  return TestTerminal.open(vm.machine, SIZE, ["docker", ...words]);
}

function startWeb(): Promise<string> {
  return vm.sh("docker run -d --name web busybox httpd -f -h /www");
}

/** Ids and ages are not the same twice, nor is the room they take. */
function mask(table: string): string {
  return table
    .replace(/\b[0-9a-f]{12}\b/g, "ID")
    .replace(/(?:Less than a second|\d+ seconds?)(?: ago)?/g, "AGE")
    .replace(/ {3,}/g, "   ");
}

describe("docker run", () => {
  test("hello-world greets and ends", async () => {
    const { stdout, stderr, status } = await docker("run hello-world");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toMatch(/^\nHello from Docker!\n[\s\S]*\n {1}\$ docker run -it --rm busybox sh\n\n$/);
  });

  test("-it gives a shell on a terminal, and --rm leaves nothing of it", async () => {
    const terminal = await type("run", "-it", "--rm", "busybox", "sh");
    await terminal.waitFor("/ # ");
    await terminal.type("tty; stty size; echo $$ $((6 * 7))\r");
    await terminal.waitFor(/\/dev\/pts\/0\r\n24 80\r\n1 42\r\n/);
    terminal.resize(30, 100);
    await terminal.type("sleep 0.2; stty size\r");
    await terminal.waitFor("30 100\r\n");
    await terminal.type("exit 6\r");
    expect(await terminal.waitForEnd()).toBe(6);
    expect(await docker("ps -aq")).toEqual(printed(""));
  });

  test("-it: Ctrl-C is for the command inside, not for the shell around it", async () => {
    const terminal = await type("run", "-it", "--rm", "busybox", "sh");
    await terminal.waitFor("/ # ");
    await terminal.type("sh -c 'echo g\"\"o; exec sleep 1000'\r");
    await terminal.waitFor("go\r\n");
    await terminal.type("\x03");
    await terminal.waitFor("^C");
    await terminal.type("echo status $?; exit\r");
    await terminal.waitFor("status 130\r\n");
    expect(await terminal.waitForEnd()).toBe(0);
  });

  test("-it: the detach keys leave it running, and attach comes back to it", async () => {
    const first = await type("run", "-it", "--name", "stay", "busybox", "sh");
    await first.waitFor("/ # ");
    await first.type("word=kept\r\x10\x11");
    expect(await first.waitForEnd()).toBe(0);
    const second = await type("attach", "stay");
    await second.type("echo $word; exit 4\r");
    await second.waitFor("kept\r\n");
    expect(await second.waitForEnd()).toBe(4);
  });

  test("-d prints the id and returns", async () => {
    const id = await startWeb();
    expect(id).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await docker("inspect -f '{{.Id}} {{.State.Running}}' web")).toEqual(printed(`${id.trim()} true\n`));
  });

  test("standard output and standard error arrive apart", async () => {
    const result = await docker("run --rm busybox sh -c 'echo out; echo err >&2'");
    expect(result).toEqual({ stdout: "out\n", stderr: "err\n", status: 0 });
  });

  test("-i reads the other end of a pipe to its end", async () => {
    expect(await vm.run("echo hi | docker run -i --rm busybox cat")).toEqual(printed("hi\n"));
    expect(await vm.run("docker run -i --rm busybox sh -c 'cat; echo over' < /dev/null")).toEqual(printed("over\n"));
    expect(await vm.run("docker run -i --rm busybox sh -c 'cat; echo over' <&-")).toEqual(printed("over\n"));
  });

  test("without -i nobody reads what is typed", async () => {
    const piped = "printf 'mine\\n' | { docker run --rm busybox cat; cat; }";
    expect(await vm.run(piped)).toEqual(printed("mine\n"));
  });

  test("a megabyte arrives whole, each way", async () => {
    const many = "yes 0123456789abcde | head -c 1048576";
    const sum = await vm.sh(`${many} | md5sum`);
    expect(await docker(`run --rm busybox sh -c '${many}' | md5sum`)).toEqual(printed(sum));
    expect(await vm.run(`${many} | docker run -i --rm busybox md5sum`)).toEqual(printed(sum));
  });

  test("a reader that has seen enough ends it: run tells, others die of SIGPIPE", async () => {
    const first = (line: string): string => `{ docker ${line}; echo status $? >&2; } | head -n 1`;
    const told = { stdout: "1\n", stderr: "write /dev/stdout: broken pipe\nstatus 1\n", status: 0 };
    expect(await vm.run(first("run --name job busybox seq 100000"))).toEqual(told);
    // A log that is not yet longer than a pipe holds would be written to its end.
    await vm.sh("docker wait job");
    expect(await vm.run(first("logs job"))).toEqual({ stdout: "1\n", stderr: "status 141\n", status: 0 });
  });

  test("Ctrl-C on an attached run goes to the container, whose answer is the exit code", async () => {
    const terminal = await type("run", "--rm", "--init", "busybox", "sh", "-c", "echo ready; exec sleep 1000");
    await terminal.waitFor("ready\r\n");
    await terminal.type("\x03");
    expect(await terminal.waitForEnd()).toBe(130);
    expect(await docker("ps -aq")).toEqual(printed(""));
  });

  test("--rm leaves nothing, however it ends", async () => {
    const things =
      "docker ps -aq; ls /var/lib/docker/containers; mount | grep -c /merged; ls -d /sys/fs/cgroup/docker/*/";
    await docker("run --rm busybox true");
    const before = (await vm.run(things)).stdout;
    const ends: readonly (readonly [line: string, status: number])[] = [
      ["run --rm busybox false", 1],
      ["run --rm busybox nope", 127],
      ["run --rm busybox sh -c 'kill -9 $$; kill -TERM 1; exit 2'", 2],
    ];
    for (const [line, status] of ends) expect((await docker(line)).status).toBe(status);
    expect((await vm.run(things)).stdout).toBe(before);
  });
});

describe("docker ps, images, logs", () => {
  test("ps shows what runs, ps -a also what ended", async () => {
    await vm.run("docker run --name job busybox sh -c 'exit 3'");
    await startWeb();
    const head = "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n";
    const web = 'ID   busybox   "httpd -f -h /www"   AGE   Up AGE   web\n';
    const job = "ID   busybox   \"sh -c 'exit 3'\"   AGE   Exited (3) AGE   job\n";
    expect(mask((await docker("ps")).stdout)).toBe(head + web);
    expect(mask((await docker("ps -a")).stdout)).toBe(head + web + job);
    expect(await docker("ps -a --format '{{.Names}}: {{.State}}'")).toEqual(printed("web: running\njob: exited\n"));
  });

  test("ps pads its columns as Docker does", async () => {
    expect(await docker("ps")).toEqual(
      printed("CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n"),
    );
  });

  test("ps -s counts what was written, and directories for nothing", async () => {
    await vm.sh(
      "docker run --name empty busybox mkdir -p /a/b; docker run --name full busybox sh -c 'head -c 2000 /dev/zero > /x'",
    );
    const lines = await vm.sh(
      "docker ps -as --format '{{.Names}} {{.Size}}' | grep -E 'empty|full'; docker rm empty full > /dev/null",
    );
    expect(lines).toMatch(/^full 2kB \(virtual [\d.]+MB\)\nempty 0B \(virtual [\d.]+MB\)\n$/);
  });

  test("images lists those that came along", async () => {
    const { stdout, stderr, status } = await docker("images");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toMatch(/^REPOSITORY {4}TAG {7}IMAGE ID {7}CREATED {3,}SIZE\n/);
    expect(stdout).toMatch(/^busybox {7}latest {4}[0-9a-f]{12} {3}\d+ \w+ ago {3}\d+[kM]B$/m);
    expect(stdout).toMatch(/^hello-world {3}latest {4}[0-9a-f]{12} {3}\d+ \w+ ago {3}\d+B$/m);
  });

  test("logs repeats both streams, follows, and takes the tail", async () => {
    await vm.run("docker run --name job busybox sh -c 'echo one; echo two >&2; echo three'");
    expect(await docker("logs job")).toEqual({ stdout: "one\nthree\n", stderr: "two\n", status: 0 });
    await vm.sh("docker run -d --name count busybox sh -c 'for n in 1 2 3; do echo $n; sleep 0.3; done'");
    expect(await docker("logs -f count")).toEqual(printed("1\n2\n3\n"));
    expect(await docker("logs -n 1 count")).toEqual(printed("3\n"));
  });
});

describe("docker exec", () => {
  test("runs a command beside the first one, and gives its streams and its code", async () => {
    await startWeb();
    const result = await docker("exec web sh -c 'echo out; echo err >&2; ls /proc/1/exe; exit 9'");
    expect(result).toEqual({ stdout: "out\n/proc/1/exe\n", stderr: "err\n", status: 9 });
    expect(await vm.run("echo hi | docker exec -i web cat")).toEqual(printed("hi\n"));
    // Not the end of its output counts, but its own.
    expect((await docker("exec web sh -c 'exec >&- 2>&-; sleep 1; exit 5'")).status).toBe(5);
    expect(await docker("exec -e A=1 -w /tmp -u 7:8 web sh -c 'echo $A $(pwd) $(id -u):$(id -g)'")).toEqual(
      printed("1 /tmp 7:8\n"),
    );
  });

  test("-it is a terminal", async () => {
    await startWeb();
    const terminal = await type("exec", "-it", "web", "sh");
    await terminal.waitFor("/ # ");
    await terminal.type("tty; stty size; exit 5\r");
    await terminal.waitFor(/\/dev\/pts\/0\r\n24 80\r\n/);
    expect(await terminal.waitForEnd()).toBe(5);
  });

  test("says what cannot be executed, with 126 and 127", async () => {
    await startWeb();
    const text = "OCI runtime exec failed: exec failed: unable to start container process: ";
    expect(await docker("exec web nope")).toEqual({ stdout: `${text}${NO_FILE}\r\n`, stderr: "", status: 127 });
    expect(await docker("exec web /etc")).toEqual({ stdout: `${text}${DIRECTORY}\r\n`, stderr: "", status: 126 });
  });

  test("needs a container that runs", async () => {
    await vm.run("docker run --name job busybox true");
    const id = (await vm.sh("docker ps -aq --no-trunc")).trim();
    expect(await docker("exec nope true")).toEqual(refused(1, "Error response from daemon: No such container: nope\n"));
    expect(await docker("exec job true")).toEqual(
      refused(1, `Error response from daemon: container ${id} is not running\n`),
    );
  });
});

describe("docker stop, kill, rm", () => {
  test("stop asks, then insists: 137 for one that does not listen, 143 for one that dies of it", async () => {
    await startWeb();
    await vm.sh("docker run -d --init --name polite busybox sleep 1000");
    expect(await docker("stop -t 1 web polite")).toEqual(printed("web\npolite\n"));
    expect(await docker("wait web polite")).toEqual(printed("137\n143\n"));
  });

  test("an attached run tells what became of its container: 137, 143", async () => {
    for (const [end, status] of [
      ["kill", 137],
      ["stop", 143],
    ] as const) {
      const running = docker("run --rm --init --name attached busybox sleep 1000");
      await vm.sh("for i in $(seq 50); do docker ps -q | grep -q . && exit 0; sleep 0.1; done; exit 1");
      expect(await docker(`${end} attached`)).toEqual(printed("attached\n"));
      expect(await running).toEqual(refused(status, ""));
    }
  });

  test("kill -s sends any signal", async () => {
    await vm.sh("docker run -d --name trap busybox sh -c 'trap \"exit 12\" USR1; while :; do sleep 0.1; done'");
    expect(await docker("kill -s USR1 trap")).toEqual(printed("trap\n"));
    expect(await docker("wait trap")).toEqual(printed("12\n"));
  });

  test("rm takes what ended and, with -f, what runs", async () => {
    await vm.run("docker run --name job busybox true");
    await startWeb();
    expect(await docker("rm job web")).toEqual({
      stdout: "job\n",
      stderr:
        'Error response from daemon: cannot remove container "/web": container is running: ' +
        "stop the container before removing or force remove\n",
      status: 1,
    });
    expect(await docker("rm -f web")).toEqual(printed("web\n"));
    expect(await docker("ps -aq")).toEqual(printed(""));
  });

  test("what is not there is named", async () => {
    const missing = "No such container: nope\n";
    expect(await docker("stop nope")).toEqual(refused(1, `Error response from daemon: ${missing}`));
    expect(await docker("rm nope")).toEqual(refused(1, `Error response from daemon: ${missing}`));
    expect(await docker("logs nope")).toEqual(refused(1, `Error response from daemon: ${missing}`));
    expect(await docker("kill nope")).toEqual(
      refused(1, `Error response from daemon: cannot kill container: nope: ${missing}`),
    );
    expect(await docker("inspect nope")).toEqual({
      stdout: "[]\n",
      stderr: "Error: No such object: nope\n",
      status: 1,
    });
  });
});

describe("what is refused, in Docker's words", () => {
  const cases: readonly (readonly [line: string, status: number, stderr: string])[] = [
    ["foo", 1, "docker: 'foo' is not a docker command.\nSee 'docker --help'\n"],
    ["run --foo busybox", 125, "unknown flag: --foo\nSee 'docker run --help'.\n"],
    ["ps -y", 125, "unknown shorthand flag: 'y' in -y\nSee 'docker ps --help'.\n"],
    ["stop -t soon web", 125, integerRefusal()],
    ["ps extra", 1, usage("ps", "accepts no arguments", "[OPTIONS]", "List containers")],
    [
      "rm",
      1,
      usage(
        "rm",
        "requires at least 1 argument",
        "[OPTIONS] CONTAINER [CONTAINER...]",
        "Remove one or more containers",
      ),
    ],
    [
      "run BAD",
      125,
      refusal("run", "docker: invalid reference format: repository name (library/BAD) must be lowercase."),
    ],
    ["run --pull never nope", 125, refusal("run", `${REFUSAL}No such image: nope:latest.`)],
    ["run --rm busybox nope", 127, `${REFUSAL}${CANNOT_START}${NO_FILE}.\n`],
    ["run --rm busybox /etc", 126, `${REFUSAL}${CANNOT_START}${DIRECTORY}.\n`],
    ["run --rm busybox sh -c 'exit 42'", 42, ""],
    ["run -it --rm busybox true < /dev/null", 1, "the input device is not a TTY\n"],
    ["run --rm --restart always busybox", 125, refusal("run", "docker: Conflicting options: --restart and --rm.")],
    [
      "-H unix:///tmp/none ps",
      1,
      "Cannot connect to the Docker daemon at unix:///tmp/none. Is the docker daemon running?\n",
    ],
  ];
  for (const [line, status, stderr] of cases) {
    test(`docker ${line}`, async () => {
      expect(await docker(line)).toEqual(refused(status, stderr));
      expect(await docker("ps -aq")).toEqual(printed(""));
    });
  }

  test("an image that is nowhere: looked for, then refused with 125", async () => {
    const { stdout, stderr, status } = await docker("run nope");
    expect({ stdout, status }).toEqual({ stdout: "", status: 125 });
    expect(stderr).toMatch(
      /^Unable to find image 'nope:latest' locally\ndocker: Error response from daemon: pull access denied for nope, repository does not exist or may require 'docker login': .*\.\nSee 'docker run --help'\.\n$/,
    );
  });

  test("a name that is taken", async () => {
    const id = (await startWeb()).trim();
    const text = `Conflict. The container name "/web" is already in use by container "${id}". `;
    const advice = "You have to remove (or rename) that container to be able to reuse that name.";
    expect(await docker("run --name web busybox true")).toEqual(
      refused(125, refusal("run", `${REFUSAL}${text}${advice}`)),
    );
  });
});

function refusal(command: string, message: string): string {
  return `${message}\nSee 'docker ${command} --help'.\n`;
}

function usage(command: string, complaint: string, words: string, summary: string): string {
  return `${refusal(command, `"docker ${command}" ${complaint}.`)}\nUsage:  docker ${command} ${words}\n\n${summary}\n`;
}

function integerRefusal(): string {
  const text = 'invalid argument "soon" for "-t, --time" flag: strconv.ParseInt: parsing "soon": invalid syntax';
  return refusal("stop", text);
}
