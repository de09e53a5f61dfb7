import type { Channel, Machine } from "../../web/machine/machine.ts";

export interface GuestRunOptions {
  readonly stdin?: string | Uint8Array;
  /** Milliseconds; none unless given. */
  readonly timeout?: number;
  readonly env?: readonly string[];
  readonly cwd?: string;
}

export interface GuestRunResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly status: number;
}

/** Runs `argv` in the guest and collects what it prints. Rejects when it cannot be started or takes too long. */
export async function runInGuest(
  machine: Pick<Machine, "open">,
  argv: readonly string[],
  options: GuestRunOptions = {},
): Promise<GuestRunResult> {
  const output: Record<1 | 2, Uint8Array[]> = { 1: [], 2: [] };
  const over = deferred<number>();
  const { env, cwd } = options;
  const target = { kind: "command", argv, ...(env && { env }), ...(cwd !== undefined && { cwd }) } as const;
  const channel = await machine.open(target, {
    data: (stream, bytes) => void output[stream].push(bytes),
    closed: ({ status, error }) => {
      if (error === undefined) over.resolve(status);
      else over.reject(new Error(`${argv.join(" ")}: ${error}`));
    },
  });
  const timer = startTimer(options.timeout, channel, (limit) => {
    const printed = Buffer.concat([...output[1], ...output[2]]).toString();
    over.reject(new Error(`${argv.join(" ")} did not end in ${limit} ms; it printed:\n${printed}`));
  });
  try {
    await Promise.race([feed(channel, options.stdin ?? ""), over.promise]);
    return { status: await over.promise, stdout: Buffer.concat(output[1]), stderr: Buffer.concat(output[2]) };
  } finally {
    clearTimeout(timer);
  }
}

/** A command that ends without reading everything is no error: its status says how it went. */
async function feed(channel: Channel, stdin: string | Uint8Array): Promise<void> {
  try {
    await channel.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await channel.end();
  } catch {
    return;
  }
}

function startTimer(
  limit: number | undefined,
  channel: Channel,
  late: (limit: number) => void,
): ReturnType<typeof setTimeout> | undefined {
  if (limit === undefined) return undefined;
  return setTimeout(() => {
    late(limit);
    channel.close();
  }, limit);
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Promise.withResolvers, which node has only from 22 on. */
function deferred<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, "resolve" | "reject"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (settle === undefined) throw new Error("a promise runs its executor at once");
  return { promise, ...settle };
}
