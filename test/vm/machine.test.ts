/** The machine itself: restore, pipe, terminals, clock, save. What runs in it is the business of the other files. */
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderSource } from "../../kernel-image/headless/folder-source.ts";
import { runInGuest } from "../../kernel-image/headless/run.ts";
import { startHeadless } from "../../kernel-image/headless/start.ts";
import { MACHINE_FOLDER } from "../../kernel-image/paths.ts";
import { type MachineManifest, readImages } from "../../web/machine/machine-files.ts";
import { V86Machine } from "../../web/machine/v86-machine.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const MEGABYTE = 1 << 20;

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

async function readBytes(vm: Vm, path: string): Promise<Uint8Array> {
  return (await runInGuest(vm.machine, ["cat", path])).stdout;
}

describe("a restored machine", () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await bootVm();
  });
  afterAll(() => vm.stop());

  test("gives output, errors and status of a command apart", async () => {
    expect(await vm.run("echo out; echo err >&2; exit 3")).toEqual({ stdout: "out\n", stderr: "err\n", status: 3 });
  });

  test("keeps what the kernel says of cables in its log, and puts only warnings on the console", async () => {
    const lines: string[] = [];
    vm.machine.onConsole((text) => lines.push(text));
    await vm.sh("docker run --rm busybox true; echo '<4>a warning' > /dev/kmsg; echo '<5>a note' > /dev/kmsg");
    expect(await vm.sh("dmesg")).toMatch(
      /docker0: port 1\(veth\w+\) entered forwarding state[\s\S]*a warning\n.*a note\n/,
    );
    expect(lines.join("")).toMatch(/^.*a warning\r?\n$/);
  });

  test("gives 128 and the signal for a command that a signal ended", async () => {
    expect((await vm.run(["sh", "-c", "kill -TERM $$"])).status).toBe(143);
  });

  test("says what is wrong with a command that cannot be started", async () => {
    await expect(vm.run(["/no/such/program"])).rejects.toThrow(/No such file or directory/);
  });

  test("hands over argv, environment and directory unchanged", async () => {
    const result = await vm.run(["sh", "-c", 'printf "%s|" "$@" "$GREETING" "$PWD"', "sh", "", "a b", "'\"\\"], {
      env: ["GREETING=grüß dich"],
      cwd: "/tmp",
    });
    expect(result.stdout).toBe("|a b|'\"\\|grüß dich|/tmp|");
  });

  test("takes a burst of 1 MB whole", async () => {
    const bytes = pattern(MEGABYTE);
    expect((await vm.run("md5sum", { stdin: bytes })).stdout).toBe(`${md5(bytes)}  -\n`);
  });

  test("gives a burst of 1 MB whole", async () => {
    const bytes = pattern(MEGABYTE);
    await vm.put(bytes, "/tmp/burst");
    expect(md5(await readBytes(vm, "/tmp/burst"))).toBe(md5(bytes));
  });

  test("moves 1 MB each way at once, on two channels at once", async () => {
    const bytes = pattern(MEGABYTE);
    const echo = () => runInGuest(vm.machine, ["cat"], { stdin: bytes });
    const results = await Promise.all([echo(), echo()]);
    expect(results.map(({ stdout }) => md5(stdout))).toEqual([md5(bytes), md5(bytes)]);
  });

  test("a command that does not read its input does not hold up the others", async () => {
    const stalled = vm.run("sleep 3", { stdin: pattern(MEGABYTE) });
    expect(await vm.sh("echo free")).toBe("free\n");
    expect((await stalled).status).toBe(0);
  });

  test("keeps the pipe when the network is down", async () => {
    await vm.sh("ip link set eth0 down; ip link set lo down");
    expect(await vm.sh("echo still here")).toBe("still here\n");
    await vm.sh("ip link set lo up");
  });

  test("starts the pipe again when it is killed, and says so to who was connected", async () => {
    await expect(vm.run("kill -9 $(pidof drydock-pipe); sleep 20")).rejects.toThrow(/pipe/);
    const answer = async (): Promise<string> => {
      for (;;) {
        const result = await vm.run("echo back").catch(() => null);
        if (result !== null) return result.stdout;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    expect(await answer()).toBe("back\n");
  });

  test("reaches a port of the guest", async () => {
    await vm.sh("mkdir -p /tmp/www; echo hello > /tmp/www/index.html; httpd -p 127.0.0.1:8099 -h /tmp/www");
    const received: Uint8Array[] = [];
    const closed = new Promise<void>((resolve) => {
      const handlers = {
        data: (_: 1 | 2, bytes: Uint8Array) => void received.push(bytes),
        end: () => resolve(),
        closed: () => resolve(),
      };
      void vm
        .open({ kind: "tcp", host: "127.0.0.1", port: 8099 }, handlers)
        .then((channel) => channel.write(Buffer.from("GET /index.html HTTP/1.0\r\n\r\n")));
    });
    await closed;
    expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1\.[01] 200 OK[\s\S]*hello\n$/);
  });

  test("a connection to nobody is refused with the kernel's words", async () => {
    const handlers = { data: () => undefined, closed: () => undefined };
    await expect(vm.open({ kind: "unix", path: "/run/nobody.sock" }, handlers)).rejects.toThrow("No such file");
    await expect(vm.open({ kind: "tcp", host: "127.0.0.1", port: 9 }, handlers)).rejects.toThrow("refused");
  });

  test("puts files and folders of the host, with modes and links", async () => {
    const folder = await mkdtemp(join(tmpdir(), "put-"));
    await writeFile(join(folder, "run.sh"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
    await vm.put(folder, "/srv/deep/folder");
    await rm(folder, { recursive: true });
    expect(await vm.sh("/srv/deep/folder/run.sh")).toBe("ran\n");
    await vm.put(Buffer.from("secret"), "/srv/secret", { mode: 0o600 });
    expect(await vm.sh("stat -c '%a %U' /srv/secret")).toBe("600 root\n");
  });
});

describe("terminals", () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await bootVm();
  });
  afterAll(() => vm.stop());

  test("are several, each with a tty and a session of its own", async () => {
    const terminals = await Promise.all([vm.terminal(), vm.terminal(), vm.terminal()]);
    for (const terminal of terminals) await terminal.type("echo tty=$(tty)\r");
    const names = await Promise.all(
      terminals.map(
        async (terminal) => /tty=(\/dev\/pts\/\d+)/.exec(await terminal.waitFor(/tty=\/dev\/pts\/\d+/))?.[1],
      ),
    );
    expect(new Set(names).size).toBe(3);
    for (const terminal of terminals) terminal.close();
  });

  test("have the size they were opened with and tell the program when it changes", async () => {
    const terminal = await vm.terminal({ rows: 33, columns: 101 });
    await terminal.type("stty size\r");
    await terminal.waitFor("33 101");
    // In a shell of its own: an interactive one is told only while it is itself in the foreground.
    await terminal.type(`sh -c 'trap "echo now \\$(stty size)" WINCH; echo looping; while :; do sleep 0.1; done'\r`);
    await terminal.waitFor(/\nlooping/);
    terminal.resize(50, 132);
    await terminal.waitFor("now 50 132");
    await terminal.type("\x03");
    terminal.close();
  });

  test("show letters of every script as they are typed, and take each back by as many columns as it has", async () => {
    const terminal = await vm.terminal();
    await terminal.waitFor("# ");
    await terminal.type("mkdir /tmp/é漢字; ls /tmp # ü ж e\u0301 🐳\r");
    // From the shell's line editor, from ls, and the next prompt.
    await terminal.waitFor(/mkdir \/tmp\/é漢字; ls \/tmp # ü ж e\u0301 🐳\r\n.*é漢字.*\r\n.*# $/);
    terminal.clear();
    await terminal.type("echo a漢\x7fé\x7fb\r");
    await terminal.waitFor("echo a漢\b\b\x1b[Jé\b\x1b[Jb\r\nab\r\n");
    terminal.close();
  });

  test("Ctrl-C interrupts what runs in the foreground, and the shell goes on", async () => {
    const terminal = await vm.terminal();
    await terminal.type("sleep 100; echo status=$?\r");
    await new Promise((resolve) => setTimeout(resolve, 500));
    await terminal.type("\x03");
    await terminal.type("echo status=$?\r");
    await terminal.waitFor("status=130");
    terminal.close();
  });

  test("hang up what they started when they are closed", async () => {
    const terminal = await vm.terminal();
    await terminal.type("sleep 4321\r");
    const running = "ps | grep -c '[s]leep 4321'";
    await expect.poll(async () => (await vm.run(running)).stdout, { timeout: 10_000 }).toBe("1\n");
    terminal.close();
    await expect.poll(async () => (await vm.run(running)).stdout, { timeout: 10_000 }).toBe("0\n");
  });

  test("end with the status of their shell", async () => {
    const terminal = await vm.terminal();
    await terminal.type("exit 7\r");
    expect(await terminal.waitForEnd()).toBe(7);
  });

  test("a megabyte of output arrives whole", async () => {
    const terminal = await vm.terminal();
    await terminal.type("stty -echo -onlcr; echo ready\r");
    await terminal.waitFor(/\nready/);
    terminal.clear();
    await terminal.type("seq 1 150000; echo done\r");
    const text = await terminal.waitFor(/done\n/, 100_000);
    const lines = text.slice(text.indexOf("1\n2\n"), text.indexOf("done\n"));
    expect(lines).toBe(Array.from({ length: 150_000 }, (_, index) => `${index + 1}\n`).join(""));
    terminal.close();
  });
});

