import { describe, expect, test } from "vitest";
import { EngineClient } from "../../../../guest/api/client.ts";
import type { Channel, ChannelHandlers, ChannelTarget } from "../../../../web/machine/machine.ts";
import { createPipeTransport } from "../../../../web/state/pipe-transport.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => new TextEncoder().encode(content);

/** A guest with one socket: keeps what is written, says what it is told to say. */
class FakeMachine {
  readonly targets: ChannelTarget[] = [];
  written = "";
  closes = 0;
  handlers: ChannelHandlers | undefined;
  onWrite: () => void = () => undefined;

  async open(target: ChannelTarget, handlers: ChannelHandlers): Promise<Channel> {
    this.targets.push(target);
    this.handlers = handlers;
    return {
      write: async (data) => {
        this.written += text(data);
        this.onWrite();
      },
      end: async () => undefined,
      resize: () => undefined,
      close: () => void this.closes++,
    };
  }

  answer(content: string): void {
    this.handlers?.data(1, bytes(content));
  }
}

describe("the pipe transport", () => {
  test("the engine's socket is what is opened", async () => {
    const machine = new FakeMachine();
    await createPipeTransport(machine).open();
    expect(machine.targets).toEqual([{ kind: "unix", path: "/run/docker.sock" }]);
  });

  test("an EngineClient speaks through it", async () => {
    const machine = new FakeMachine();
    machine.onWrite = () =>
      machine.answer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]");
    const client = new EngineClient(createPipeTransport(machine));
    expect(await client.listContainers({ all: true })).toEqual([]);
    expect(machine.written).toMatch(/^GET \/v1\.45\/containers\/json\?all=/);
  });

  test("what arrives before anybody listens is kept in order", async () => {
    const machine = new FakeMachine();
    const connection = await createPipeTransport(machine).open();
    machine.answer("one ");
    machine.answer("two");
    let heard = "";
    connection.onData((data) => {
      heard += text(data);
    });
    machine.answer(" three");
    expect(heard).toBe("one two three");
  });

  test("the end is told once, after the data, also to who listens late", async () => {
    const machine = new FakeMachine();
    const connection = await createPipeTransport(machine).open();
    machine.answer("last words");
    machine.handlers?.end?.(1);
    machine.handlers?.closed({ status: 0 });
    const heard: string[] = [];
    connection.onData((data) => heard.push(text(data)));
    connection.onEnd((error) => heard.push(`end ${error}`));
    expect(heard).toEqual(["last words"]);
    await Promise.resolve();
    expect(heard).toEqual(["last words", "end null"]);
  });

  test("a channel that broke ends with the reason", async () => {
    const machine = new FakeMachine();
    const connection = await createPipeTransport(machine).open();
    const ended = new Promise<Error | null>((resolve) => connection.onEnd(resolve));
    machine.handlers?.closed({ status: 0, error: "connection refused" });
    expect((await ended)?.message).toBe("connection refused");
  });
});
