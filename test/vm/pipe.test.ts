import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChannelTarget } from "../../web/machine/machine.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const MEGABYTE = 1024 * 1024;

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterAll(() => vm?.stop());

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

interface Collected {
  readonly output: Buffer;
  readonly error: Buffer;
  readonly ends: readonly number[];
  readonly status: number;
}

/** Everything that comes out of a channel that is given `input` and then half-closed. */
async function collect(target: ChannelTarget, input: Uint8Array): Promise<Collected> {
  const streams: Record<1 | 2, Uint8Array[]> = { 1: [], 2: [] };
  const ends: number[] = [];
  let closed: (status: number) => void = () => undefined;
  const over = new Promise<number>((resolve) => {
    closed = resolve;
  });
  const channel = await vm.open(target, {
    data: (stream, bytes) => void streams[stream].push(bytes.slice()),
    end: (stream) => void ends.push(stream),
    closed: ({ status }) => closed(status),
  });
  await channel.write(input);
  await channel.end();
  const status = await over;
  return { output: Buffer.concat(streams[1]), error: Buffer.concat(streams[2]), ends, status };
}

function command(...argv: string[]): ChannelTarget {
  return { kind: "command", argv };
}

function eventually<T>(attempt: () => Promise<T>, timeout: number): Promise<T> {
  const deadline = Date.now() + timeout;
  const again = async (): Promise<T> => {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return again();
    }
  };
  return again();
}