describe("every restore", () => {
  interface Sample {
    readonly offBy: number;
    readonly random: string;
    readonly uuid: string;
    readonly mac: string;
  }

  async function sample(): Promise<Sample> {
    const vm = await bootVm();
    try {
      const before = Date.now() / 1000;
      const seconds = Number(await vm.sh("date +%s"));
      const random = await vm.sh("head -c 32 /dev/urandom | md5sum");
      const uuid = await vm.sh("cat /proc/sys/kernel/random/uuid");
      const mac = await vm.sh("cat /sys/class/net/eth0/address");
      return { offBy: Math.abs(seconds - before), random, uuid, mac };
    } finally {
      await vm.stop();
    }
  }

  test("has the right time, entropy of its own, and the same network card", async () => {
    const [one, two] = [await sample(), await sample()];
    expect(one.offBy).toBeLessThan(2);
    expect(two.offBy).toBeLessThan(2);
    expect(one.random).not.toBe(two.random);
    expect(one.uuid).not.toBe(two.uuid);
    expect(one.mac).toBe(two.mac);
  });

  test("of a state saved by hand finds files, processes and mounts as they were", async () => {
    const vm = await bootVm();
    await vm.sh("echo kept > /root/file; sleep 5000 > /dev/null 2>&1 &");
    const state = await vm.machine.save();
    await vm.stop();
    const source = folderSource(MACHINE_FOLDER);
    const manifest = await source.manifest();
    const images = { ...(await readImages(source, manifest, "restore")), state };
    const machine = new V86Machine();
    await machine.start(images, manifest);
    const result = await runInGuest(machine, ["sh", "-c", "cat /root/file; pidof sleep | wc -w"]);
    await machine.stop();
    expect(Buffer.from(result.stdout).toString()).toBe("kept\n1\n");
  });
});

