import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeFrame, FrameType } from "../../../../guest/api/wire/pipe.ts";
import type { ChannelHandlers } from "../../../../web/machine/machine.ts";
import { PipeHost } from "../../../../web/machine/pipe-host.ts";
import { SimulatedGuest, u32 } from "./simulated-guest.ts";

interface Recorded extends ChannelHandlers {
  readonly output: Record<1 | 2, Uint8Array[]>;
  readonly ends: (1 | 2)[];
  readonly results: { readonly status: number; readonly error?: string }[];
}

function record(): Recorded {
  const output: Record<1 | 2, Uint8Array[]> = { 1: [], 2: [] };
  const ends: (1 | 2)[] = [];
  const results: { readonly status: number; readonly error?: string }[] = [];
  return {
    output,
    ends,
    results,
    data: (stream, bytes) => void output[stream].push(bytes.slice()),
    end: (stream) => void ends.push(stream),
    closed: (result) => void results.push(result),
  };
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

/** For what is still under way when a test is over. */
function inBackground(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}

const COMMAND = { kind: "command", argv: ["cat"] } as const;

let guest: SimulatedGuest;
let pipe: PipeHost;

beforeEach(() => {
  guest = new SimulatedGuest();
  pipe = new PipeHost((bytes) => guest.receive(bytes), { helloInterval: 20, open: 200, sync: 200, silence: 200 });
  guest.toHost = (bytes) => pipe.receive(bytes);
});

afterEach(() => pipe.shutDown("the test is over"));

async function link(): Promise<void> {
  const met = pipe.greet(1000);
  await guest.settle();
  await met;
}

async function openChannel(handlers: ChannelHandlers = record()) {
  const opening = pipe.open(COMMAND, handlers);
  await guest.settle();
  return opening;
}

describe("greeting", () => {
  test("HELLO is repeated until the guest answers", async () => {
    guest.answersHello = false;
    const met = pipe.greet(1000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    guest.turn();
    expect(guest.hellos).toBeGreaterThanOrEqual(2);
    guest.answersHello = true;
    await new Promise((resolve) => setTimeout(resolve, 30));
    guest.turn();
    await met;
  });

  test("what a former life of the machine had half sent is skipped, also when it ends like the beginning of a HELLO", async () => {
    const met = pipe.greet(1000);
    guest.toHost(Uint8Array.from([...pattern(5000), 0xd7, 8, 0, 0, 4, 0xd7, 8, 0]));
    await guest.settle();
    await met;
    const channel = await openChannel();
    await channel.write(pattern(10));
    await guest.settle();
    expect(guest.received(1)).toEqual(Buffer.from(pattern(10)));
  });

  test("the answer to somebody else's HELLO is not taken for ours", async () => {
    let met = false;
    const greeting = pipe.greet(1000).then(() => {
      met = true;
    });
    guest.toHost(encodeFrame(FrameType.hello, 0, u32(0x12345678)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(met).toBe(false);
    await guest.settle();
    await greeting;
    expect(met).toBe(true);
  });

  test("a guest slower than the repeats is met, and its late answers do no harm", async () => {
    const answers: Uint8Array[] = [];
    guest.toHost = (bytes) => void answers.push(bytes);
    const met = pipe.greet(1000);
    await new Promise((resolve) => setTimeout(resolve, 70));
    guest.turn();
    expect(answers.length).toBeGreaterThan(2);
    guest.toHost = (bytes) => pipe.receive(bytes);
    for (const answer of answers) pipe.receive(answer);
    await met;
    const handlers = record();
    await openChannel(handlers);
    expect(handlers.results).toEqual([]);
  });

  test("the answer may come in single bytes, and data may follow it in the same message", async () => {
    guest.toHost = (bytes) => {
      for (const byte of bytes) pipe.receive(Uint8Array.of(byte));
    };
    await link();
    const handlers = record();
    await openChannel(handlers);
    guest.send(FrameType.data, 1, pattern(3));
    await guest.settle();
    expect(Buffer.concat(handlers.output[1])).toEqual(Buffer.from(pattern(3)));
  });

  test("a guest that never answers is reported after the time that was given", async () => {
    await expect(pipe.greet(60)).rejects.toThrow("the guest's pipe did not answer in 60 ms");
  });

  test("channels opened before a second greeting are over", async () => {
    await link();
    const handlers = record();
    await openChannel(handlers);
    await link();
    expect(handlers.results).toEqual([{ status: 255, error: "the pipe to the guest starts over" }]);
  });
});

describe("clock and entropy", () => {
  test("SYNC carries nanoseconds since the epoch and the random bytes", async () => {
    await link();
    const done = pipe.synchronise(1_800_000_000_123.5, pattern(32));
    await guest.settle();
    await done;
    const payload = guest.syncs[0] ?? new Uint8Array(8);
    expect(new DataView(payload.buffer).getBigUint64(0, true)).toBe(1_800_000_000_123_500_000n);
    expect(payload.subarray(8)).toEqual(pattern(32));
  });

  test("a guest that may not set its clock is an error", async () => {
    await link();
    guest.syncAnswer = 1;
    const done = pipe.synchronise(0, pattern(32));
    const failed = expect(done).rejects.toThrow("errno 1");
    await guest.settle();
    await failed;
  });

  test("a guest that does not answer is an error that says what was waited for", async () => {
    await link();
    await expect(pipe.synchronise(0, pattern(32))).rejects.toThrow("the guest did not confirm its clock in 200 ms");
  });
});

describe("opening", () => {
  test("a command is told with its arguments, environment and directory", async () => {
    await link();
    const target = { kind: "command", argv: ["sh", "-c", "a b"], env: ["A=1"], cwd: "/tmp" } as const;
    void pipe.open(target, record());
    await guest.settle();
    expect(guest.channel(1).target).toBe("command\x003\x00sh\x00-c\x00a b\x001\x00A=1\x00/tmp");
  });

  test.each([
    [{ kind: "terminal", rows: 24, columns: 80 } as const, "terminal 24 80"],
    [{ kind: "unix", path: "/run/docker.sock" } as const, "unix /run/docker.sock"],
    [{ kind: "tcp", host: "127.0.0.1", port: 80 } as const, "tcp 127.0.0.1 80"],
    [{ kind: "tty-command", argv: ["vi"], rows: 2, columns: 3 } as const, "tty-command 2 3\x001\x00vi\x000\x00"],
  ])("%j is told as %j", async (target, text) => {
    await link();
    void pipe.open(target, record());
    await guest.settle();
    expect(guest.channel(1).target).toBe(text);
  });

  test("what the guest refuses is rejected with the guest's words", async () => {
    await link();
    guest.onOpen = (id) =>
      guest.send(FrameType.close, id, Buffer.concat([u32(127), Buffer.from("exec: No such file")]));
    const opening = expect(pipe.open(COMMAND, record())).rejects.toThrow("exec: No such file");
    await guest.settle();
    await opening;
  });

  test("a guest that does not answer is rejected after a while", async () => {
    await link();
    guest.onOpen = () => undefined;
    const opening = expect(pipe.open(COMMAND, record())).rejects.toThrow("the guest did not open command in 200 ms");
    await guest.settle();
    await opening;
  });

  test("before the greeting it is refused at once", async () => {
    await expect(pipe.open(COMMAND, record())).rejects.toThrow("the machine is not ready");
  });

  test("an argument with a NUL byte is refused: the guest would see two", async () => {
    await link();
    await expect(pipe.open({ kind: "command", argv: ["a\0b"] }, record())).rejects.toThrow("NUL");
  });
});

describe("refusals", () => {
  test("arguments that do not fit one frame are refused before anything is sent", async () => {
    await link();
    const target = { kind: "command", argv: ["echo", "x".repeat(20_000)] } as const;
    await expect(pipe.open(target, record())).rejects.toThrow("arguments of 20");
  });
});

describe("from host to guest", () => {
  test("a megabyte arrives whole and in order, and never more is under way than fits", async () => {
    await link();
    const channel = await openChannel();
    const bytes = pattern(1 << 20);
    const written = channel.write(bytes);
    await guest.settle();
    await written;
    expect(Buffer.compare(guest.received(1), bytes)).toBe(0);
    expect(guest.lost).toBe(0);
    expect(guest.mostMessagesQueued).toBeLessThanOrEqual(8);
    expect(guest.mostBytesQueued).toBeLessThanOrEqual(16_384);
  });

  test("a thousand single keys without a turn of the guest are not lost", async () => {
    await link();
    const channel = await openChannel();
    const keys = Array.from({ length: 1000 }, (_, index) => channel.write(Uint8Array.of(index & 0xff)));
    await guest.settle();
    await Promise.all(keys);
    expect(guest.lost).toBe(0);
    expect([...guest.received(1)]).toEqual(Array.from({ length: 1000 }, (_, index) => index & 0xff));
  });

  test("write waits when the process behind the channel does not read, and other channels go on", async () => {
    await link();
    const stalled = await openChannel();
    const free = await openChannel();
    guest.grants = false;
    let through = false;
    const writing = stalled.write(pattern(100_000)).then(() => {
      through = true;
    });
    await guest.settle();
    expect(through).toBe(false);
    expect(guest.channel(1).receivedBytes).toBe(65_536);
    await free.write(pattern(5));
    await guest.settle();
    expect(guest.channel(2).receivedBytes).toBe(5);
    guest.grantMore(1, 65_536);
    await guest.settle();
    await writing;
    expect(guest.channel(1).receivedBytes).toBe(100_000);
  });

  test("a key typed during an upload does not wait for its end", async () => {
    await link();
    const upload = await openChannel();
    const typing = await openChannel();
    inBackground(upload.write(pattern(500_000)));
    guest.turn();
    inBackground(typing.write(Uint8Array.of(1)));
    for (let turns = 0; turns < 4; turns++) guest.turn();
    expect(guest.channel(2).receivedBytes).toBe(1);
    expect(guest.channel(1).receivedBytes).toBeLessThan(100_000);
  });

  test("the end of input comes after all data", async () => {
    await link();
    const channel = await openChannel();
    inBackground(channel.write(pattern(40_000)));
    const ended = channel.end();
    guest.turn(1);
    expect(guest.channel(1).ended).toBe(false);
    await guest.settle();
    await ended;
    expect(guest.channel(1)).toMatchObject({ ended: true, receivedBytes: 40_000 });
    await expect(channel.write(pattern(1))).rejects.toThrow("ended");
  });

  test("rows come before columns in a resize", async () => {
    await link();
    const channel = await openChannel();
    channel.resize(50, 132);
    await guest.settle();
    expect(guest.channel(1).sizes).toEqual([[50, 132]]);
  });

  test("writes that wait are rejected when the guest closes the channel", async () => {
    await link();
    const handlers = record();
    const channel = await openChannel(handlers);
    guest.grants = false;
    const writing = expect(channel.write(pattern(100_000))).rejects.toThrow("status 3");
    await guest.settle();
    guest.send(FrameType.close, 1, u32(3));
    await writing;
    expect(handlers.results).toEqual([{ status: 3 }]);
  });
});

describe("from guest to host", () => {
  test("both streams arrive apart, and their ends after their data", async () => {
    await link();
    const handlers = record();
    await openChannel(handlers);
    guest.send(FrameType.data, 1, pattern(10));
    guest.send(FrameType.data2, 1, pattern(20));
    guest.send(FrameType.end, 1, Uint8Array.of(1));
    guest.send(FrameType.end, 1, Uint8Array.of(2));
    guest.send(FrameType.close, 1, u32(0));
    expect(Buffer.concat(handlers.output[1])).toEqual(Buffer.from(pattern(10)));
    expect(Buffer.concat(handlers.output[2])).toEqual(Buffer.from(pattern(20)));
    expect(handlers.ends).toEqual([1, 2]);
    expect(handlers.results).toEqual([{ status: 0 }]);
  });

  test("what comes in one turn of the emulator is delivered as one piece", async () => {
    await link();
    const handlers = record();
    await openChannel(handlers);
    for (let part = 0; part < 50; part++) guest.send(FrameType.data, 1, pattern(100));
    await guest.settle();
    expect(handlers.output[1]).toHaveLength(1);
    expect(handlers.output[1][0]).toHaveLength(5000);
  });

  test("more is granted only when a slow reader is through", async () => {
    await link();
    let finish: () => void = () => undefined;
    await openChannel({
      data: () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
      closed: () => undefined,
    });
    const { credit } = guest.channel(1);
    guest.send(FrameType.data, 1, pattern(16_384));
    await guest.settle();
    expect(guest.channel(1).credit).toBe(credit);
    finish();
    await guest.settle();
    expect(guest.channel(1).credit).toBe(credit + 16_384);
  });

  test("garbage on the line ends the channels with a reason and starts over", async () => {
    await link();
    const handlers = record();
    await openChannel(handlers);
    guest.toHost(pattern(64).fill(0x20));
    expect(handlers.results[0]?.error).toContain("not a frame");
    await guest.settle();
    await openChannel();
    expect(guest.channels.size).toBe(1);
  });
});

describe("when the guest's end dies", () => {
  test("bytes that nobody acknowledges end the channels, and the next greeting links again", async () => {
    await link();
    const handlers = record();
    const channel = await openChannel(handlers);
    inBackground(channel.write(pattern(10)));
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(handlers.results[0]?.error).toContain("does not answer");
    await guest.settle();
    await openChannel();
  });

  test("its successor says HELLO unasked: the channels end at once, and new ones can be opened", async () => {
    await link();
    const handlers = record();
    await openChannel(handlers);
    guest.send(FrameType.hello, 0, u32(0));
    expect(handlers.results[0]?.error).toContain("started again");
    await guest.settle();
    await openChannel();
  });

  test("an idle guest is left in peace", async () => {
    await link();
    const handlers = record();
    await openChannel(handlers);
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(handlers.results).toEqual([]);
  });
});
