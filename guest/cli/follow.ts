/**
 * Attach to a container, start it, show its streams, give its exit code: the heart of `docker run` and `docker start -a`.
 * The order matters: who attaches and waits before the start misses neither the first byte nor the end.
 */
import type { Waiting } from "../api/client.ts";
import { resizeTo, signalHandler } from "./attachment.ts";
import type { Cli } from "./cli.ts";
import { upgraded } from "./errors.ts";
import { type HeldStream, holdStream, runStream } from "./stream.ts";

export interface Followed {
  readonly id: string;
  readonly tty: boolean;
  readonly input: boolean;
  readonly output: boolean;
  readonly error: boolean;
  readonly proxy: boolean;
  readonly detachKeys: Uint8Array;
  /** `--detach-keys` as it was given; "" is the usual. */
  readonly detachText: string;
  /** `--rm`: the end is when nothing of it is left. */
  readonly removed: boolean;
  /** Gives the exit code when the container could not be started and the user has been told; null when it runs. */
  readonly start: () => Promise<number | null>;
}

export async function followContainer(cli: Cli, followed: Followed): Promise<number> {
  const { stream, waiting } = await attachAndWait(cli, followed);
  const failure = await startOrClose(followed, stream, waiting);
  if (failure !== null) {
    // With --rm the engine removes what could not start; we end when it has.
    if (followed.removed) await waiting.result.catch(() => {});
    return failure;
  }
  const targets = {
    tty: followed.tty,
    proxy: followed.proxy,
    resize: (size: { rows: number; columns: number }) => cli.client.resizeContainer(followed.id, size),
    kill: (signal: string) => cli.client.killContainer(followed.id, signal),
  };
  if (followed.tty) await resizeTo(cli, targets).catch(() => {});
  const { input, output, error, tty, proxy } = followed;
  const detachKeys = tty && input ? followed.detachKeys : null;
  const onSignal = signalHandler(cli, targets);
  const end = await runStream(cli, stream, { input, output, error, tty, proxy, detachKeys, onSignal });
  if (end === "detached") return 0;
  return exitCode(cli, waiting);
}

async function attachAndWait(
  cli: Cli,
  { id, input, output, error, removed, detachText }: Followed,
): Promise<{ readonly stream: HeldStream; readonly waiting: Waiting }> {
  const streams = { stream: true, stdin: input, stdout: output, stderr: error };
  const options = detachText === "" ? streams : { ...streams, detachKeys: detachText };
  const [stream, waiting] = await Promise.all([
    upgraded(cli.client.attachContainer(id, options)).then(holdStream),
    cli.client.waitContainer(id, removed ? "removed" : "next-exit"),
  ]);
  return { stream, waiting };
}

async function startOrClose(followed: Followed, stream: HeldStream, waiting: Waiting): Promise<number | null> {
  try {
    const failure = await followed.start();
    if (failure !== null) stream.connection.close();
    return failure;
  } catch (error) {
    stream.connection.close();
    waiting.close();
    throw error;
  }
}

export async function exitCode(cli: Cli, waiting: Waiting): Promise<number> {
  const { StatusCode: code, Error: failure } = await waiting.result;
  if (failure == null || failure.Message === "") return code;
  cli.printError(`Error waiting for container: ${failure.Message}\n`);
  return 125;
}
