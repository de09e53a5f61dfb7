/** `npm run -s vm -- …` as authors and scripts use it: a process of its own each time. */

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../kernel-image/paths.ts";
import { freePort } from "../support/free-port.ts";

/** Not tsx's own command: its node would outlive it when it is killed. */
const TSX = ["--import", import.meta.resolve("tsx")];
const VM = join(ROOT, "kernel-image/vm.ts");

interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

let folder: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vm-command-"));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
});

function start(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(process.execPath, [...TSX, VM, ...args], { cwd: folder, ...options });
  running.add(child);
  child.on("close", () => running.delete(child));
  return child;
}

function vm(args: readonly string[], stdin: string | Uint8Array = ""): Promise<Finished> {
  const child = start(args);
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  child.stdin?.on("error", () => undefined).end(stdin);
  return new Promise((resolve) => child.on("close", (status) => resolve({ ...output, status })));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url);
  return response.text();
}

test("shell text runs in the guest: output, errors and status pass through, and nothing else is printed", async () => {
  const result = await vm(["-c", 'echo "$(uname -s) $1"; echo oops >&2; exit 7', "argument"]);
  expect(result).toEqual({ stdout: "Linux argument\n", stderr: "oops\n", status: 7 });
});

test("standard input passes through, to its last byte", async () => {
  const { stdout } = await vm(["-c", "wc -c; wc -c < /dev/null"], Buffer.alloc(300_000, "x"));
  expect(stdout.trim().split(/\s+/)).toEqual(["300000", "0"]);
});

test("a script file runs with its arguments, by its own interpreter when it names one", async () => {
  await writeFile(join(folder, "script.sh"), 'echo "got $1 and $2"; cat\n');
  await writeFile(join(folder, "program"), "#!/usr/bin/awk -f\nBEGIN { print 6 * 7 }\n");
  expect(await vm(["script.sh", "--cold", "-c"], "typed")).toMatchObject({
    stdout: "got --cold and -c\ntyped",
    status: 0,
  });
  expect(await vm(["program"])).toMatchObject({ stdout: "42\n", status: 0 });
});

test("text without a command is read from standard input", async () => {
  expect(await vm([], "echo from stdin; exit 4")).toMatchObject({ stdout: "from stdin\n", status: 4 });
});

test("files and folders are put into the guest", async () => {
  await writeFile(join(folder, "note"), "a note");
  const { stdout } = await vm([
    "--add",
    "note:/srv/a/note",
    "--add",
    `${folder}:/srv/b`,
    "-c",
    "cat /srv/a/note; ls /srv/b",
  ]);
  expect(stdout).toMatch(/^a note[\s\S]*note\n/);
});

test("the docker command works, and its status passes through", async () => {
  const result = await vm(["-c", "docker run --rm busybox sh -c 'echo in a container; exit 5'"]);
  expect(result).toEqual({ stdout: "in a container\n", stderr: "", status: 5 });
});

test("another size of memory boots and says so", async () => {
  const result = await vm(["--memory", "192", "-c", "awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo"]);
  expect(Number(result.stdout)).toBeGreaterThan(150);
  expect(result.stderr).toBe("drydock: the saved machine has 128 MB of memory, not 192 MB; booting instead\n");
});

test("a cold machine is one that has just booted", async () => {
  const { stdout, stderr } = await vm(["--cold", "-c", "cut -d. -f1 /proc/uptime"]);
  expect(Number(stdout)).toBeLessThan(60);
  expect(stderr).toBe("");
});

test("the engine's API is served on a port until the command is interrupted", async () => {
  const port = await freePort();
  const child = start(["--engine-port", String(port)]);
  await new Promise<void>((resolve) =>
    child.stderr?.on("data", (text: Buffer) => text.includes("answers") && resolve()),
  );
  const base = `http://127.0.0.1:${port}`;
  expect(await fetchText(`${base}/_ping`)).toBe("OK");
  const versions = await Promise.all(Array.from({ length: 5 }, () => fetchText(`${base}/v1.45/version`)));
  for (const version of versions) expect(JSON.parse(version)).toMatchObject({ Os: "linux", ApiVersion: "1.45" });
  child.kill("SIGINT");
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(130);
});

test("a port of the guest is published", async () => {
  const port = await freePort();
  const text = "mkdir /srv/www; echo served > /srv/www/index.html; httpd -f -p 127.0.0.1:80 -h /srv/www";
  start(["--publish", `${port}:80`, "-c", text]);
  const page = (): Promise<string> => fetchText(`http://127.0.0.1:${port}/index.html`).catch(() => "");
  await expect.poll(page, { timeout: 60_000, interval: 300 }).toBe("served\n");
});

test("Ctrl-C ends the command in the guest and this one with 130", async () => {
  const child = start(["-c", "echo started; sleep 1000"]);
  await new Promise<void>((resolve) => child.stdout?.once("data", () => resolve()));
  child.kill("SIGINT");
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(130);
});

test("a reader that goes away ends it", async () => {
  const child = start(["-c", "yes"]);
  await new Promise<void>((resolve) => child.stdout?.once("data", () => resolve()));
  child.stdout?.destroy();
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(141);
});

/** script(1) gives it a terminal; it comes with Debian. */
const SCRIPT = "/usr/bin/script";

test.skipIf(!existsSync(SCRIPT))("without a command it is a terminal, and Ctrl-] leaves it", async () => {
  const child = spawn(
    SCRIPT,
    ["-qefc", `stty rows 31 cols 77; ${[process.execPath, ...TSX, VM].join(" ")}`, "/dev/null"],
    { cwd: folder },
  );
  running.add(child);
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (screen += text));
  const shows = (text: string): Promise<void> => expect.poll(() => screen, { timeout: 60_000 }).toContain(text);
  await shows("Ctrl-] leaves");
  child.stdin.write("stty size; tty\r");
  await shows("31 77");
  await shows("/dev/pts/");
  child.stdin.write("\x1d");
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
});

test("--help says how, on standard output", async () => {
  const { stdout, stderr, status } = await vm(["--help"]);
  expect(stdout).toContain("--engine-port");
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
});

test("a slip of the fingers is told before the machine starts, with status 2", async () => {
  const hint = "\nTry npm run -s vm -- --help\n";
  expect(await vm(["--hot"])).toEqual({ stdout: "", stderr: `drydock: Unknown option '--hot'${hint}`, status: 2 });
  expect(await vm(["absent.sh"])).toEqual({
    stdout: "",
    stderr: `drydock: there is no file "absent.sh"${hint}`,
    status: 2,
  });
  const add = await vm(["--add", "absent:/x", "-c", "true"]);
  expect(add).toEqual({ stdout: "", stderr: `drydock: there is no file "absent"${hint}`, status: 2 });
  const script = await vm(["."]);
  expect(script).toEqual({ stdout: "", stderr: `drydock: "." is a folder, not a script${hint}`, status: 2 });
});

test("a taken port is told, with status 1", async () => {
  const server = createServer();
  const port = await listen(server, 0);
  const result = await vm(["--publish", `${port}:80`, "-c", "true"]);
  server.close();
  expect(result).toEqual({ stdout: "", stderr: `drydock: port ${port} of 127.0.0.1 is taken\n`, status: 1 });
});
