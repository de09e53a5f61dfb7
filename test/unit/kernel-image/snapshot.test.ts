import { expect, test } from "vitest";
import { prepare } from "../../../kernel-image/snapshot.ts";
import type { ChannelHandlers, Machine } from "../../../web/machine/machine.ts";

interface Answer {
  readonly status: number;
  readonly error?: string;
}

/** A machine in which every script succeeds but the warm-up, which says `printed` on standard error. */
function makeMachine(warmUp: Answer, printed = ""): Pick<Machine, "open"> {
  return {
    async open(_target, handlers) {
      let script = "";
      return {
        async write(bytes) {
          script += Buffer.from(bytes).toString();
        },
        end: async () => finish(script, handlers),
        resize: () => undefined,
        close: () => undefined,
      };
    },
  };

  function finish(script: string, handlers: ChannelHandlers): void {
    const isWarmUp = script.includes("docker run --name warm-up");
    if (isWarmUp) handlers.data(2, Buffer.from(printed));
    handlers.closed(isWarmUp ? warmUp : { status: 0 });
  }
}

async function prepareWith(machine: Pick<Machine, "open">): Promise<readonly string[]> {
  const reports: string[] = [];
  await prepare(machine, (message) => reports.push(message));
  return reports;
}

test("a machine is saved after its engine answered, its warm-up and its clean-up", async () => {
  expect(await prepareWith(makeMachine({ status: 0 }))).toEqual([
    "waiting for the engine",
    "warming up",
    "giving back unused memory",
  ]);
});

test("a machine whose warm-up fails is not saved; the error says which script, and what it printed", async () => {
  const printed = "+ docker run --rm busybox true\ndocker: no luck\n";
  await expect(prepareWith(makeMachine({ status: 125 }, printed))).rejects.toThrow(
    "the machine is not saved, for kernel-image/snapshot/warm-up.sh fails in it: status 125, it printed:\n" +
      "+ docker run --rm busybox true\ndocker: no luck",
  );
});

test("a warm-up that cannot even start is named, too", async () => {
  await expect(prepareWith(makeMachine({ status: 0, error: "the pipe is gone" }))).rejects.toThrow(
    "kernel-image/snapshot/warm-up.sh fails in it: /bin/sh -s: the pipe is gone",
  );
});
