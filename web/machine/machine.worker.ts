/** The machine's thread. Bytes for the page are handed over, not copied. */
import { expose, type ProxyMarked, proxy, transfer } from "comlink";
import type { Channel, ChannelTarget, MachineImages, MachineOptions } from "./machine.ts";
import { V86Machine } from "./v86-machine.ts";

/** ChannelHandlers of the page, as they look from here. */
export interface PageHandlers {
  data(stream: 1 | 2, bytes: Uint8Array): Promise<void>;
  end(stream: 1 | 2): Promise<void>;
  closed(result: { readonly status: number; readonly error?: string }): Promise<void>;
}

const machine = new V86Machine();

/** What remote-machine.ts sees of this thread. */
export const workerMachine = {
  start: (images: MachineImages, options: MachineOptions): Promise<void> => machine.start(images, options),
  onProgress: machine.onProgress.bind(machine),
  onConsole: machine.onConsole.bind(machine),
  stop: (): Promise<void> => machine.stop(),
  async save(): Promise<ArrayBuffer> {
    const state = await machine.save();
    return transfer(state, [state]);
  },
  async open(target: ChannelTarget, page: PageHandlers): Promise<Channel & ProxyMarked> {
    const channel = await machine.open(target, {
      data: (stream, bytes) => {
        const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
        return page.data(stream, transfer(own, [own.buffer]));
      },
      end: (stream) => page.end(stream),
      closed: (result) => page.closed(result),
    });
    return proxy(channel);
  },
};

expose(workerMachine);