describe("the engine pipe", () => {
  test("a burst of 1 MB into the guest arrives whole", async () => {
    const bytes = randomBytes(MEGABYTE);
    const { output } = await collect(command("sha256sum"), bytes);
    expect(output.toString().split(" ")[0]).toBe(sha256(bytes));
  });

  test("a burst of 1 MB out of the guest arrives whole", async () => {
    const made = await vm.sh(`head -c ${MEGABYTE} /dev/urandom > /tmp/burst; sha256sum < /tmp/burst`);
    const { output } = await collect(command("cat", "/tmp/burst"), new Uint8Array(0));
    expect(output).toHaveLength(MEGABYTE);
    expect(sha256(output)).toBe(made.split(" ")[0]);
  });

  test("1 MB goes both ways at the same time", async () => {
    const bytes = randomBytes(MEGABYTE);
    const { output, status } = await collect(command("cat"), bytes);
    expect(output.equals(bytes)).toBe(true);
    expect(status).toBe(0);
  });

  test("a terminal prints 1 MB without losing a byte", async () => {
    const target: ChannelTarget = {
      kind: "tty-command",
      argv: ["sh", "-c", "stty -opost; cat /tmp/burst"],
      rows: 24,
      columns: 80,
    };
    await vm.sh(`head -c ${MEGABYTE} /dev/urandom > /tmp/burst`);
    const { output } = await collect(target, new Uint8Array(0));
    expect(sha256(output)).toBe((await vm.sh("sha256sum < /tmp/burst")).split(" ")[0]);
  });

  test("forty channels at once keep their bytes apart", async () => {
    const inputs = Array.from({ length: 40 }, () => randomBytes(20_000));
    const results = await Promise.all(
      inputs.map((input, index) => collect(command("sh", "-c", `cat; echo ${index} >&2; exit ${index}`), input)),
    );
    results.forEach(({ output, error, status }, index) => {
      expect(output.equals(inputs[index] ?? Buffer.alloc(0))).toBe(true);
      expect(error.toString()).toBe(`${index}\n`);
      expect(status).toBe(index);
    });
  });

  test("a half-close is end of file, and the answer still comes", async () => {
    const { output, ends } = await collect(command("sh", "-c", "wc -c; sleep 0.2; echo done"), Buffer.from("12345"));
    expect(output.toString()).toBe("5\ndone\n");
    expect([...ends].sort()).toEqual([1, 2]);
  });

  test("a status is the exit code, or 128 and the signal", async () => {
    expect((await vm.run("exit 42")).status).toBe(42);
    expect((await vm.run("kill -9 $$")).status).toBe(137);
    expect((await vm.run("kill -15 $$")).status).toBe(143);
  });

  test("what cannot be started is refused with the reason", async () => {
    await expect(vm.run(["no-such-program"])).rejects.toThrow("exec no-such-program: No such file or directory");
    await expect(vm.run(["/etc/passwd"])).rejects.toThrow("Permission denied");
    await expect(vm.run("true", { cwd: "/nowhere" })).rejects.toThrow("chdir /nowhere: No such file or directory");
    await expect(vm.open({ kind: "unix", path: "/nowhere" }, { data() {}, closed() {} })).rejects.toThrow("connect: ");
    await expect(vm.open({ kind: "tcp", host: "127.0.0.1", port: 9 }, { data() {}, closed() {} })).rejects.toThrow(
      "Connection refused",
    );
  });

  test("a command has the environment and directory that it was given", async () => {
    const { stdout } = await vm.run("echo $WORD $HOME; pwd", { env: ["WORD=given"], cwd: "/tmp" });
    expect(stdout).toBe("given /root\n/tmp\n");
  });

  test("a reader that stalls does not hold up the others, and loses nothing", async () => {
    let release: () => void = () => undefined;
    const stalled = new Promise<void>((resolve) => {
      release = resolve;
    });
    let received = 0;
    let closed: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      closed = resolve;
    });
    await vm.open(command("head", "-c", "500000", "/dev/zero"), {
      data: (_stream, bytes) => {
        received += bytes.length;
        return stalled;
      },
      closed,
    });
    expect((await collect(command("cat"), randomBytes(200_000))).output).toHaveLength(200_000);
    expect(received).toBeLessThanOrEqual(65_536);
    release();
    await over;
    expect(received).toBe(500_000);
  });

  test("a writer whose process does not read does not hold up the others", async () => {
    const channel = await vm.open(command("sleep", "60"), { data() {}, closed() {} });
    const blocked = channel.write(new Uint8Array(400_000)).then(
      () => "sent",
      () => "closed",
    );
    expect((await collect(command("cat"), randomBytes(200_000))).output).toHaveLength(200_000);
    channel.close();
    expect(await blocked).toBe("closed");
  });

  test("a background process does not keep a finished command's channel open", async () => {
    const begin = Date.now();
    expect((await vm.run("sleep 30 & echo started")).stdout).toBe("started\n");
    expect(Date.now() - begin).toBeLessThan(10_000);
    await vm.run("kill $(pidof sleep)");
  });

  test("a resize reaches the program as SIGWINCH and the new size", async () => {
    const terminal = await vm.terminal({ rows: 33, columns: 99 });
    const script = "trap 'echo size is $(stty size)' WINCH; echo first $(stty size); while :; do sleep 0.1; done";
    await terminal.type(`sh -c "${script.replaceAll("$", "\\$")}"\n`);
    await terminal.waitFor("first 33 99");
    terminal.resize(20, 60);
    await terminal.waitFor("size is 20 60");
    await terminal.type("\x03");
    await terminal.type("exit 7\n");
    expect(await terminal.waitForEnd()).toBe(7);
  });

  test("Ctrl-C interrupts the program in the foreground, not the shell", async () => {
    const terminal = await vm.terminal();
    await terminal.type("sleep 100\n");
    await terminal.waitFor("sleep 100\r\n");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await terminal.type("\x03");
    await terminal.type("echo status=$?\n");
    await terminal.waitFor("status=130");
    terminal.close();
    await terminal.waitForEnd();
  });

  test("a closed terminal hangs up on its programs", async () => {
    const terminal = await vm.terminal();
    await terminal.type("sleep 4321\n");
    await eventually(() => vm.sh("pgrep -f 'sleep 4321$'"), 10_000);
    terminal.close();
    expect(await terminal.waitForEnd()).toBe(129);
    await eventually(async () => expect((await vm.run("pgrep -f 'sleep 4321$'")).stdout).toBe(""), 10_000);
  });

  test("after its death the pipe comes back, and nothing of its former life runs on", async () => {
    const lost = vm.run("sleep 4322");
    await eventually(() => vm.sh("pgrep -f 'sleep 4322$'"), 10_000);
    const killed = vm.run("kill -9 $(pidof drydock-pipe)");
    await expect(killed).rejects.toThrow();
    await expect(lost).rejects.toThrow();
    const { stdout } = await eventually(() => vm.run("echo back"), 30_000);
    expect(stdout).toBe("back\n");
  });
});
