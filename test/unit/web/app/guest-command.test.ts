import { describe, expect, test } from "vitest";
import { runInGuest } from "../../../../web/app/guest-command.ts";
import type { Channel, ChannelHandlers, ChannelTarget } from "../../../../web/machine/machine.ts";

/** A machine whose only program behaves as told. */
function machineThat(behaves: (handlers: ChannelHandlers) => void, opened: ChannelTarget[] = []) {
  return {
    async open(target: ChannelTarget, handlers: ChannelHandlers): Promise<Channel> {
      opened.push(target);
      const end = async () => behaves(handlers);
      return { write: async () => undefined, end, resize: () => undefined, close: () => undefined };
    },
  };
}

describe("runInGuest", () => {
  test("gives both outputs and the exit status, and closes the input", async () => {
    const opened: ChannelTarget[] = [];
    const machine = machineThat((handlers) => {
      handlers.data(1, new TextEncoder().encode("out "));
      handlers.data(2, new TextEncoder().encode("err"));
      handlers.closed({ status: 3 });
    }, opened);
    expect(await runInGuest(machine, ["cat", "/x"])).toEqual({ status: 3, output: "out err" });
    expect(opened).toEqual([{ kind: "command", argv: ["cat", "/x"] }]);
  });

  test("a letter cut in two arrives whole", async () => {
    const machine = machineThat((handlers) => {
      handlers.data(1, Uint8Array.of(0xc3));
      handlers.data(1, Uint8Array.of(0xa4));
      handlers.closed({ status: 0 });
    });
    expect(await runInGuest(machine, ["echo"])).toEqual({ status: 0, output: "ä" });
  });

  test("a program that could not be run is an error", async () => {
    const machine = machineThat((handlers) => handlers.closed({ status: 127, error: "no such file" }));
    await expect(runInGuest(machine, ["nope"])).rejects.toThrow("no such file");
  });
});
