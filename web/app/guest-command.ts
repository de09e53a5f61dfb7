import type { Machine } from "../machine/machine.ts";

/** Runs a program in the guest, unseen by the learner. Rejects when the machine could not run it at all. */
export async function runInGuest(
  machine: Pick<Machine, "open">,
  argv: readonly string[],
): Promise<{ readonly status: number; readonly output: string }> {
  const decoder = new TextDecoder();
  let output = "";
  let finish: (result: { readonly status: number; readonly error?: string }) => void = () => undefined;
  const closed = new Promise<{ readonly status: number; readonly error?: string }>((resolve) => {
    finish = resolve;
  });
  const data = (_stream: 1 | 2, bytes: Uint8Array) => {
    output += decoder.decode(bytes, { stream: true });
  };
  const channel = await machine.open({ kind: "command", argv }, { data, closed: (result) => finish(result) });
  await channel.end();
  const { status, error } = await closed;
  if (error !== undefined) throw new Error(error);
  return { status, output };
}