describe("a saved machine that is no good", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "machine-"));
    await cp(MACHINE_FOLDER, folder, { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function bootFrom(change: (state: Buffer) => Buffer, honest: boolean): Promise<readonly string[]> {
    const manifest = JSON.parse(await readFile(join(MACHINE_FOLDER, "manifest.json"), "utf8")) as MachineManifest;
    const state = change(await readFile(join(MACHINE_FOLDER, manifest.state.file)));
    await writeFile(join(folder, manifest.state.file), state);
    const sha256 = createHash("sha256").update(state).digest("hex");
    const entry = honest ? { ...manifest.state, transfer: state.length, bytes: state.length, sha256 } : manifest.state;
    await writeFile(join(folder, "manifest.json"), JSON.stringify({ ...manifest, state: entry }));
    const notes: string[] = [];
    const machine = await startHeadless({ folder, note: (message) => notes.push(message) });
    const { stdout } = await runInGuest(machine, ["echo", "booted"]);
    await machine.stop();
    expect(Buffer.from(stdout).toString()).toBe("booted\n");
    return notes;
  }

  test("because a byte of it is wrong: the machine boots and says why", async () => {
    const flip = (state: Buffer): Buffer => {
      state[state.length >> 1] = (state[state.length >> 1] ?? 0) ^ 0xff;
      return state;
    };
    expect(await bootFrom(flip, false)).toEqual([expect.stringMatching(/cannot be used: state-.* is damaged/)]);
  });

  test("because it is not a state at all: the machine boots and says why", async () => {
    const notes = await bootFrom(() => Buffer.alloc(5000, 1), true);
    expect(notes).toEqual([expect.stringMatching(/cannot be used: the saved machine cannot be unpacked: .*booting/)]);
  });

  test("because half of it is missing: the machine boots and says why", async () => {
    const notes = await bootFrom((state) => state.subarray(0, state.length >> 1), true);
    expect(notes).toEqual([expect.stringMatching(/cannot be used: .*; booting instead/)]);
  });
});

test("another size of memory boots, and the guest has it", async () => {
  const notes: string[] = [];
  const vm = await bootVm({ memoryMegabytes: 256, note: (message) => notes.push(message) });
  const kilobytes = Number((await vm.sh("awk '/^MemTotal/ { print $2 }' /proc/meminfo")).trim());
  await vm.stop();
  expect(kilobytes).toBeGreaterThan(200_000);
  expect(notes).toEqual(["the saved machine has 128 MB of memory, not 256 MB; booting instead"]);
});

test("a boot tells how far it is, and never goes back", async () => {
  const fractions: number[] = [];
  const vm = await bootVm({
    cold: true,
    onProgress: ({ phase, fraction }) => phase === "booting" && fractions.push(fraction),
  });
  await vm.stop();
  expect(fractions.length).toBeGreaterThan(4);
  expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);
});
