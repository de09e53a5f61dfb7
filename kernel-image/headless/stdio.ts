import type { Channel, ChannelTarget, Machine } from "../../web/machine/machine.ts";

const CTRL_RIGHT_BRACKET = 0x1d;
const SIGINT_STATUS = 130;
const SIGPIPE_STATUS = 141;

/** Runs a command on this process's standard streams; gives its exit status. */
export function runOnStdio(machine: Machine, target: ChannelTarget): Promise<number> {
  return new Promise((resolve, reject) => {
    const opened = machine.open(target, {
      data: (stream, bytes) => writeTo(stream === 1 ? process.stdout : process.stderr, bytes),
      closed: ({ status, error }) => {
        if (error === undefined) resolve(status);
        else reject(new Error(error));
      },
    });
    opened
      .then((channel) => {
        process.once("SIGINT", () => {
          channel.close();
          resolve(SIGINT_STATUS);
        });
        // Whoever reads our output has gone (… | head): what runs in the guest need not go on.
        process.stdout.on("error", () => {
          channel.close();
          resolve(SIGPIPE_STATUS);
        });
        return feed(channel);
      })
      .catch(reject);
  });
}

async function feed(channel: Channel): Promise<void> {
  try {
    for await (const bytes of process.stdin) await channel.write(bytes as Uint8Array);
    await channel.end();
  } catch {
    // The command ended without reading everything: its status says how it went.
  }
}

/** A login shell of the guest on this process's terminal; gives its exit status, 0 when it was left by Ctrl-]. */
export async function runOnTerminal(machine: Machine): Promise<number> {
  const { stdin, stdout } = process;
  process.stderr.write("drydock: Ctrl-] leaves\r\n");
  stdin.setRawMode(true);
  try {
    return await new Promise((resolve, reject) => {
      const target = { kind: "terminal", rows: stdout.rows, columns: stdout.columns } as const;
      const opened = machine.open(target, {
        data: (_stream, bytes) => writeTo(stdout, bytes),
        closed: ({ status }) => resolve(status),
      });
      opened.then((channel) => connectKeyboard(channel, () => resolve(0)), reject);
    });
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    process.stderr.write("\r\n");
  }
}

function connectKeyboard(channel: Channel, leave: () => void): void {
  const { stdin, stdout } = process;
  stdin.on("data", (bytes: Buffer) => {
    const key = bytes.indexOf(CTRL_RIGHT_BRACKET);
    const typed = key < 0 ? bytes : bytes.subarray(0, key);
    // Keys typed while the shell is ending have nobody to go to.
    channel.write(typed).catch(() => undefined);
    if (key < 0) return;
    channel.close();
    leave();
  });
  stdout.on("resize", () => channel.resize(stdout.rows, stdout.columns));
}

/** Settles when there is room for more: until then the guest is not granted any. */
function writeTo(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> | undefined {
  if (stream.write(bytes)) return undefined;
  return new Promise((resolve) => {
    stream.once("drain", resolve);
    stream.once("error", () => resolve());
  });
}
