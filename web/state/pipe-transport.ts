import type { Connection, Transport } from "../../guest/api/client.ts";
import { ENGINE_SOCKET } from "../../guest/api/contract/versions.ts";
import type { Channel, Machine } from "../machine/machine.ts";

/** The Engine API through the engine pipe: works also when a learner takes the guest's network down. */
export function createPipeTransport(machine: Pick<Machine, "open">): Transport {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return {
    text: { encode: (text) => encoder.encode(text), decode: (bytes) => decoder.decode(bytes) },
    open: () => openConnection(machine),
  };
}

async function openConnection(machine: Pick<Machine, "open">): Promise<Connection> {
  const inbox = new Inbox();
  const channel = await machine.open(
    { kind: "unix", path: ENGINE_SOCKET },
    {
      data: (_stream, bytes) => inbox.data(bytes),
      end: () => inbox.end(null),
      closed: ({ error }) => inbox.end(error === undefined ? null : new Error(error)),
    },
  );
  return connectionOf(channel, inbox);
}

function connectionOf(channel: Channel, inbox: Inbox): Connection {
  // A write that fails means that the other end is gone: the channel's `closed` says so too, and that is what is told.
  const settle = (sent: Promise<void>) => void sent.catch(() => undefined);
  return {
    write: (bytes) => settle(channel.write(bytes)),
    end: () => settle(channel.end()),
    onData: (listener) => inbox.onData(listener),
    onEnd: (listener) => inbox.onEnd(listener),
    close: () => channel.close(),
  };
}

/** Keeps what arrives before somebody listens; tells the end once, to the newest listener. */
class Inbox {
  #early: Uint8Array[] = [];
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #endListener: ((error: Error | null) => void) | undefined;
  #ending: { readonly error: Error | null; told: boolean } | undefined;

  data(bytes: Uint8Array): void {
    if (this.#listener === undefined) this.#early.push(bytes);
    else this.#listener(bytes);
  }

  end(error: Error | null): void {
    this.#ending ??= { error, told: false };
    this.#tellEnd();
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
    for (const bytes of this.#early.splice(0)) listener(bytes);
  }

  onEnd(listener: (error: Error | null) => void): void {
    this.#endListener = listener;
    // In a turn of its own: whoever registers has not finished yet.
    queueMicrotask(() => this.#tellEnd());
  }

  #tellEnd(): void {
    if (this.#ending === undefined || this.#ending.told || this.#endListener === undefined) return;
    this.#ending.told = true;
    this.#endListener(this.#ending.error);
  }
}
